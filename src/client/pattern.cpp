#include "client/pattern.hpp"

#include <algorithm>
#include <optional>

namespace standstill::client {

namespace {

std::optional<int> number(std::string_view text, std::size_t digits, int most) {
  if (text.empty() || text.size() > digits) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

// One `[…]` at the start of `glob`: where it ends, and whether it holds `byte`; nothing when it has no end.
struct Set {
  std::size_t length;
  bool holds;
};
std::optional<Set> set_at(std::string_view glob, char byte) {
  std::size_t i = 1;
  const bool inverted = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (inverted) ++i;
  bool found = false;
  const auto c = static_cast<unsigned char>(byte);
  for (const std::size_t first = i; i < glob.size(); ++i) {
    if (glob[i] == ']' && i > first) return Set{i + 1, found != inverted};
    const auto low = static_cast<unsigned char>(glob[i]);
    auto high = low;
    if (i + 2 < glob.size() && glob[i + 1] == '-' && glob[i + 2] != ']') {
      high = static_cast<unsigned char>(glob[i + 2]);
      i += 2;
    }
    found = found || (low <= c && c <= high);
  }
  return std::nullopt;
}

// How many bytes of the glob match this byte; 0: none.
std::size_t one_matches(std::string_view glob, char byte) {
  if (glob.empty()) return 0;
  if (glob[0] == '?') return 1;
  if (glob[0] == '[') {
    if (const auto set = set_at(glob, byte)) return set->holds ? set->length : 0;
  }
  return glob[0] == byte ? 1 : 0;
}

}  // namespace

std::expected<TimePattern, std::string> TimePattern::parse(std::string_view text) {
  const auto wrong = [text] {
    return std::unexpected(
        "\"" + std::string(text) +
        "\" is no time of the layout's clock; write \"14:30\", \"*:30\" for every hour, or \"*/5\" for "
        "every five minutes (1 to 1440)");
  };
  TimePattern made;
  if (text.starts_with("*/")) {
    const auto every = number(text.substr(2), 4, minutes_a_day);
    if (!every || *every == 0) return wrong();
    made.every_ = *every;
    return made;
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return wrong();
  const auto hour = text.substr(0, colon);
  const auto minute = text.substr(colon + 1);
  if (hour != "*") {
    const auto value = number(hour, 2, 23);
    if (!value) return wrong();
    made.hour_ = *value;
  }
  if (minute != "*") {
    const auto value = number(minute, 2, 59);
    if (!value || minute.size() != 2) return wrong();
    made.minute_ = *value;
  }
  return made;
}

bool TimePattern::matches(int minute_of_day) const {
  if (every_ > 0) return minute_of_day % every_ == 0;
  return (hour_ < 0 || hour_ == minute_of_day / 60) && (minute_ < 0 || minute_ == minute_of_day % 60);
}

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last `*` seen, and the text it has taken so far
  std::size_t taken = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (const auto used = one_matches(glob.substr(g), text[t]); used > 0) {
      g += used;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return std::ranges::all_of(glob.substr(g), [](char c) { return c == '*'; });
}

std::vector<int> MinuteHand::moved_to(int minute_of_day, bool was_set) {
  const int from = at_;
  at_ = minute_of_day;
  if (from < 0 || from == minute_of_day) return {};
  const int steps = (minute_of_day - from + minutes_a_day) % minutes_a_day;
  if (was_set || steps > made_up_for) return {minute_of_day};
  std::vector<int> entered;
  for (int i = 1; i <= steps; ++i) entered.push_back((from + i) % minutes_a_day);
  return entered;
}

}  // namespace standstill::client
