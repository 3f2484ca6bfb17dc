// Packets to send, and their halves on the rails: for the simulated track and for tests.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "kernel/time.hpp"
#include "wire/dcc/command.hpp"
#include "wire/dcc/packet.hpp"

namespace standstill::dcc {

struct Address {
  std::uint16_t number = 3;
  bool is_long = false;  // 0 to 10239, two bytes
};

namespace detail {

template <class... Byte>
[[nodiscard]] constexpr Packet to(const Address& address, Byte... bytes) {
  std::array<std::uint8_t, sizeof...(bytes) + 2> content{};
  std::size_t size = 0;
  if (address.is_long) content[size++] = static_cast<std::uint8_t>(0xC0U | address.number >> 8U);
  content[size++] = static_cast<std::uint8_t>(address.number & 0xFFU);
  ((content[size++] = static_cast<std::uint8_t>(bytes)), ...);
  return seal(std::span<const std::uint8_t>(content).first(size));
}

}  // namespace detail

[[nodiscard]] constexpr Packet idle() { return seal(std::array<std::uint8_t, 2>{0xFF, 0}); }
[[nodiscard]] constexpr Packet reset() { return seal(std::array<std::uint8_t, 2>{0, 0}); }
[[nodiscard]] constexpr Packet stop_everybody(bool emergency) {
  return seal(std::array<std::uint8_t, 2>{0, static_cast<std::uint8_t>(emergency ? 0x61 : 0x60)});
}

// step 0 to 28; emergency: whatever the step
[[nodiscard]] constexpr Packet speed28(const Address& to, std::uint8_t step, bool forward,
                                       bool emergency = false) {
  const unsigned fine = emergency ? 2U : (step == 0 ? 0U : step + 3U);
  return detail::to(to, 0x40U | (forward ? 0x20U : 0U) | (fine & 1U) << 4U | fine >> 1U);
}
// step 0 to 14
[[nodiscard]] constexpr Packet speed14(const Address& to, std::uint8_t step, bool forward, bool light) {
  return detail::to(to, 0x40U | (forward ? 0x20U : 0U) | (light ? 0x10U : 0U) | (step == 0 ? 0U : step + 1U));
}
// step 0 to 126
[[nodiscard]] constexpr Packet speed126(const Address& to, std::uint8_t step, bool forward,
                                        bool emergency = false) {
  return detail::to(to, 0x3FU, (forward ? 0x80U : 0U) | (emergency ? 1U : (step == 0 ? 0U : step + 1U)));
}
// Bits F0 to F4
[[nodiscard]] constexpr Packet functions0(const Address& to, std::uint32_t bits) {
  return detail::to(to, 0x80U | (bits & 1U) << 4U | (bits >> 1U & 0xFU));
}
[[nodiscard]] constexpr Packet cv_write(const Address& to, std::uint16_t number, std::uint8_t data) {
  const unsigned place = number - 1U;
  return detail::to(to, 0xECU | place >> 8U, place & 0xFFU, data);
}
[[nodiscard]] constexpr Packet service_write(std::uint16_t number, std::uint8_t data) {
  const unsigned place = number - 1U;
  return seal(std::array<std::uint8_t, 3>{static_cast<std::uint8_t>(0x7CU | place >> 8U),
                                          static_cast<std::uint8_t>(place & 0xFFU), data});
}
[[nodiscard]] constexpr Packet service_verify(std::uint16_t number, std::uint8_t data) {
  const unsigned place = number - 1U;
  return seal(std::array<std::uint8_t, 3>{static_cast<std::uint8_t>(0x74U | place >> 8U),
                                          static_cast<std::uint8_t>(place & 0xFFU), data});
}
[[nodiscard]] constexpr Packet service_verify_bit(std::uint16_t number, unsigned place, bool one) {
  const unsigned at = number - 1U;
  return seal(std::array<std::uint8_t, 3>{static_cast<std::uint8_t>(0x78U | at >> 8U),
                                          static_cast<std::uint8_t>(at & 0xFFU),
                                          static_cast<std::uint8_t>(0xE0U | (one ? 8U : 0U) | (place & 7U))});
}

struct Timing {
  Duration one = 58us;  // a half
  Duration zero = 100us;
  int preamble = 14;  // S-9.2: a command station sends 14 or more
};

// How long send() is on the rails with it.
[[nodiscard]] constexpr Duration duration(const Packet& packet, const Timing& timing) {
  int ones = timing.preamble + 1, zeros = 0;
  for (const std::uint8_t byte : packet.view()) {
    ones += std::popcount(byte);
    zeros += 9 - std::popcount(byte);  // with the zero before it
  }
  return 2 * (ones * timing.one + zeros * timing.zero);
}

// Calls half(Duration) for every half bit, in order.
template <class Half>
constexpr void send(const Packet& packet, const Timing& timing, Half&& half) {
  const auto bit = [&](bool one) {
    half(one ? timing.one : timing.zero);
    half(one ? timing.one : timing.zero);
  };
  for (int i = 0; i < timing.preamble; ++i) bit(true);
  for (const std::uint8_t byte : packet.view()) {
    bit(false);
    for (unsigned place = 8; place-- > 0;) bit((byte >> place & 1U) != 0);
  }
  bit(true);
}

}  // namespace standstill::dcc
