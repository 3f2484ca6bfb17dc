// A DCC packet (NMRA S-9.2): 3 to 6 bytes, the last of which makes the XOR of all zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace standstill::dcc {

inline constexpr std::size_t least_bytes = 3;
inline constexpr std::size_t most_bytes = 6;

struct Packet {
  std::array<std::uint8_t, most_bytes> bytes{};  // behind `size` all zero
  std::uint8_t size = 0;

  [[nodiscard]] constexpr std::span<const std::uint8_t> view() const { return {bytes.data(), size}; }
  [[nodiscard]] constexpr bool valid() const {
    if (size < least_bytes || size > most_bytes) return false;
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : view()) sum = static_cast<std::uint8_t>(sum ^ byte);
    return sum == 0;
  }
  constexpr bool operator==(const Packet&) const = default;
};

// `content` is 2 to 5 bytes; the sum is added.
[[nodiscard]] constexpr Packet seal(std::span<const std::uint8_t> content) {
  Packet packet;
  std::uint8_t sum = 0;
  for (const std::uint8_t byte : content) {
    if (packet.size + 1U >= most_bytes) break;
    packet.bytes[packet.size++] = byte;
    sum = static_cast<std::uint8_t>(sum ^ byte);
  }
  packet.bytes[packet.size++] = sum;
  return packet;
}

}  // namespace standstill::dcc
