// The engine's configuration variables (CVs): one table from which come validation, answers, defaults and
// docs/configuration-variables.md.
//
// Numbers follow NMRA S-9.2.2 where it gives one (1, 7, 8, 11, 17, 18, 29); the others are this firmware's
// own, in the ranges that S-9.2.2 leaves to makers. Values are whole numbers in the unit's last decimal: CV37
// 1325 is 13.25 mm. A watch cannot be turned off here: every limit has a range that ends (S15).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace standstill::loco {

enum class Cv : std::uint8_t {
  address = 1,
  version = 7,
  maker = 8,
  packet_timeout = 11,
  long_high = 17,
  long_low = 18,
  configuration = 29,
  whistle_on = 30,
  servo_offset = 31,
  target_pressure = 32,
  kick = 33,
  slip = 34,
  pressure_limit = 35,
  wheel_radius = 37,
  segments = 38,
  prototype_speed = 39,
  scale = 40,
  logic_limit = 41,
  boiler_limit = 42,
  superheater_limit = 43,
  signal_timeout = 44,
  power_timeout = 45,
  servo_neutral = 46,
  servo_maximum = 47,
  whistle = 48,
  servo_travel = 49,
  power_budget = 51,
  speed_mode = 52,
  graceful = 84,
  deceleration = 87,
  degraded_time = 88,
};

struct Variable {
  Cv cv;
  std::string_view name;  // in answers: "boiler limit"
  std::string_view unit;
  std::int32_t low;
  std::int32_t high;
  std::int32_t initial;
  std::uint8_t decimals;  // of the value as people read it
  bool read_only;
  std::string_view does;  // one sentence for the page

  // A DCC write carries eight bits; one that has values beyond them is also written by tool or telemetry.
  [[nodiscard]] constexpr bool fits_dcc() const { return low >= -128 && high <= 255; }
};

