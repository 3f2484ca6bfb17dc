// Text that lives inside its owner: no heap, trivially copyable, so it can cross a socket or sit in flash.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace standstill {

// Holds at most N-1 bytes; what does not fit is cut at a UTF-8 boundary. Always NUL-terminated.
template <std::size_t N>
class FixedText {
 public:
  constexpr FixedText() = default;
  constexpr FixedText(std::string_view text) { assign(text); }  // NOLINT: converting is the point
  constexpr FixedText(const char* text) { assign(text); }       // NOLINT

  constexpr void assign(std::string_view text) {
    std::size_t length = std::min(text.size(), N - 1);
    if (length < text.size()) {
      while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
    }
    bytes_ = {};
    std::copy_n(text.begin(), length, bytes_.begin());
  }
  [[nodiscard]] constexpr std::string_view view() const {
    std::size_t length = 0;
    while (length < N - 1 && bytes_[length] != '\0') ++length;
    return {bytes_.data(), length};
  }
  [[nodiscard]] constexpr const char* c_str() const { return bytes_.data(); }
  [[nodiscard]] constexpr bool empty() const { return bytes_[0] == '\0'; }
  // Bytes that came from elsewhere (a socket, a file) may lack the final NUL: this puts it back.
  constexpr void terminate() { bytes_[N - 1] = '\0'; }
  constexpr bool operator==(const FixedText& other) const { return view() == other.view(); }

 private:
  std::array<char, N> bytes_{};
};

}  // namespace standstill
