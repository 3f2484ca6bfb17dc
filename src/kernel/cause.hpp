// Why the plant was tripped. Codes are the contract's (docs/architecture.md, "Cause codes"); their order is
// part of the plan and journal formats, so new codes go to the end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/text.hpp"
#include "kernel/time.hpp"

namespace standstill {

enum class CauseCode : std::uint8_t {
  none,
  link_lost,
  link_frozen,
  limit,
  sensor_fault,
  signal_lost,
  power_lost,
  memory_low,
  loop_overrun,
  supervisor_lost,
  guard_lost,
  output_failed,
  unclean_end,
  no_record,
  resumed,
  button_press,
  operator_command,
  safety_interlock,
  device_fault,
  software_error,
};

inline constexpr std::array<std::string_view, 20> cause_code_names{
    "none",         "link_lost",        "link_frozen",      "limit",        "sensor_fault",
    "signal_lost",  "power_lost",       "memory_low",       "loop_overrun", "supervisor_lost",
    "guard_lost",   "output_failed",    "unclean_end",      "no_record",    "resumed",
    "button_press", "operator_command", "safety_interlock", "device_fault", "software_error"};

[[nodiscard]] constexpr std::string_view name(CauseCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < cause_code_names.size() ? cause_code_names[index] : "unknown";
}

[[nodiscard]] constexpr std::optional<CauseCode> cause_code(std::string_view text) {
  for (std::size_t i = 1; i < cause_code_names.size(); ++i)
    if (cause_code_names[i] == text) return static_cast<CauseCode>(i);
  return std::nullopt;
}

// How a cause is sent on the emergency-stop bus, whose schema knows only five reasons.
[[nodiscard]] constexpr CauseCode bus_reason(CauseCode code) {
  switch (code) {
    case CauseCode::limit:
    case CauseCode::sensor_fault:
    case CauseCode::signal_lost:
    case CauseCode::power_lost:
      return CauseCode::safety_interlock;
    case CauseCode::link_lost:
    case CauseCode::link_frozen:
    case CauseCode::output_failed:
      return CauseCode::device_fault;
    case CauseCode::memory_low:
    case CauseCode::loop_overrun:
    case CauseCode::supervisor_lost:
    case CauseCode::guard_lost:
    case CauseCode::unclean_end:
    case CauseCode::no_record:
    case CauseCode::resumed:
    case CauseCode::none:
      return CauseCode::software_error;
    default:
      return code;
  }
}

using SourceName =
    FixedText<48>;  // the user's own id of a link, watch or output; or "guard", "cutter-1", "operator"
using CauseDetail = FixedText<160>;  // a sentence with value and limit

struct Cause {
  CauseCode code = CauseCode::none;
  bool present = false;
  SourceName source{};
  CauseDetail detail{};
  Instant at{};              // when it became present, boot time
  std::int64_t wall_ns = 0;  // the same for people, ns since 1970 UTC; 0 where the platform has no calendar
};

static_assert(cause_code("software_error") == CauseCode::software_error);
static_assert(bus_reason(CauseCode::power_lost) == CauseCode::safety_interlock);

}  // namespace standstill
