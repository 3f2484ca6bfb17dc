// How people write where a value lives in a Siemens S7 PLC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::config {

struct S7Address {
  std::string area;      // "DB", "I", "Q", "M"
  std::uint16_t db = 0;  // 1 to 65535 for DB
  std::uint32_t byte = 0;
  std::uint8_t bit = 0;  // 0 to 7, only with BOOL
  std::string type;      // "BOOL", "BYTE", "CHAR", "WORD", "INT", "DWORD", "DINT", "REAL" …
};

// "DB1.DBX4.0", "DB1.DBD0:DINT", "M10.3", "MW20:INT"; E and A are read as I and Q. Without a type: BOOL,
// BYTE, WORD, DWORD by width. The byte is at most 65535.
[[nodiscard]] std::optional<S7Address> parse_s7_address(std::string_view text);

}  // namespace standstill::config
