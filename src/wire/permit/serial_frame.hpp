// Frames on the serial line between a supervisor's guard and an external guard: a payload, its CRC-32 (IEEE
// 802.3, low byte first), both stuffed so that no zero is in them (consistent overhead byte stuffing:
// Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999), and a zero.
//
// A zero ends a frame wherever it comes from, so a reader finds the next frame after any garbage, and garbage
// costs at most the frame it hits and the next one. Nothing is repaired: what is not exactly right is counted
// and forgotten. Payloads are at most 250 bytes, so one block is enough. No heap, for microcontrollers too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/checksum.hpp"

namespace standstill::permit {

inline constexpr std::size_t serial_sum = 4;

// Payload, sum, the first stuffing byte and the zero.
template <std::size_t Payload>
using SerialBytes = std::array<std::uint8_t, Payload + serial_sum + 2>;

template <std::size_t Payload>
[[nodiscard]] constexpr SerialBytes<Payload> framed(const std::array<std::uint8_t, Payload>& payload) {
  static_assert(Payload + serial_sum <= 253, "a longer one needs a second block");
  const std::uint32_t sum = crc32(payload);
  SerialBytes<Payload> out{};
  std::size_t code = 0;  // where the distance to the next zero goes
  std::size_t at = 1;
  for (std::size_t i = 0; i < Payload + serial_sum; ++i) {
    const auto byte = i < Payload
                          ? payload[i]
                          : static_cast<std::uint8_t>(sum >> (8U * static_cast<unsigned>(i - Payload)));
    if (byte == 0) {
      out[code] = static_cast<std::uint8_t>(at - code);
      code = at++;
    } else {
      out[at++] = byte;
    }
  }
  out[code] = static_cast<std::uint8_t>(at - code);
  return out;  // its last byte is the zero
}

// Bytes to payloads of exactly `Payload` bytes, whatever they are cut into.
template <std::size_t Payload>
class SerialReader {
 public:
  // True when `byte` ended a frame that is whole; payload() is what it held, until the next call.
  constexpr bool take(std::uint8_t byte) {
    if (byte != 0) {
      if (size_ < bytes_.size())
        bytes_[size_++] = byte;
      else
        over_ = true;
      return false;
    }
    const bool nothing = size_ == 0;
    const bool whole = !over_ && unstuff();
    size_ = 0;
    over_ = false;
    if (!whole && !nothing) ++unreadable_;
    return whole;
  }

  [[nodiscard]] constexpr const std::array<std::uint8_t, Payload>& payload() const { return payload_; }
  // How many zeros ended something that was no frame.
  [[nodiscard]] constexpr std::uint32_t unreadable() const { return unreadable_; }

 private:
  constexpr bool unstuff() {
    if (size_ != bytes_.size()) return false;
    std::array<std::uint8_t, Payload + serial_sum> plain{};
    std::size_t next_zero = bytes_[0];
    for (std::size_t i = 1; i < bytes_.size(); ++i) {
      if (i == next_zero) {
        next_zero = i + bytes_[i];
        plain[i - 1] = 0;
      } else {
        plain[i - 1] = bytes_[i];
      }
    }
    if (next_zero != bytes_.size()) return false;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < serial_sum; ++i)
      sum |= static_cast<std::uint32_t>(plain[Payload + i]) << (8U * static_cast<unsigned>(i));
    for (std::size_t i = 0; i < Payload; ++i) payload_[i] = plain[i];
    return sum == crc32(payload_);
  }

  std::array<std::uint8_t, Payload + serial_sum + 1> bytes_{};  // without the zero
  std::size_t size_ = 0;
  bool over_ = false;
  std::array<std::uint8_t, Payload> payload_{};
  std::uint32_t unreadable_ = 0;
};

}  // namespace standstill::permit
