#include "plant/meter/register.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace standstill::meter {

std::optional<ValueType> value_type(std::string_view name) {
  constexpr std::array<std::string_view, 9> names{"bool",  "int16",  "uint16",  "int32",  "uint32",
                                                  "int64", "uint64", "float32", "float64"};
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<ValueType>(i);
  return std::nullopt;
}

Decoded decode(const Register& reg, std::span<const std::uint16_t> words) {
  std::uint64_t raw = 0;
  for (std::size_t i = 0; i < words.size(); ++i)
    raw = raw << 16U | words[reg.low_word_first ? words.size() - 1 - i : i];
  double number = 0.0;
  bool top = false;
  switch (reg.type) {
    case ValueType::bit:
      number = raw != 0 ? 1.0 : 0.0;
      break;
    case ValueType::int16:
      number = static_cast<std::int16_t>(raw);
      top = raw == 0x7FFF;
      break;
    case ValueType::uint16:
      number = static_cast<double>(raw);
      break;
    case ValueType::int32:
      number = static_cast<std::int32_t>(raw);
      top = raw == 0x7FFFFFFF;
      break;
    case ValueType::uint32:
    case ValueType::uint64:
      number = static_cast<double>(raw);
      break;
    case ValueType::int64:
      number = static_cast<double>(static_cast<std::int64_t>(raw));
      top = raw == 0x7FFFFFFFFFFFFFFF;
      break;
    case ValueType::float32:
      number = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(raw)));
      break;
    case ValueType::float64:
      number = std::bit_cast<double>(raw);
      break;
  }
  Decoded made{number * reg.scale, link::Quality::good};
  if (!std::isfinite(made.value) || (top && reg.top_is_overflow)) {
    made.quality = link::Quality::overflow;
  } else if (reg.valid && !(made.value >= reg.valid->first && made.value <= reg.valid->second)) {
    made.quality = link::Quality::out_of_range;
  }
  return made;
}

}  // namespace standstill::meter
