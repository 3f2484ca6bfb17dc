// Between the emulated board and the simulated plant: what sensors and rails say, what drivers do. Little
// endian, a CRC-32 at the end; a frame that is not whole is no frame.
//
// Frames pass through a mailbox in the memory that QEMU shares with a file: a byte through the emulated UART
// costs a millisecond on a busy host. Several fit in, because each change from one process to the other may
// cost as much.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernel/checksum.hpp"

namespace standstill::board {

inline constexpr std::size_t halves_a_frame = 200;  // of 10 ms

// What happens to the processor itself.
enum class Strain : std::uint8_t {
  none,
  hangs,  // the loop stands still for ever
  slow,   // it stands still for 45 ms
  deep,   // something has used more of the stack than anybody thought it would
};

struct PlantFrame {
  std::uint64_t time_us = 0;  // the plant's clock when it was sent; from 1 s on
  std::uint16_t tail_us = 0;  // from the last edge to then
  std::uint8_t boot_reason = 0;
  Strain strain = Strain::none;
  std::uint8_t half_count = 0;
  std::array<std::uint8_t, 4> rails{};
  std::array<std::uint8_t, 4> silent{};  // 1: its converter has nothing new
  std::array<float, 4> values{};
  float track_volts = 0;
  std::uint32_t encoder = 0;
  std::span<const std::uint8_t> halves;  // µs, two bytes each; of this reader, until its next frame

  [[nodiscard]] std::uint32_t half(std::size_t i) const {
    return halves[2 * i] | static_cast<std::uint32_t>(halves[2 * i + 1]) << 8U;
  }
};

// 0xA5, length of what follows without the sum (2 bytes), fields in their order, the sum.
inline constexpr std::size_t plant_head = 3;
inline constexpr std::size_t plant_fixed = 8 + 2 + 3 + 4 + 4 + 16 + 4 + 4;
inline constexpr std::size_t plant_most = plant_head + plant_fixed + 2 * halves_a_frame + 4;

struct Mailbox {
  static constexpr std::uint32_t slots = 32;  // in each direction; frame n is in slot n % slots
  std::uint32_t plant_sent, plant_taken;      // numbers of frames; equal: there is none
  std::uint32_t board_sent, board_taken;
  std::uint32_t plant_size[slots];
  // Power goes in the middle of the so-many-th write to flash from now; 0: it stays. Then `power_gone` is 1.
  std::uint32_t power_after, power_gone;
  std::uint8_t plant[slots][512];
  std::uint8_t board[slots][16];
};
static_assert(plant_most <= 512);
inline constexpr std::size_t mailbox_offset = 1U << 20U;  // behind the flash

class PlantReader {
 public:
  bool take(std::uint8_t byte) {
    if (size_ == 0 && byte != 0xA5) return false;
    bytes_[size_++] = byte;
    if (size_ < plant_head) return false;
    const std::size_t body = bytes_[1] | static_cast<std::size_t>(bytes_[2]) << 8U;
    if (body < plant_fixed || plant_head + body + 4 > plant_most) {
      size_ = 0;
      return false;
    }
    if (size_ < plant_head + body + 4) return false;
    size_ = 0;
    std::uint32_t sum = 0;
    std::memcpy(&sum, &bytes_[plant_head + body], sizeof sum);
    if (sum != crc32(std::span(bytes_).first(plant_head + body))) return false;
    const std::uint8_t* at = &bytes_[plant_head];
    const auto get = [&at](void* into, std::size_t count) {
      std::memcpy(into, at, count);
      at += count;
    };
    get(&frame_.time_us, 8);
    get(&frame_.tail_us, 2);
    get(&frame_.boot_reason, 1);
    get(&frame_.strain, 1);
    get(&frame_.half_count, 1);
    get(frame_.rails.data(), 4);
    get(frame_.silent.data(), 4);
    get(frame_.values.data(), 16);
    get(&frame_.track_volts, 4);
    get(&frame_.encoder, 4);
    if (frame_.half_count > halves_a_frame || body < plant_fixed + 2U * frame_.half_count)
      frame_.half_count = 0;
    frame_.halves = {at, 2U * frame_.half_count};
    return true;
  }
  [[nodiscard]] const PlantFrame& frame() const { return frame_; }

 private:
  std::array<std::uint8_t, plant_most> bytes_{};
  std::size_t size_ = 0;
  PlantFrame frame_;
};

struct DriveFrame {
  std::uint16_t boiler = 0, superheater = 0;  // permille
  std::int16_t servo_tenths = 0;
  std::uint8_t flags = 0;  // 1: servo has power, 2: forward, 4: acknowledge, 8: asleep
  std::uint8_t lamp = 0;
};

// 0x5A, the fields, the sum: 13 bytes.
inline std::array<std::uint8_t, 13> packed(const DriveFrame& frame) {
  std::array<std::uint8_t, 13> bytes{0x5A};
  std::memcpy(&bytes[1], &frame.boiler, 2);
  std::memcpy(&bytes[3], &frame.superheater, 2);
  std::memcpy(&bytes[5], &frame.servo_tenths, 2);
  bytes[7] = frame.flags;
  bytes[8] = frame.lamp;
  const std::uint32_t sum = crc32(std::span(bytes).first(9));
  std::memcpy(&bytes[9], &sum, sizeof sum);
  return bytes;
}

}  // namespace standstill::board