// The type is spelled out: deduced, the table would take 1.4 KiB of RAM (gcc 12).
inline constexpr std::array<Variable, 31> variables{
    Variable{Cv::address, "short address", "", 1, 127, 3, 0, false, "The DCC address while CV29 bit 5 is 0."},
    Variable{Cv::version, "version", "", 1, 1, 1, 0, true, "The version of this table."},
    Variable{Cv::maker, "maker", "", 13, 13, 13, 0, true,
             "13, the number for decoders that people build themselves (NMRA S-9.2.2, appendix A)."},
    Variable{Cv::packet_timeout, "packet time-out", "s", 0, 255, 0, 0, false,
             "Closes the regulator when no valid packet came for so long; 0: off. It stops the engine, CV44 "
             "parks it, and CV44 cannot be off."},
    Variable{Cv::long_high, "long address, high byte", "", 192, 231, 192, 0, false,
             "192 + the long address divided by 256."},
    Variable{Cv::long_low, "long address, low byte", "", 0, 255, 3, 0, false,
             "The rest of that division; the address counts while CV29 bit 5 is 1."},
    Variable{Cv::configuration, "configuration", "", 0, 63, 6, 0, false,
             "Bit 0: direction reversed. Bit 1: 28 or 128 speed steps, else 14. Bit 5: long address. The "
             "others are kept for command stations that read them and do nothing."},
    Variable{Cv::whistle_on, "distress whistle", "", 0, 1, 1, 0, false,
             "1: the regulator goes to the whistle position for 5 s of a shutdown. 0: it closes at once, and "
             "only the safety valve vents the boiler."},
    Variable{Cv::servo_offset, "servo offset", "°", -20, 20, 0, 0, false,
             "Added to every position of the regulator's servo."},
    Variable{Cv::target_pressure, "target pressure", "kPa", 70, 207, 124, 0, false,
             "What the boiler's heater holds, above the air's."},
    Variable{Cv::kick, "stiction kick", "%", 10, 50, 35, 0, false,
             "The regulator opens at least so far until the wheels turn."},
    Variable{Cv::slip, "slip", "%", 5, 30, 15, 0, false,
             "Wheels that are faster than asked by more than this make the regulator close a little."},
    Variable{Cv::pressure_limit, "pressure limit", "kPa", 100, 220, 207, 0, false,
             "Boiler pressure at or above it shuts down. Above CV32 by 20 or more."},
    Variable{Cv::wheel_radius, "wheel radius", "mm", 500, 5000, 1325, 2, false,
             "With CV38, the way of one count of the encoder."},
    Variable{Cv::segments, "encoder segments", "", 1, 255, 12, 0, false,
             "Counts of the encoder in one turn of the wheel."},
    Variable{Cv::prototype_speed, "prototype speed", "km/h", 1, 255, 203, 0, false,
             "What the highest speed step means in speed mode 1, at full size."},
    Variable{Cv::scale, "scale", "", 1, 255, 76, 0, false, "One to so many: divides CV39."},
    Variable{Cv::logic_limit, "logic limit", "°C", 60, 90, 75, 0, false,
             "The electronics' temperature at or above it shuts down."},
    Variable{Cv::boiler_limit, "boiler limit", "°C", 90, 130, 110, 0, false,
             "The boiler shell's temperature at or above it shuts down."},
    Variable{Cv::superheater_limit, "superheater limit", "°C", 200, 280, 250, 0, false,
             "The superheater's temperature at or above it shuts down."},
    Variable{Cv::signal_timeout, "signal time-out", "× 100 ms", 10, 50, 20, 0, false,
             "No valid DCC packet to anybody for longer shuts down."},
    Variable{Cv::power_timeout, "power time-out", "× 100 ms", 10, 50, 30, 0, false,
             "Track voltage below 1.5 V for longer shuts down."},
    Variable{Cv::servo_neutral, "servo neutral", "°", 40, 120, 77, 0, false,
             "The servo where the regulator is closed. Below CV47."},
    Variable{Cv::servo_maximum, "servo maximum", "°", 80, 160, 128, 0, false,
             "The servo where the regulator is open. Above CV46."},
    Variable{Cv::whistle, "whistle", "%", 0, 100, 30, 0, false,
             "How far from CV46 to CV47 the regulator opens to vent and be heard."},
    Variable{Cv::servo_travel, "servo travel", "ms", 500, 3000, 1000, 0, false,
             "The time from CV46 to CV47 while driving; closing in a shutdown or an emergency stop does not "
             "wait for it."},
    Variable{Cv::power_budget, "power budget", "A", 10, 60, 45, 1, false,
             "What both heaters together may take from the track; the boiler comes first."},
    Variable{
        Cv::speed_mode, "speed mode", "", 0, 1, 0, 0, false,
        "0: the speed step is the regulator's opening. 1: it is a speed, held by the encoder; while that "
        "counts nothing for 2 s, as 0."},
    Variable{Cv::graceful, "failed sensor", "", 0, 2, 1, 0, false,
             "0 and 1: one failed sensor shuts down at once. 2: the engine first slows down (CV87), for at "
             "most CV88. Heaters are off either way."},
    Variable{Cv::deceleration, "deceleration", "cm/s²", 5, 20, 10, 0, false,
             "How fast it slows down before the shutdown with CV84 = 2."},
    Variable{Cv::degraded_time, "degraded time", "s", 10, 60, 20, 0, false,
             "The shutdown begins after this, stopped or not, with CV84 = 2."},
};

inline constexpr std::int32_t pressure_margin = 20;  // kPa between target (CV32) and limit (CV35), at least

// Index into `variables` of a number as it is written; -1: there is no such CV.
[[nodiscard]] constexpr int index_of(std::uint32_t number) {
  for (std::size_t i = 0; i < variables.size(); ++i)
    if (static_cast<std::uint32_t>(variables[i].cv) == number) return static_cast<int>(i);
  return -1;
}

[[nodiscard]] constexpr std::size_t index_of(Cv cv) {
  return static_cast<std::size_t>(index_of(static_cast<std::uint32_t>(cv)));
}

static_assert([] {
  std::uint32_t last = 0;
  for (const Variable& one : variables) {
    if (static_cast<std::uint32_t>(one.cv) <= last) return false;  // in order, none twice
    last = static_cast<std::uint32_t>(one.cv);
    if (one.low > one.initial || one.initial > one.high) return false;
  }
  return true;
}());

}  // namespace standstill::loco
