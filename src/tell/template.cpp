#include "tell/template.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

namespace standstill::tell {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string json_escaped(const std::string& value) {
  const auto quoted = nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::expected<void, std::string> check_template(std::string_view text, std::string_view also) {
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find("{{", from);
    if (open == std::string_view::npos) return {};
    const auto close = text.find("}}", open + 2);
    const auto place = "at byte " + std::to_string(open + 1) + " of the template";
    if (close == std::string_view::npos) return std::unexpected("'{{' " + place + " has no '}}'");
    const auto name = trimmed(text.substr(open + 2, close - open - 2));
    if (!known_field(name) && (also.empty() || name != also))
      return std::unexpected("unknown field '" + std::string(name) + "' " + place +
                             ": use site, state, epoch, code, source, detail, at, event or text" +
                             (also.empty() ? "" : ", or " + std::string(also)));
    from = close + 2;
  }
}

namespace {

// `value`: what a field becomes; nothing where it is none, and the place is left as it stands.
template <typename Value>
std::string filled(std::string_view text, Value value) {
  std::string result;
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find("{{", from);
    const auto close = open == std::string_view::npos ? open : text.find("}}", open + 2);
    if (close == std::string_view::npos) return result += text.substr(from);
    result += text.substr(from, open - from);
    // A value is never scanned again: a detail that contains "{{code}}" stays text.
    const std::optional<std::string> known = value(trimmed(text.substr(open + 2, close - open - 2)));
    result += known ? *known : std::string(text.substr(open, close + 2 - open));
    from = close + 2;
  }
}

}  // namespace

std::string fill_template(std::string_view text, const AlertEvent& event) {
  return filled(text, [&](std::string_view name) {
    return known_field(name) ? std::optional(field(event, name)) : std::nullopt;
  });
}

std::string fill_json_template(std::string_view text, const AlertEvent& event, const std::string& number) {
  return filled(text, [&](std::string_view name) -> std::optional<std::string> {
    if (name == "number" && !number.empty()) return json_escaped(number);
    if (known_field(name)) return json_escaped(field(event, name));
    return std::nullopt;
  });
}

}  // namespace standstill::tell
