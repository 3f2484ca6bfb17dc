// Bytes as the recordings write them.
#pragma once

#include <string>
#include <string_view>

#include "wire/s7/bytes.hpp"

namespace standstill::s7 {

// "03 00 00 16"; everything that is no hexadecimal digit separates.
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  int digits = 0;
  unsigned value = 0;
  const auto end = [&] {
    if (digits > 0) put8(bytes, value);
    digits = 0;
    value = 0;
  };
  for (const char c : text) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) {
      end();
      continue;
    }
    value = value * 16 + static_cast<unsigned>(digit);
    if (++digits == 2) end();
  }
  end();
  return bytes;
}

inline std::string shown(View bytes) {
  std::string text;
  for (const std::byte one : bytes) {
    if (!text.empty()) text += ' ';
    text += "0123456789abcdef"[std::to_integer<unsigned>(one) >> 4U];
    text += "0123456789abcdef"[std::to_integer<unsigned>(one) & 15U];
  }
  return text;
}

}  // namespace standstill::s7
