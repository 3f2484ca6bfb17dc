// One value of a device's register map, and how its words become a number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "link/tags.hpp"

namespace standstill::meter {

enum class ValueType : std::uint8_t { bit, int16, uint16, int32, uint32, int64, uint64, float32, float64 };

// By its name in the configuration: "int32"; "bool" is a bit.
[[nodiscard]] std::optional<ValueType> value_type(std::string_view name);
// Words (or, with functions 1 and 2, bits) that a value of this type takes: 1, 2 or 4.
[[nodiscard]] constexpr std::uint16_t width(ValueType type) {
  switch (type) {
    case ValueType::int32:
    case ValueType::uint32:
    case ValueType::float32:
      return 2;
    case ValueType::int64:
    case ValueType::uint64:
    case ValueType::float64:
      return 4;
    default:
      return 1;
  }
}

struct Register {
  std::string name;
  std::uint8_t function = 3;  // 1 to 4
  std::uint16_t address = 0;  // zero-based, as on the wire
  ValueType type = ValueType::int16;
  bool low_word_first = false;
  double scale = 1.0;
  std::string unit;
  std::optional<std::pair<double, double>> valid;  // lowest and highest plausible value
  bool counter = false;                            // only ever grows: running backwards is a broken sensor
  bool top_is_overflow = false;  // a signed value of all ones but the sign means "does not fit"
};

struct Decoded {
  double value = 0.0;                           // scaled
  link::Quality quality = link::Quality::good;  // good, overflow or out_of_range
};

// `words`: width(type) of them, in the order of the wire; a bit is a word of 0 or 1.
[[nodiscard]] Decoded decode(const Register& reg, std::span<const std::uint16_t> words);

}  // namespace standstill::meter
