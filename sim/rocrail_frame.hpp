// The bytes a Rocrail server sends and expects, measured on a server of 2014. Written apart from the
// product's own codec on purpose, so that a mistake in one is not repeated by the other.
//
// Server to client: `<?xml version="1.0" encoding="UTF-8"?>\n<xmlh>\n  <xml size="N"/>\n</xmlh>BODY\n\0`, N
// counts the body's UTF-8 bytes with its newline and NUL. Client to server: `<xmlh><xml size="N"
// name="X"/></xmlh>BODY`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::sim {

struct ServerFrame {
  std::string header;
  std::string body;  // with the final newline and NUL
};

// `element` is one serialised element, ending in "\n".
[[nodiscard]] ServerFrame server_frame(std::string_view element);

// What clients sent. A real server gives up on the connection at the first byte that is not where it belongs:
// a stray NUL, a body longer than announced, a header that is not XML.
class ClientFrames {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  [[nodiscard]] std::optional<std::string> next();  // a body, without a counted final NUL
  [[nodiscard]] bool broken() const { return broken_; }
  // A header has begun and not ended: a real server does not wait for the rest of it.
  [[nodiscard]] bool inside_header() const { return !broken_ && !buffer_.empty() && !wanted_; }

 private:
  void read_header();

  std::string buffer_;
  std::optional<std::size_t> wanted_;  // body bytes announced by the header that was read
  bool broken_ = false;
};

inline constexpr std::size_t longest_client_body = 4U * 1024U * 1024U;
inline constexpr std::size_t longest_client_header = 1024;

}  // namespace standstill::sim
