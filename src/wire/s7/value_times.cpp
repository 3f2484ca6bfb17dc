#include "wire/s7/value_times.hpp"

#include <chrono>
#include <cstdio>

namespace standstill::s7 {

namespace {

namespace calendar = std::chrono;
constexpr auto epoch = calendar::sys_days{calendar::year{1990} / 1 / 1};

bool take(std::string_view& text, int digits, int& into) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  into = value;
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

void put_bcd(Bytes& to, int value) { put8(to, static_cast<unsigned>(value / 10 * 16 + value % 10)); }

}  // namespace

std::expected<void, std::string> plausible(const CalendarTime& time) {
  const calendar::year_month_day day{calendar::year{time.year},
                                     calendar::month{static_cast<unsigned>(time.month)},
                                     calendar::day{static_cast<unsigned>(time.day)}};
  if (time.month < 1 || time.day < 1 || !day.ok() || time.hour > 23 || time.minute > 59 || time.second > 59 ||
      time.hour < 0 || time.minute < 0 || time.second < 0 || time.nanosecond < 0 ||
      time.nanosecond > 999'999'999)
    return std::unexpected("there is no such date or time");
  return {};
}

std::string to_text(const CalendarTime& time, int fraction_digits) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", time.year, time.month,
                                   time.day, time.hour, time.minute, time.second);
  std::string result(text, static_cast<std::size_t>(length));
  if (fraction_digits > 0) {
    std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(time.nanosecond));
    result.append(text, static_cast<std::size_t>(fraction_digits) + 1);
  }
  return result;
}

std::expected<CalendarTime, std::string> parse_calendar(std::string_view text) {
  CalendarTime time;
  const auto malformed = [] { return std::unexpected<std::string>("write it as 2026-01-31 23:59:59.999"); };
  if (!take(text, 4, time.year) || !take(text, '-') || !take(text, 2, time.month) || !take(text, '-') ||
      !take(text, 2, time.day))
    return malformed();
  if (take(text, ' ') || take(text, 'T')) {
    if (!take(text, 2, time.hour) || !take(text, ':') || !take(text, 2, time.minute)) return malformed();
    if (take(text, ':') && !take(text, 2, time.second)) return malformed();
    if (take(text, '.')) {
      std::int64_t unit = 100'000'000;
      int digit = 0;
      while (unit > 0 && take(text, 1, digit)) {
        time.nanosecond += unit * digit;
        unit /= 10;
      }
    }
  }
  if (!text.empty()) return malformed();
  if (auto fine = plausible(time); !fine) return std::unexpected(fine.error());
  return time;
}

std::int64_t days_since_1990(int year, int month, int day) {
  const calendar::year_month_day date{calendar::year{year}, calendar::month{static_cast<unsigned>(month)},
                                      calendar::day{static_cast<unsigned>(day)}};
  return (calendar::sys_days{date} - epoch).count();
}

CalendarTime date_of_days(std::int64_t days) {
  const calendar::year_month_day date{epoch + calendar::days{days}};
  CalendarTime time;
  time.year = static_cast<int>(date.year());
  time.month = static_cast<int>(static_cast<unsigned>(date.month()));
  time.day = static_cast<int>(static_cast<unsigned>(date.day()));
  return time;
}

std::expected<int, std::string> bcd(std::uint8_t byte) {
  const int high = byte >> 4;
  const int low = byte & 15;
  if (high > 9 || low > 9)
    return std::unexpected("it holds a digit above 9 where only decimal ones may stand");
  return high * 10 + low;
}

std::expected<CalendarTime, std::string> read_bcd_time(View eight) {
  int parts[7];
  for (std::size_t i = 0; i < 7; ++i) {
    const auto part = bcd(get8(eight, i));
    if (!part) return std::unexpected(part.error());
    parts[i] = *part;
  }
  const int last = get8(eight, 7) >> 4;
  if (last > 9) return std::unexpected("it holds a digit above 9 where only decimal ones may stand");
  CalendarTime time{
      parts[0] < 90 ? 2000 + parts[0] : 1900 + parts[0], parts[1], parts[2], parts[3], parts[4], parts[5],
      std::int64_t{parts[6] * 10 + last} * 1'000'000};
  if (auto fine = plausible(time); !fine) return std::unexpected(fine.error());
  return time;
}

void put_bcd_time(Bytes& to, const CalendarTime& time) {
  put_bcd(to, time.year % 100);
  put_bcd(to, time.month);
  put_bcd(to, time.day);
  put_bcd(to, time.hour);
  put_bcd(to, time.minute);
  put_bcd(to, time.second);
  const int ms = static_cast<int>(time.nanosecond / 1'000'000);
  put_bcd(to, ms / 10);
  const calendar::weekday weekday{epoch + calendar::days{days_since_1990(time.year, time.month, time.day)}};
  put8(to, static_cast<unsigned>(ms % 10) * 16 + weekday.c_encoding() + 1);
}

}  // namespace standstill::s7
