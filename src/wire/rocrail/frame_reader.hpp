// Cuts a Rocrail stream into messages.
//
// Source: measured traffic of servers 2.0 (2014) and 2.1:
//   <?xml version="1.0" encoding="UTF-8"?>\n<xmlh>\n  <xml size="19"/>\n</xmlh><auto cmd="off"/>\n\0
// `size` counts bytes of the body, with its line end and NUL. The reader follows it and nothing else: looking
// for NULs or lines instead loses frames. Accepted around it: no XML declaration; more attributes (name,
// controlcode, slavecode) in any order; several <xml> elements, of which exactly one has a size; space and
// NULs between frames.
//
// Every byte is looked at once, however the stream is cut.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace standstill::rocrail {

class FrameReader {
 public:
  enum class Result : std::uint8_t {
    need_more,  // all bytes are consumed, the frame is incomplete
    frame,      // take_body() has the message
    failed,     // error() says why; the stream cannot be trusted any further, only reset() helps
  };

  static constexpr std::size_t max_header = 4096;               // bytes
  static constexpr std::size_t max_body = 16U * 1024U * 1024U;  // bytes; the largest plan seen had 1.9 MB

  // Consumes from the front of `bytes`, one frame at most: call again until it needs more.
  [[nodiscard]] Result read(std::span<const std::byte>& bytes);

  // The body as it came, `size` bytes, usually ending with "\n\0".
  [[nodiscard]] std::string take_body() { return std::move(body_); }
  [[nodiscard]] const std::string& error() const { return error_; }
  // True between frames: the stream may end here without cutting a message.
  [[nodiscard]] bool between_frames() const { return header_.empty() && !in_body_; }
  // Bytes that the body under way still lacks; 0 when none is.
  [[nodiscard]] std::size_t missing() const { return in_body_ ? body_size_ - body_.size() : 0; }
  // A body that was taken and is no longer needed. The memory of large ones takes the next large ones: fresh
  // memory costs 0.5 ms a megabyte, on the way to the end of a connection whose server sent its plan last.
  void give_back(std::string body);
  void reset();

 private:
  Result fail(std::string why);
  // True when the header is complete. `behind` is only shown when c is wrong.
  bool take_header_byte(char c, std::span<const std::byte> behind);
  bool read_size();

  static constexpr std::size_t worth_keeping = 64U * 1024U;  // bytes
  static constexpr std::size_t most_kept = 4U * 1024U * 1024U;

  std::string header_;
  std::string body_;
  std::array<std::string, 2> spare_;  // a plan being decoded, and the next one behind it
  std::string error_;
  std::size_t body_size_ = 0;
  bool in_body_ = false;
};

}  // namespace standstill::rocrail
