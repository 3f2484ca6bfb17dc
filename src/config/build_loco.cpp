#include <algorithm>
#include <array>

#include "config/build.hpp"

namespace standstill::config {

namespace {

NumberInput number_input(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  if (!table) return {};
  NumberInput made{table->path("file"), table->number("scale").value_or(1.0),
                   table->number("offset").value_or(0.0), table->number("low"), table->number("high")};
  if (made.scale == 0)
    in.report(Fault::out_of_range, table->where("scale"), "'scale' = 0 makes every reading the same",
              "write what one count is worth");
  if (made.low && made.high && *made.low >= *made.high)
    in.report(Fault::contradiction, table->where("high"),
              "'high' is not above 'low', so that every reading is at a rail",
              "write the counts next to each end of the converter");
  return made;
}

PwmChannel pwm(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  return table ? PwmChannel{table->path("chip"), table->whole("channel")} : PwmChannel{};
}

std::optional<EdgeLine> line(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  if (!table) return std::nullopt;
  return EdgeLine{table->text("chip"), table->whole("line"), table->where("line")};
}

}  // namespace

Loco build_loco(const Reader& in, const SourceLocation& where) {
  Loco loco;
  loco.where = where;
  constexpr std::array keys{"logic", "boiler", "superheater", "pressure"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    loco.sensors[i] = number_input(in, keys[i]);
    // A slip of the hand that no watch could tell from the truth.
    for (std::size_t k = 0; k < i; ++k)
      if (!loco.sensors[i].file.empty() && loco.sensors[k].file == loco.sensors[i].file)
        in.report(Fault::device_shared, in.nested(keys[i])->where("file"),
                  "'" + std::string(keys[i]) + "' and '" + keys[k] + "' are read from the same file",
                  "give each sensor its own");
  }
  loco.track = number_input(in, "track");
  loco.boiler_heater = pwm(in, "boiler_heater");
  loco.superheater_heater = pwm(in, "superheater_heater");
  loco.servo = pwm(in, "servo");
  loco.heater_period_us = in.whole("heater_period_us");
  loco.servo_zero_us = in.whole("servo_zero_us");
  loco.servo_full_us = in.whole("servo_full_us");
  loco.servo_power = line(in, "servo_power");
  loco.dcc = line(in, "dcc");
  loco.encoder = line(in, "encoder");
  loco.device = in.path("device");
  loco.baud = in.whole("baud");
  loco.pty = in.path("pty");
  loco.watchdog = in.path("watchdog");
  in.exactly_one(where, "[loco]", "device", "pty");
  constexpr unsigned least_span_us = 100;
  const auto [shorter, longer] = std::minmax(loco.servo_zero_us, loco.servo_full_us);
  if (longer - shorter < least_span_us)
    in.report(Fault::contradiction, in.where(in.has("servo_full_us") ? "servo_full_us" : "servo_zero_us"),
              "'servo_zero_us' and 'servo_full_us' are less than 100 µs apart, so that the regulator would "
              "neither open nor close",
              "write the servo's pulses at 0° and at 180°");
  const auto same = [](const PwmChannel& a, const PwmChannel& b) {
    return a.chip == b.chip && a.channel == b.channel;
  };
  if (!loco.servo.chip.empty() &&
      (same(loco.boiler_heater, loco.superheater_heater) || same(loco.boiler_heater, loco.servo) ||
       same(loco.superheater_heater, loco.servo)))
    in.report(Fault::device_shared, where, "two of the engine's PWM outputs are the same channel",
              "give each its own 'channel'");
  return loco;
}

}  // namespace standstill::config
