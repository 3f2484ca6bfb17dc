#include "record/calendar.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace standstill::record {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return {};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{}) return {};
  return value;
}

std::optional<std::int64_t> seconds_of(std::string_view y, std::string_view mo, std::string_view d,
                                       std::string_view h, std::string_view mi, std::string_view s) {
  const auto Y = digits(y), M = digits(mo), D = digits(d), H = digits(h), I = digits(mi), S = digits(s);
  if (!Y || !M || !D || !H || !I || !S || *H > 23 || *I > 59 || *S > 60) return {};
  const year_month_day date{year{*Y}, month{static_cast<unsigned>(*M)}, day{static_cast<unsigned>(*D)}};
  if (!date.ok()) return {};
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  return days * 86'400 + *H * 3600 + *I * 60 + *S;
}

std::optional<std::int64_t> ago(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return {};
  const auto count = digits(text.substr(0, text.size() - 1));
  if (!count) return {};
  switch (text.back()) {
    case 's':
      return std::int64_t{*count} * ns_per_s;
    case 'm':
      return std::int64_t{*count} * 60 * ns_per_s;
    case 'h':
      return std::int64_t{*count} * 3600 * ns_per_s;
    case 'd':
      return *count <= 100'000 ? std::optional(std::int64_t{*count} * ns_per_day) : std::nullopt;
    default:
      return {};
  }
}

}  // namespace

std::string file_date(std::int64_t wall_ns) {
  constexpr std::int64_t last_second = 253'402'300'799;  // 9999-12-31T23:59:59
  const std::int64_t seconds = std::clamp<std::int64_t>(wall_ns / ns_per_s, 0, last_second);
  const std::chrono::sys_seconds at{std::chrono::seconds{seconds}};
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const year_month_day date{midnight};
  const auto of_day = static_cast<int>((at - midnight).count());
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02u%02u_%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600,
                of_day / 60 % 60, of_day % 60);
  return text;
}

std::optional<std::int64_t> parse_file_date(std::string_view text) {
  if (text.size() != 15 || text[8] != '_') return {};
  return seconds_of(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2), text.substr(9, 2),
                    text.substr(11, 2), text.substr(13, 2));
}

std::optional<std::int64_t> parse_since(std::string_view text, std::int64_t now_wall_ns) {
  if (const auto length = ago(text)) return now_wall_ns - *length;
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return {};
  const std::string_view date = text.substr(0, 10);
  std::string_view time = text.substr(10);
  if (!time.empty()) {
    if (time.front() != 'T' && time.front() != ' ') return {};
    time.remove_prefix(1);
    if (!time.empty() && time.back() == 'Z') time.remove_suffix(1);
    if (const auto point = time.find('.'); point != std::string_view::npos) {
      if (!digits(time.substr(point + 1).substr(0, 9))) return {};
      time = time.substr(0, point);
    }
    if ((time.size() != 5 && time.size() != 8) || time[2] != ':' || (time.size() == 8 && time[5] != ':'))
      return {};
  }
  const auto seconds = seconds_of(
      date.substr(0, 4), date.substr(5, 2), date.substr(8, 2), time.empty() ? "0" : time.substr(0, 2),
      time.empty() ? "0" : time.substr(3, 2), time.size() == 8 ? time.substr(6, 2) : "0");
  if (!seconds) return {};
  return *seconds * ns_per_s;
}

}  // namespace standstill::record
