// Big-endian numbers in byte strings: everything S7 sends is big-endian.
//
// Readers do not check the length: whoever calls has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace standstill::s7 {

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

[[nodiscard]] inline std::uint8_t get8(View bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}
[[nodiscard]] inline std::uint16_t get16(View bytes, std::size_t at) {
  return static_cast<std::uint16_t>(get8(bytes, at) << 8U | get8(bytes, at + 1));
}
[[nodiscard]] inline std::uint32_t get32(View bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2);
}
[[nodiscard]] inline std::uint64_t get64(View bytes, std::size_t at) {
  return std::uint64_t{get32(bytes, at)} << 32U | get32(bytes, at + 4);
}

inline void put8(Bytes& to, unsigned value) { to.push_back(static_cast<std::byte>(value)); }
inline void put16(Bytes& to, unsigned value) {
  put8(to, value >> 8U);
  put8(to, value & 0xFFU);
}
inline void put32(Bytes& to, std::uint32_t value) {
  put16(to, value >> 16U);
  put16(to, value & 0xFFFFU);
}
inline void put64(Bytes& to, std::uint64_t value) {
  put32(to, static_cast<std::uint32_t>(value >> 32U));
  put32(to, static_cast<std::uint32_t>(value));
}
inline void put(Bytes& to, View bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline void put(Bytes& to, std::initializer_list<unsigned> bytes) {
  std::size_t at = to.size();
  to.resize(at + bytes.size());
  for (const unsigned one : bytes) to[at++] = static_cast<std::byte>(one);
}
inline void set16(std::span<std::byte> in, std::size_t at, unsigned value) {
  in[at] = static_cast<std::byte>(value >> 8U);
  in[at + 1] = static_cast<std::byte>(value & 0xFFU);
}
inline void set32(std::span<std::byte> in, std::size_t at, std::uint32_t value) {
  in[at] = static_cast<std::byte>(value >> 24U);
  in[at + 1] = static_cast<std::byte>(value >> 16U);
  in[at + 2] = static_cast<std::byte>(value >> 8U);
  in[at + 3] = static_cast<std::byte>(value);
}

}  // namespace standstill::s7
