// The PLC's times and dates as text. Shared by value.cpp and the clock of userdata.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "wire/s7/bytes.hpp"

namespace standstill::s7 {

struct CalendarTime {
  int year = 1990;  // 1990 to 2089 in BCD, 1970 to 2262 in a DTL
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanosecond = 0;
  bool operator==(const CalendarTime&) const = default;
};

[[nodiscard]] std::expected<void, std::string> plausible(const CalendarTime& time);
[[nodiscard]] std::string to_text(const CalendarTime& time, int fraction_digits);
// "2026-01-31 23:59:59.999", the time or its fraction may be missing, 'T' may stand for the space.
[[nodiscard]] std::expected<CalendarTime, std::string> parse_calendar(std::string_view text);
[[nodiscard]] std::int64_t days_since_1990(int year, int month, int day);
[[nodiscard]] CalendarTime date_of_days(std::int64_t days_since_1990);

// Eight bytes: YY MM DD hh mm ss, three digits of milliseconds and the day of the week (1 Sunday).
[[nodiscard]] std::expected<CalendarTime, std::string> read_bcd_time(View eight);
void put_bcd_time(Bytes& to, const CalendarTime& time);
[[nodiscard]] std::expected<int, std::string> bcd(std::uint8_t byte);

}  // namespace standstill::s7
