// The reasons an engine gives, each by its first word ("THERMAL_BOILER_LIMIT(112°C > 110°C)"): what is
// written on board is recognised elsewhere by this one table (docs/locomotive.md, "Watches").
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace standstill::loco {

enum class Reason : std::uint8_t {
  logic_limit,  // the sensors in the order of Watched
  boiler_limit,
  superheater_limit,
  pressure_limit,
  sensor_fault,
  dcc_timeout,
  power_loss,
  memory_exhaustion,
  loop_overrun,
  self_check,
  output_failed,
  // From here on none begins a shutdown: the engine stands already, or stops at once.
  reset_by_watchdog,
  reset_by_firmware,
  emergency_stop
};

inline constexpr std::array<std::string_view, 14> reason_words{
    "THERMAL_LOGIC_LIMIT", "THERMAL_BOILER_LIMIT", "THERMAL_SUPERHEATER_LIMIT",
    "PRESSURE_LIMIT",      "SENSOR_FAULT",         "DCC_TIMEOUT",
    "POWER_LOSS",          "MEMORY_EXHAUSTION",    "LOOP_OVERRUN",
    "SELF_CHECK",          "OUTPUT_FAILED",        "RESET_BY_WATCHDOG",
    "RESET_BY_FIRMWARE",   "EMERGENCY_STOP"};

[[nodiscard]] constexpr std::string_view word(Reason reason) {
  return reason_words[static_cast<std::size_t>(reason)];
}

// Those that say the same whenever they come.
inline constexpr std::string_view self_check_failed = "SELF_CHECK(the CVs in memory changed by themselves)";
inline constexpr std::string_view output_failed =
    "OUTPUT_FAILED(a PWM output or the servo's power does not obey)";
inline constexpr std::string_view woken_by_watchdog =
    "RESET_BY_WATCHDOG(the loop missed its deadline or a self-check)";
inline constexpr std::string_view woken_by_firmware = "RESET_BY_FIRMWARE(it stopped itself)";
inline constexpr std::string_view stopped_by_operator = "EMERGENCY_STOP(operator)";
// Of the trip that every power-up is, and for as long as there is no other one: also of an engine that runs.
inline constexpr std::string_view nothing_since_power_up = "POWER_UP(no cause since)";

// Of a whole reason, as it is told.
[[nodiscard]] constexpr bool is(std::string_view told, Reason reason) {
  const std::string_view begin = word(reason);
  return told.size() > begin.size() && told.starts_with(begin) && told[begin.size()] == '(';
}

// Does the shutdown of sequence.hpp begin with it?
[[nodiscard]] constexpr bool parks(std::string_view told) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reason::reset_by_watchdog); ++i)
    if (is(told, static_cast<Reason>(i))) return true;
  return false;
}

static_assert(parks(self_check_failed) && parks(output_failed) && is(output_failed, Reason::output_failed));
static_assert(is(woken_by_watchdog, Reason::reset_by_watchdog) && !parks(woken_by_watchdog));
static_assert(is(woken_by_firmware, Reason::reset_by_firmware) && !parks(woken_by_firmware));
static_assert(is(stopped_by_operator, Reason::emergency_stop) && !parks(stopped_by_operator));
static_assert(!parks(nothing_since_power_up));

}  // namespace standstill::loco
