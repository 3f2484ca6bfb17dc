// How people write where a value lives in a Siemens S7 PLC, and which type it has.
//
//   DB1.DBX4.0   DB1.DBD0:DINT   DB2.DBB0:STRING[20]   DB3.DBW10:INT[8]   M10.2   MW20:INT   I0.0   QB4   T5
//   C7
//
// E, A and Z are read as I, Q and C. Without a type: BOOL, BYTE, WORD, DWORD by width. B takes every type
// that starts at a byte; W those of two bytes, D those of four. NAME[n] is an array of n, except for
// STRING[n] and WSTRING[n], where n is the longest text (1 to 254). Types and their sizes: Siemens, "SIMATIC
// S7-1200/S7-1500 programming guideline", data types.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::s7 {

enum class Area : std::uint8_t {
  inputs = 0x81,
  outputs = 0x82,
  flags = 0x83,
  db = 0x84,
  counters = 0x1C,
  timers = 0x1D,
};

enum class Type : std::uint8_t {
  boolean,
  byte,
  character,
  sint,
  usint,
  word,
  int16,
  uint16,
  dword,
  dint,
  udint,
  real,
  lword,
  lint,
  ulint,
  lreal,
  text,           // STRING: two length bytes, then Latin-1
  wide_text,      // WSTRING: two length words, then UTF-16
  date,           // days since 1990-01-01
  time,           // milliseconds, signed
  s5time,         // three BCD digits and their base
  time_of_day,    // milliseconds since midnight
  date_and_time,  // eight bytes BCD
  dtl,            // twelve bytes: year, month … nanosecond
  counter,
  timer,
};

struct Address {
  Area area = Area::db;
  std::uint16_t db = 0;    // 1 to 65535 for data blocks, else 0
  std::uint32_t byte = 0;  // 0 to 65535; the number of a counter or timer
  std::uint8_t bit = 0;    // 0 to 7, only with BOOL
  Type type = Type::byte;
  std::uint16_t count = 1;   // elements; above 1: an array
  std::uint16_t length = 0;  // longest text of STRING and WSTRING
  bool operator==(const Address&) const = default;
};

// The error says what is wrong with it, without repeating the text.
[[nodiscard]] std::expected<Address, std::string> parse_address(std::string_view text);

// The shortest form that parse_address() reads back to the same.
[[nodiscard]] std::string to_text(const Address& address);
[[nodiscard]] std::string_view name(Type type);
[[nodiscard]] std::string area_text(Area area, std::uint16_t db);  // "DB1", "flags"

// Bytes of one element in the PLC; 1 for BOOL.
[[nodiscard]] std::size_t element_bytes(const Address& address);
// Bytes that hold the whole value. An array of BOOL covers the bytes its bits lie in.
[[nodiscard]] std::size_t total_bytes(const Address& address);

// Neither a text or date nor an array.
[[nodiscard]] bool is_one_number(const Address& address);
// The largest value of a counter that lives there; nothing where no single whole number lives.
[[nodiscard]] std::optional<std::uint64_t> largest_count(const Address& address);

}  // namespace standstill::s7
