// Bytes as people write them: "01 03 00 6B".
#pragma once

#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace standstill::modbus::test {

inline std::vector<std::uint8_t> hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  std::istringstream in(text);
  for (unsigned byte = 0; in >> std::hex >> byte;) bytes.push_back(static_cast<std::uint8_t>(byte));
  return bytes;
}

inline std::vector<std::uint8_t> plain(std::span<const std::byte> bytes) {
  std::vector<std::uint8_t> made;
  for (const std::byte byte : bytes) made.push_back(std::to_integer<std::uint8_t>(byte));
  return made;
}

inline std::span<const std::byte> raw(const std::vector<std::uint8_t>& bytes) {
  return std::as_bytes(std::span(bytes));
}

}  // namespace standstill::modbus::test
