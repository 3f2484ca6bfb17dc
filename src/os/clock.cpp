#include "os/clock.hpp"

#include <cstdio>
#include <ctime>

namespace standstill::os {

namespace {
std::int64_t read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
}  // namespace

Instant now() { return instant_from_ns(read_clock(CLOCK_BOOTTIME)); }

std::int64_t wall_ns() { return read_clock(CLOCK_REALTIME); }

std::string rfc3339(std::int64_t wall_nanoseconds) {
  const std::time_t seconds = wall_nanoseconds / 1'000'000'000;
  const auto ms = static_cast<int>(wall_nanoseconds / 1'000'000 % 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms);
  return text;
}

}  // namespace standstill::os
