// Time as the kernel sees it: a number somebody hands in. Nothing in src/kernel reads a clock.
//
// Instants count from boot and include time spent in suspend (CLOCK_BOOTTIME on Linux), so that an
// age never shrinks when somebody sets the wall clock. Resolution 1 ns, range ±292 years.
#pragma once

#include <chrono>
#include <cstdint>

namespace standstill {

using Duration = std::chrono::nanoseconds;

struct BootTime {  // a clock without now(): only src/os may read time
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootTime>;
  static constexpr bool is_steady = true;
};

using Instant = BootTime::time_point;

using namespace std::chrono_literals;

inline constexpr Instant never = Instant::max();

[[nodiscard]] constexpr Instant instant_from_ns(std::int64_t ns) { return Instant{Duration{ns}}; }
[[nodiscard]] constexpr std::int64_t to_ns(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr std::int64_t to_ms(Duration length) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
}

}  // namespace standstill
