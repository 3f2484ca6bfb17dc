// TPKT and COTP: what S7 messages travel in (RFC 1006, section 6; ISO 8073 / X.224, section 13).
//
//   03 00 length16 | header length, kind, … | payload
//
// Only class 0 is used: connect, confirm, disconnect, data. A message may come in several data units; the
// last one is marked.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "wire/s7/bytes.hpp"

namespace standstill::s7 {

enum class Unit : std::uint8_t {
  connect = 0xE0,
  confirm = 0xD0,
  disconnect = 0x80,
  refused = 0x70,  // "error" in the standard
  data = 0xF0,
};

enum class ConnectionType : std::uint8_t { pg = 1, op = 2, basic = 3 };

// Transport service access points: who speaks to which module.
struct Tsaps {
  std::uint16_t local = 0x0100;
  std::uint16_t remote = 0x0102;
  bool operator==(const Tsaps&) const = default;
};
// rack 0 to 7, slot 0 to 31.
[[nodiscard]] constexpr Tsaps tsaps(ConnectionType type, unsigned rack, unsigned slot) {
  return {0x0100, static_cast<std::uint16_t>(static_cast<unsigned>(type) << 8U | rack << 5U | slot)};
}

struct Connect {  // connect and confirm
  std::uint16_t destination = 0;
  std::uint16_t source = 0;
  Tsaps tsaps{};                  // `local` is the caller's in both directions
  std::uint8_t size_code = 0x0A;  // 2^n bytes
};
[[nodiscard]] Bytes connect_frame(const Connect& connect);
[[nodiscard]] Bytes confirm_frame(const Connect& confirm);
[[nodiscard]] Bytes disconnect_frame(std::uint16_t destination, std::uint16_t source, std::uint8_t reason);

// Appends TPKT and COTP of a data unit; set_frame_length() when the payload stands behind it.
void begin_data_frame(Bytes& to);
void set_frame_length(Bytes& in, std::size_t frame_begin);
inline constexpr std::size_t data_frame_head = 7;  // bytes

// Cuts a stream into units. `view`s point into the reader and end with the next call.
class FrameReader {
 public:
  enum class Result : std::uint8_t { need_more, connect, confirm, disconnect, data, failed };
  static constexpr std::size_t largest_frame = 8192;  // bytes; the largest PDU in use is 960
  static constexpr std::size_t largest_message = 65536;

  // Takes all of `bytes`; then next() until it needs more.
  void add(View bytes);
  [[nodiscard]] Result next();

  [[nodiscard]] View message() const { return message_; }            // with `data`
  [[nodiscard]] const Connect& connect() const { return connect_; }  // with `connect` and `confirm`
  [[nodiscard]] std::uint8_t reason() const { return reason_; }      // with `disconnect`
  [[nodiscard]] const std::string& error() const { return error_; }  // with `failed`
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - at_ + parts_.size(); }
  void reset() { *this = FrameReader{}; }

 private:
  Result fail(std::string why);
  Result unit(View unit);
  Result read_connect(View unit, Result kind);

  Bytes buffer_;
  std::size_t at_ = 0;
  Bytes parts_;  // of a message in several units
  View message_;
  Connect connect_;
  std::uint8_t reason_ = 0;
  bool parts_done_ = false;
  std::string error_;
};

}  // namespace standstill::s7
