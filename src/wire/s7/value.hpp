// Values of the PLC's types ⇄ their bytes, and ⇄ what people type and read.
//
// BOOL: bool. Whole numbers and bit strings: int64, of LWORD and ULINT uint64. REAL, LREAL: double. CHAR,
// STRING, WSTRING: UTF-8. TIME, S5TIME, TIMER: int64, milliseconds. DATE "2026-01-31", TIME_OF_DAY
// "23:59:59.999", DATE_AND_TIME "2026-01-31 23:59:59.999", DTL the same with nine digits. COUNTER: int64.
// An impossible encoding (a BCD digit above 9, a text longer than its room) is an error, never a guess.
#pragma once

#include <bit>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/s7/address.hpp"
#include "wire/s7/bytes.hpp"

namespace standstill::s7 {

using Scalar = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
using Value = std::vector<Scalar>;  // one for each element

// Hands `take` the number of one element that is any pattern of its bits: whole numbers, bit strings, REAL,
// LREAL. False for all other types. `bytes` holds element_bytes(address) bytes.
template <class Take>
bool decode_number(const Address& address, View bytes, const Take& take) {
  switch (address.type) {
    case Type::byte:
    case Type::usint:
      take(std::int64_t{get8(bytes, 0)});
      return true;
    case Type::sint:
      take(std::int64_t{static_cast<std::int8_t>(get8(bytes, 0))});
      return true;
    case Type::word:
    case Type::uint16:
      take(std::int64_t{get16(bytes, 0)});
      return true;
    case Type::int16:
      take(std::int64_t{static_cast<std::int16_t>(get16(bytes, 0))});
      return true;
    case Type::dword:
    case Type::udint:
      take(std::int64_t{get32(bytes, 0)});
      return true;
    case Type::dint:
    case Type::time:
      take(std::int64_t{static_cast<std::int32_t>(get32(bytes, 0))});
      return true;
    case Type::real:
      take(double{std::bit_cast<float>(get32(bytes, 0))});
      return true;
    case Type::lint:
      take(static_cast<std::int64_t>(get64(bytes, 0)));
      return true;
    case Type::lword:
    case Type::ulint:
      take(get64(bytes, 0));
      return true;
    case Type::lreal:
      take(std::bit_cast<double>(get64(bytes, 0)));
      return true;
    default:
      return false;
  }
}

// Of an address with one element. `bytes` holds total_bytes(address) bytes.
[[nodiscard]] std::expected<Scalar, std::string> decode_one(const Address& address, View bytes);
// `bytes` holds total_bytes(address) bytes.
[[nodiscard]] std::expected<Value, std::string> decode(const Address& address, View bytes);
// Not for arrays of BOOL: their neighbours would be written with them.
[[nodiscard]] std::expected<Bytes, std::string> encode(const Address& address, const Value& value);

// "42", "true", "0x1F", "3.5", "abc", "2026-01-31"; elements of an array stand between commas.
[[nodiscard]] std::expected<Value, std::string> parse_value(const Address& address, std::string_view text);
[[nodiscard]] std::string to_text(const Scalar& scalar);
[[nodiscard]] std::string to_text(std::span<const Scalar> value);
// The first element as a number (booleans 0 and 1); nothing for texts and dates.
[[nodiscard]] std::optional<double> number(const Scalar& scalar);
[[nodiscard]] std::optional<double> number(const Value& value);

}  // namespace standstill::s7
