// The envelope on TCP: the MBAP header, and frames cut by the size it announces.
//
// Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3: transaction number, protocol
// (0), length of what follows (unit and PDU, 2 to 254), unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wire/modbus/pdu.hpp"

namespace standstill::modbus {

void append_tcp(std::vector<std::byte>& out, std::uint16_t transaction, std::uint8_t unit, const Pdu& pdu);

class TcpReader {
 public:
  enum class Result : std::uint8_t { need_more, frame, failed };

  // Consumes from the front of `bytes`, one frame at most: call again until it needs more. After `failed` the
  // stream cannot be trusted any further; error() says why.
  [[nodiscard]] Result read(std::span<const std::byte>& bytes);
  void reset() { *this = TcpReader{}; }
  [[nodiscard]] const std::string& error() const { return error_; }
  // The last frame, until the next read().
  [[nodiscard]] std::uint16_t transaction() const {
    return static_cast<std::uint16_t>(frame_[0] << 8U | frame_[1]);
  }
  [[nodiscard]] std::uint8_t unit() const { return frame_[6]; }
  [[nodiscard]] std::span<const std::uint8_t> pdu() const { return {frame_.data() + 7, done_ - 7}; }

 private:
  std::array<std::uint8_t, 260> frame_{};
  std::size_t size_ = 0;
  std::size_t done_ = 7;
  std::string error_;
};

}  // namespace standstill::modbus
