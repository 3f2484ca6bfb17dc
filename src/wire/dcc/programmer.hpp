// The command station's side of service mode, in direct mode (NMRA S-9.2.3): what it sends on a programming
// track to read and write a variable, and what an acknowledgement means.
//
// The decoder can only say yes, by taking 60 mA or more for 6 ms (±1): so a byte is read bit by bit, asking
// whether each is 1, and then as a whole, because eight times nothing may also be an empty track.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/dcc/encoder.hpp"

namespace standstill::dcc {

// Service mode has a longer preamble: at least 20 ones (S-9.2.3, "Long-preamble").
inline constexpr int service_preamble = 20;

// Track: `bool exchange(std::span<const Packet>)` sends packets in order, with `service_preamble`, and says
// whether an acknowledgement came meanwhile or within 50 ms.
template <class Track>
class Programmer {
 public:
  explicit Programmer(Track& track) : track_(track) {}

  // The power-on cycle: 20 packets before anything is asked (S-9.2.3, "Power-on cycle").
  void power_on() {
    for (int i = 0; i < 4; ++i) (void)exchange(reset(), 5, reset(), 0);
  }
  [[nodiscard]] bool verify(std::uint16_t number, std::uint8_t byte) {
    return exchange(service_verify(number, byte), 5, reset(), 1);
  }
  [[nodiscard]] bool verify_bit(std::uint16_t number, unsigned place, bool one) {
    return exchange(service_verify_bit(number, place, one), 5, reset(), 1);
  }
  // True: acknowledged, so it is written.
  [[nodiscard]] bool write(std::uint16_t number, std::uint8_t byte) {
    return exchange(service_write(number, byte), 5, reset(), 6);
  }
  // Nothing: nobody confirms the value; no decoder, no such variable, or one of more than eight bits.
  [[nodiscard]] std::optional<std::uint8_t> read(std::uint16_t number) {
    unsigned byte = 0;
    for (unsigned place = 8; place-- > 0;)
      if (verify_bit(number, place, true)) byte |= 1U << place;
    const auto value = static_cast<std::uint8_t>(byte);
    if (!verify(number, value)) return std::nullopt;
    return value;
  }

 private:
  // Three resets open every operation.
  bool exchange(const Packet& packet, std::size_t times, const Packet& then, std::size_t resets) {
    std::array<Packet, 16> all{};
    std::size_t count = 0;
    for (int i = 0; i < 3; ++i) all[count++] = reset();
    for (std::size_t i = 0; i < times; ++i) all[count++] = packet;
    for (std::size_t i = 0; i < resets; ++i) all[count++] = then;
    return track_.exchange(std::span<const Packet>(all).first(count));
  }

  Track& track_;
};

}  // namespace standstill::dcc
