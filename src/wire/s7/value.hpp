// Values of the PLC's types ⇄ their bytes, and ⇄ what people type and read.
//
// BOOL: bool. Whole numbers and bit strings: int64, of LWORD and ULINT uint64. REAL, LREAL: double. CHAR,
// STRING, WSTRING: UTF-8. TIME, S5TIME, TIMER: int64, milliseconds. DATE "2026-01-31", TIME_OF_DAY
// "23:59:59.999", DATE_AND_TIME "2026-01-31 23:59:59.999", DTL the same with nine digits. COUNTER: int64.
// An impossible encoding (a BCD digit above 9, a text longer than its room) is an error, never a guess.
#pragma once

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
