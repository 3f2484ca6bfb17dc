// Dates in file names and due dates: UTC, whole seconds, the same in every time zone and at every clock
// change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace standstill::record {

inline constexpr std::int64_t ns_per_s = 1'000'000'000;
inline constexpr std::int64_t ns_per_day = 86'400 * ns_per_s;

// "20260131_120000" for a wall time in ns since 1970 UTC; years 0 to 9999, others are clamped.
[[nodiscard]] std::string file_date(std::int64_t wall_ns);

// Seconds since 1970 UTC of "20260131_120000"; nothing for what is no date (month 13, 30 February, letters).
[[nodiscard]] std::optional<std::int64_t> parse_file_date(std::string_view text);

// The wall time (ns) that a person means by `--since`: "90s", "10m", "2h", "3d" ago, or "2026-01-31",
// "2026-01-31T12:00", "2026-01-31T12:00:00[.5][Z]" (UTC). Nothing when it is neither.
[[nodiscard]] std::optional<std::int64_t> parse_since(std::string_view text, std::int64_t now_wall_ns);

}  // namespace standstill::record
