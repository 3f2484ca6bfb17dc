// Sentences out of text and numbers, for error messages.
#pragma once

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace standstill::s7 {

inline std::string one_word(std::string_view text) { return std::string(text); }
inline std::string one_word(std::integral auto number) { return std::to_string(number); }

template <class... Parts>
[[nodiscard]] std::string words(const Parts&... parts) {
  return (one_word(parts) + ...);
}

[[nodiscard]] inline std::unexpected<std::string> wrong(std::string why) {
  return std::unexpected(std::move(why));
}

// "0a", "d241": as protocol tables write them.
[[nodiscard]] inline std::string hex_digits(unsigned value, int digits) {
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789abcdef"[value >> static_cast<unsigned>(shift) & 15U];
  return text;
}

}  // namespace standstill::s7
