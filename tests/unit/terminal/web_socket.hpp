// The client's side of RFC 6455, as far as these tests need it: bytes as the standard has them, not as our
// own library makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "unit/terminal/raw_client.hpp"

namespace standstill::terminal {

// Section 1.3 has this key and the answer that belongs to it.
inline constexpr const char* sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr const char* sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

inline std::string upgrade(std::string_view path, std::string_view headers = {}) {
  return get(path,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                 std::string(sample_key) + "\r\n" + std::string(headers));
}

struct Frame {
  int opcode = 0;  // section 5.2: 1 text, 8 close, 9 ping
  std::string payload;
};

inline std::optional<Frame> receive_frame(RawClient& client, int milliseconds = 10000) {
  const std::string head = client.bytes(2, milliseconds);
  if (head.size() < 2) return std::nullopt;
  const auto byte = [](const std::string& text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  if ((byte(head, 0) & 0x80U) == 0 || (byte(head, 1) & 0x80U) != 0) return std::nullopt;  // whole, not masked
  std::uint64_t length = byte(head, 1) & 0x7FU;
  if (length >= 126) {
    const std::string more = client.bytes(length == 126 ? 2 : 8, milliseconds);
    length = 0;
    for (std::size_t i = 0; i < more.size(); ++i) length = (length << 8U) | byte(more, i);
  }
  Frame frame{byte(head, 0) & 0x0F, client.bytes(length, milliseconds)};
  if (frame.payload.size() != length) return std::nullopt;
  return frame;
}

// The next text, answering nothing; pings are passed over.
inline std::string receive_text(RawClient& client, int milliseconds = 10000) {
  for (;;) {
    const auto frame = receive_frame(client, milliseconds);
    if (!frame) return {};
    if (frame->opcode == 1) return frame->payload;
    if (frame->opcode == 8) return {};
  }
}

// A text from a client is masked (section 5.3); this mask changes nothing.
inline std::string masked_text(std::string_view text, char opcode = 1) {
  std::string bytes{static_cast<char>(0x80 | opcode)};
  if (text.size() < 126) {
    bytes += static_cast<char>(0x80 | text.size());
  } else {
    bytes += static_cast<char>(0x80 | 126);
    bytes += static_cast<char>(text.size() >> 8U);
    bytes += static_cast<char>(text.size() & 0xFFU);
  }
  return bytes + std::string(4, '\0') + std::string(text);
}

}  // namespace standstill::terminal
