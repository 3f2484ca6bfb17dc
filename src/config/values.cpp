#include "config/values.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/formats.hpp"
#include "config/validate.hpp"

namespace standstill::config {

std::string quoted(std::string_view text) {
  static constexpr std::size_t longest = 80;
  std::string result;
  for (const char c : text.substr(0, longest)) result += (c >= 0 && c < ' ') || c == '\x7f' ? '?' : c;
  if (text.size() > longest) {
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0U) == 0x80U) result.pop_back();
    result += "…";
  }
  return "'" + result + "'";
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::text:
      return "a text";
    case Type::integer:
      return "a whole number";
    case Type::number:
      return "a number";
    case Type::boolean:
      return "true or false";
    case Type::texts:
      return "a list of texts";
    case Type::numbers:
      return "a list of numbers";
    case Type::tables:
      return "a list of tables";
    case Type::table:
    case Type::free_table:
      break;
  }
  return "a table";
}

std::string did_you_mean(std::string_view written, const std::vector<std::string_view>& known) {
  const std::string_view best = nearest(written, known);
  return best.empty() ? "" : "did you mean '" + std::string(best) + "'?";
}

std::string list_of(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + std::string(words[i]);
  return text;
}

std::string number_text(double number) {
  if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  if (number == std::floor(number) && std::abs(number) < 1e15)
    return std::to_string(static_cast<long long>(number));
  std::string text = std::to_string(number);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

std::string range_text(const Key& key) {
  const bool low = std::isfinite(key.min);
  const bool high = std::isfinite(key.max);
  const std::string unit = key.unit.empty() ? "" : " " + std::string(key.unit);
  if (low && high) return number_text(key.min) + " to " + number_text(key.max) + unit;
  if (low) return "at least " + number_text(key.min) + unit;
  return high ? "at most " + number_text(key.max) + unit : "";
}

void Values::report(Fault fault, const SourceLocation& where, std::string message, std::string hint) {
  problems_.push_back({fault, where, std::move(message), std::move(hint)});
}

void Values::wrong_type(const Member& member, Type type) {
  report(Fault::wrong_type, member.value.where,
         quoted(member.name) + " is " + std::string(shape_name(member.value)) + ", not " +
             std::string(type_name(type)),
         type == Type::text && member.value.as<Table>() == nullptr ? "put it in quotes" : "");
}

bool Values::good_text(const Key& key, const std::string& name, const std::string& text,
                       const SourceLocation& where, bool limited) {
  if (!key.choices.empty()) {
    const std::vector<std::string_view> choices = split(key.choices);
    if (std::ranges::find(choices, text) != choices.end()) return true;
    report(Fault::bad_choice, where, quoted(name) + " cannot be " + quoted(text), "use " + list_of(choices));
    return false;
  }
  // without a length of its own a text is kept short enough to print and to store
  const double longest = limited && std::isfinite(key.max) ? key.max : 1024;
  const double shortest = limited && std::isfinite(key.min) ? key.min : 0;
  const double length = static_cast<double>(text.size());
  if (key.format == Format::any || length > longest) {
    if (length < shortest || length > longest) {
      report(Fault::bad_length, where,
             quoted(name) + " is " + std::to_string(text.size()) + " bytes long, not " +
                 number_text(shortest) + " to " + number_text(longest));
      return false;
    }
  }
  if (std::optional<Complaint> complaint = complain(key.format, text)) {
    // what may be a secret is not repeated on the screen
    const bool secret = complaint->fault == Fault::url_with_password ||
                        complaint->fault == Fault::bad_environment_name ||
                        (complaint->fault == Fault::bad_url && text.find('@') != std::string::npos);
    report(complaint->fault, where,
           quoted(name) + (secret ? " " : " = " + quoted(text) + " ") + complaint->message, complaint->hint);
    return false;
  }
  return true;
}

std::optional<Value> Values::check_integer(const Key& key, std::int64_t integer, const Value& value) {
  if (!key.choices.empty()) {
    const std::vector<std::string_view> choices = split(key.choices);
    if (std::ranges::find(choices, std::to_string(integer)) != choices.end()) return value;
    report(Fault::bad_choice, value.where,
           "'" + std::string(key.name) + "' cannot be " + std::to_string(integer), "use " + list_of(choices));
    return std::nullopt;
  }
  if (in_range(key, static_cast<double>(integer), std::to_string(integer), value.where)) return value;
  return std::nullopt;
}

std::optional<Value> Values::check_number(const Key& key, double number, const SourceLocation& where) {
  if (in_range(key, number, number_text(number), where)) return Value{number, where};
  return std::nullopt;
}

bool Values::in_range(const Key& key, double number, const std::string& written,
                      const SourceLocation& where) {
  if (std::isfinite(number) && number >= key.min && number <= key.max) return true;
  const std::string range = range_text(key);
  report(Fault::out_of_range, where, "'" + std::string(key.name) + "' = " + written + " is out of range",
         range.empty() ? "use a finite number" : "use " + range);
  return false;
}

}  // namespace standstill::config
