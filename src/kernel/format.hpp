// Sentences with numbers in them, built without printf, locale or heap, so that firmware and guard can say
// why.
//
// What does not fit is cut at the end, never past it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "kernel/text.hpp"
#include "kernel/time.hpp"

namespace standstill {

[[nodiscard]] constexpr bool is_finite(double value) {
  // Written so that NaN, which compares false with everything, is not finite.
  return value >= -std::numeric_limits<double>::max() && value <= std::numeric_limits<double>::max();
}

class Sentence {
 public:
  static constexpr std::size_t capacity = 192;  // more than the longest FixedText it is put into

  constexpr Sentence& text(std::string_view part) {
    for (const char c : part) put(c);
    return *this;
  }

  constexpr Sentence& integer(std::int64_t value) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
      put('-');
      magnitude = 0 - magnitude;  // also right for the smallest value, which has no positive twin
    }
    return digits(magnitude, 1);
  }

  // A reading: at least one decimal, at most six, never more than the 15 digits a double can keep.
  // 80012 → "80012.0", 0.25 → "0.25", 1e18 → "1.0e18"; NaN → "not a number".
  constexpr Sentence& number(double value) {
    if (value != value) return text("not a number");
    if (value < 0) {
      put('-');
      value = -value;
    }
    if (!is_finite(value)) return text("infinite");
    if (value < exponent_from) return decimal(value);
    int exponent = 0;
    while (value >= 10.0) {
      value /= 10.0;
      ++exponent;
    }
    return decimal(value).text("e").integer(exponent);
  }

  constexpr Sentence& ms(Duration length) { return integer(to_ms(length)).text(" ms"); }

  [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), length_}; }

 private:
  static constexpr double exponent_from = 1e15;
  static constexpr int most_decimals = 6;
  static constexpr int most_digits = 15;

  constexpr void put(char c) {
    if (length_ < capacity) bytes_[length_++] = c;
  }

  constexpr Sentence& digits(std::uint64_t value, int at_least) {
    std::array<char, 20> reversed{};
    std::size_t count = 0;
    do {
      reversed[count++] = static_cast<char>('0' + static_cast<char>(value % 10));
      value /= 10;
      --at_least;
    } while (value != 0 || at_least > 0);
    while (count > 0) put(reversed[--count]);
    return *this;
  }

  constexpr Sentence& decimal(double value) {  // 0 <= value < exponent_from
    auto whole = static_cast<std::uint64_t>(value);
    int whole_digits = 1;
    for (std::uint64_t rest = whole; rest >= 10; rest /= 10) ++whole_digits;
    int decimals = most_digits - whole_digits;
    if (decimals > most_decimals) decimals = most_decimals;
    if (decimals < 1) decimals = 1;
    std::uint64_t scale = 1;
    for (int i = 0; i < decimals; ++i) scale *= 10;
    auto part =
        static_cast<std::uint64_t>((value - static_cast<double>(whole)) * static_cast<double>(scale) + 0.5);
    if (part >= scale) {
      part -= scale;
      ++whole;
    }
    while (decimals > 1 && part % 10 == 0) {
      part /= 10;
      --decimals;
    }
    digits(whole, 1).put('.');
    return digits(part, decimals);
  }

  std::array<char, capacity> bytes_{};
  std::size_t length_ = 0;
};

static_assert(Sentence{}.number(80012.0).view() == "80012.0");
static_assert(Sentence{}.number(-0.25).view() == "-0.25");
static_assert(Sentence{}.number(0.9999999).view() == "1.0");
static_assert(Sentence{}.integer(std::numeric_limits<std::int64_t>::min()).view() == "-9223372036854775808");

}  // namespace standstill
