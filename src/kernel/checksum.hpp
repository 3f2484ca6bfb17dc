// CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320): what proves a record in a file, in flash or on a
// wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace standstill {

inline constexpr std::array<std::uint32_t, 256> crc32_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    table[i] = value;
  }
  return table;
}();

// `seed` chains calls: the sum of what came before.
[[nodiscard]] constexpr std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0) {
  std::uint32_t crc = ~seed;
  for (const std::uint8_t byte : bytes) crc = crc32_table[(crc ^ byte) & 0xFFU] ^ (crc >> 8U);
  return ~crc;
}

static_assert([] {  // the check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC
  constexpr std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  return crc32(digits) == 0xCBF43926U;
}());

}  // namespace standstill
