// The envelope on a serial line: unit, PDU, CRC.
//
// Source: MODBUS over Serial Line V1.02, sections 2.5.1 (RTU) and 6.2.2 (CRC generation). Frames end with
// silence; since an operating system hands bytes over in lumps, a frame's end is found by its content, and
// silence only ends what makes no sense.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/time.hpp"
#include "wire/modbus/pdu.hpp"

namespace standstill::modbus {

inline constexpr std::size_t max_rtu = 256;  // bytes

// As it goes over the line: low byte first.
[[nodiscard]] std::uint16_t crc16(std::span<const std::uint8_t> bytes);
void append_rtu(std::vector<std::byte>& out, std::uint8_t unit, const Pdu& pdu);

// How long one character takes at this speed, start, parity and stop bits included (11 bits).
[[nodiscard]] Duration character_time(unsigned baud);
// The silence between two frames: 3.5 characters, 1.75 ms above 19200 baud (section 2.5.1.1).
[[nodiscard]] Duration frame_silence(unsigned baud);

// Cuts what arrives into frames. Strict: a frame begins with the first byte after silence, and what does not
// check out is bad as a whole; looking for a good one inside of it would find one by chance.
class RtuReader {
 public:
  enum class Side : std::uint8_t { answers, requests };
  enum class Result : std::uint8_t {
    need_more,
    frame,  // unit() and pdu() have it
    bad,    // nothing more is taken until reset(): wait for silence
  };

  explicit RtuReader(Side side) : side_(side) {}

  // Consumes from the front of `bytes`, one frame at most: call again until it needs more.
  [[nodiscard]] Result read(std::span<const std::byte>& bytes);
  // The line was silent: what comes next is a new frame.
  void reset();
  [[nodiscard]] bool between_frames() const { return size_ == 0 && !bad_; }
  // What is bad has the form of a frame, and only its CRC is wrong.
  [[nodiscard]] bool only_crc() const { return bad_ && done_ == size_; }
  // The last frame (or what only_crc() says was one), until the next read().
  [[nodiscard]] std::uint8_t unit() const { return frame_[0]; }
  [[nodiscard]] std::span<const std::uint8_t> pdu() const { return {frame_.data() + 1, done_ - 3}; }

 private:
  Side side_;
  std::array<std::uint8_t, max_rtu> frame_{};
  std::size_t size_ = 0;
  std::size_t done_ = 3;  // size of the last complete frame
  bool bad_ = false;
};

}  // namespace standstill::modbus
