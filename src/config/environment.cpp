// STANDSTILL_<SECTION>_<KEY>, for containers.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "config/formats.hpp"
#include "config/validate.hpp"

namespace standstill::config {

namespace {

bool is_scalar(const Key& key) {
  return key.type == Type::text || key.type == Type::integer || key.type == Type::number ||
         key.type == Type::boolean;
}

template <class Number>
bool read(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

Value parsed(const Key& key, const std::string& text, const SourceLocation& where) {
  std::int64_t integer = 0;
  double number = 0;
  if (key.type == Type::integer && read(text, integer)) return {integer, where};
  if (key.type == Type::number && read(text, number)) return {number, where};
  if (key.type == Type::boolean && (text == "true" || text == "false")) return {text == "true", where};
  return {text, where};  // a text where a number belongs is reported by the validator
}

Table& section_of(Table& written, std::string_view name, const SourceLocation& where) {
  Member* member = written.find(name);
  if (member == nullptr) {
    written.members.push_back({std::string(name), where, Value{Table{}, where}});
    member = &written.members.back();
  }
  return *member->value.as<Table>();
}

}  // namespace

std::string environment_name(const Key& key) {
  const Section* section = find_section(key.section);
  if (section == nullptr || !section->environment || !is_scalar(key)) return "";
  std::string name = "STANDSTILL_" + std::string(key.section) + "_" + std::string(key.name);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

void apply_environment(Table& written, const Environment& environment, std::vector<Problem>& problems) {
  std::vector<std::string> known;
  for (const Key& key : keys()) {
    const std::string name = environment_name(key);
    if (name.empty()) continue;
    known.push_back(name);
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    const SourceLocation where{"environment variable " + name};
    const Member* section = written.find(key.section);
    if (section != nullptr && section->value.as<Table>() == nullptr) continue;  // reported by the validator
    Table& table = section_of(written, key.section, where);
    Value value = parsed(key, found->second, where);
    if (Member* member = table.find(key.name))
      member->value = std::move(value);
    else
      table.members.push_back({std::string(key.name), where, std::move(value)});
  }
  for (const auto& [name, value] : environment) {
    const bool ours = std::ranges::any_of(sections(), [&variable = name](const Section& section) {
      if (!section.environment) return false;
      std::string prefix = "STANDSTILL_" + std::string(section.name) + "_";
      for (char& c : prefix) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return variable.starts_with(prefix);
    });
    if (!ours || value.empty() || std::ranges::find(known, name) != known.end()) continue;
    const std::string_view best = nearest(name, {known.begin(), known.end()});
    problems.push_back({Fault::warning,
                        {"environment variable " + name},
                        "it sets nothing",
                        best.empty() ? "" : "did you mean '" + std::string(best) + "'?"});
  }
}

}  // namespace standstill::config
