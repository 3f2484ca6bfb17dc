// The only places where the Linux programs read time.
#pragma once

#include <cstdint>
#include <string>

#include "kernel/time.hpp"

namespace standstill::os {

// CLOCK_BOOTTIME: monotonic, counts through suspend. Never fails on Linux 2.6.39 or later.
[[nodiscard]] Instant now();

// CLOCK_REALTIME in nanoseconds since 1970-01-01T00:00:00Z; may jump, so it is for people only.
[[nodiscard]] std::int64_t wall_ns();

// "2026-01-31T12:00:00.000Z" for a wall time in nanoseconds.
[[nodiscard]] std::string rfc3339(std::int64_t wall_nanoseconds);

}  // namespace standstill::os
