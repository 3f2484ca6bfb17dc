#include "config/build.hpp"

namespace standstill::config {

namespace {

NumberInput number_input(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  if (!table) return {};
  return {table->path("file"), table->number("scale").value_or(1.0), table->number("offset").value_or(0.0),
          table->number("low"), table->number("high")};
}

PwmChannel pwm(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  return table ? PwmChannel{table->path("chip"), table->whole("channel")} : PwmChannel{};
}

std::optional<EdgeLine> line(const Reader& in, std::string_view key) {
  const auto table = in.nested(key);
  if (!table) return std::nullopt;
  return EdgeLine{table->text("chip"), table->whole("line")};
}

}  // namespace

Loco build_loco(const Reader& in, const SourceLocation& where) {
  Loco loco;
  loco.where = where;
  std::size_t i = 0;
  for (const char* key : {"logic", "boiler", "superheater", "pressure"})
    loco.sensors[i++] = number_input(in, key);
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
