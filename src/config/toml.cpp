// The only file that sees the TOML library, whose headers are slow to compile.
#include <algorithm>
#include <tuple>
#include <utility>

#include "config/tree.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace standstill::config {

namespace {

class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  Table table(const toml::table& source) const {
    Table result;
    for (const auto& [key, node] : source)
      result.members.push_back({std::string(key.str()), at(key.source()), value(node)});
    // the library sorts by name; people read from top to bottom
    std::sort(result.members.begin(), result.members.end(), [](const Member& a, const Member& b) {
      return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
    });
    return result;
  }

 private:
  SourceLocation at(const toml::source_region& region) const {
    return {file_, static_cast<std::uint32_t>(region.begin.line),
            static_cast<std::uint32_t>(region.begin.column)};
  }

  Value value(const toml::node& node) const {
    Value result;
    result.where = at(node.source());
    if (const auto* text = node.as_string()) {
      result.data = text->get();
    } else if (const auto* integer = node.as_integer()) {
      result.data = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      result.data = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
      result.data = boolean->get();
    } else if (const auto* list = node.as_array()) {
      List values;
      for (const toml::node& element : *list) values.push_back(value(element));
      result.data = std::move(values);
    } else if (const auto* nested = node.as_table()) {
      result.data = table(*nested);
    } else {
      result.data = Date{};
    }
    return result;
  }

  const std::string& file_;
};

// For the slips that people really make; the library says what it saw, not what to do.
std::string hint(std::string_view description) {
  if (description.find("could not determine value type") != std::string_view::npos)
    return "texts stand in quotes";
  if (description.find("cannot redefine") != std::string_view::npos) return "keep one of the two";
  return "";
}

}  // namespace

std::expected<Table, Problem> parse_toml(std::string_view text, const std::string& file) {
  try {
    return Converter(file).table(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return std::unexpected(
        Problem{Fault::syntax,
                {file, static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)},
                std::string(error.description()),
                hint(error.description())});
  }
}

}  // namespace standstill::config
