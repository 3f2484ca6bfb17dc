// What can break in an engine, as the physics of the simulated one: the same table on this machine and in the
// emulated microcontroller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/loco/model.hpp"

namespace standstill::test {

struct EngineFault {
  std::string what;
  sim::loco::Faults faults = {};
  bool station = true;   // false: no edge on the rails
  bool garbage = false;  // every packet's sum is wrong
  bool stands = false;   // speed 0 is commanded when it happens
  std::uint16_t cv = 0;  // is written first, with `value`; 0: none
  std::uint8_t value = 0;
  std::string reason = {};  // how it begins
  Duration within{};
};

inline std::vector<EngineFault> engine_faults() {
  using S = sim::loco::Faults::Sensor;
  const auto sensor = [](std::size_t which, S how) {
    sim::loco::Faults faults = {};
    faults.sensors[which] = how;
    return faults;
  };
  return {
      {.what = "boiled dry", .faults = {.leak = true}, .reason = "THERMAL_BOILER_LIMIT(", .within = 120s},
      {.what = "boiler's heater welded on",
       .faults = {.boiler_stuck = true},
       .stands = true,
       .reason = "THERMAL_BOILER_LIMIT(",
       .within = 300s},
      {.what = "boiler's heater welded on, its own limit far up",
       .faults = {.boiler_stuck = true},
       .stands = true,
       .cv = 42,
       .value = 130,
       .reason = "PRESSURE_LIMIT(207",
       .within = 300s},
      {.what = "superheater's heater welded on",
       .faults = {.superheater_stuck = true},
       .stands = true,
       .reason = "THERMAL_SUPERHEATER_LIMIT(",
       .within = 600s},
      {.what = "electronics overheat",
       .faults = {.hot_electronics = 60},
       .reason = "THERMAL_LOGIC_LIMIT(",
       .within = 300s},
      {.what = "boiler's sensor unplugged",
       .faults = sensor(1, S::open),
       .reason = "SENSOR_FAULT(boiler: at the low rail)",
       .within = 60ms},
      {.what = "boiler's sensor off and moist",
       .faults = sensor(1, S::leaks),
       .reason = "SENSOR_FAULT(boiler: jumps)",
       .within = 60ms},
      {.what = "superheater's sensor shorted",
       .faults = sensor(2, S::shorted),
       .reason = "SENSOR_FAULT(superheater: at the high rail)",
       .within = 60ms},
      {.what = "pressure sensor unplugged",
       .faults = sensor(3, S::leaks),
       .reason = "SENSOR_FAULT(pressure: jumps)",
       .within = 60ms},
      {.what = "a converter stops",
       .faults = sensor(0, S::silent),
       .reason = "SENSOR_FAULT(logic: no new reading)",
       .within = 200ms},
      {.what = "a converter says nonsense",
       .faults = sensor(2, S::nonsense),
       .reason = "SENSOR_FAULT(superheater: not a number)",
       .within = 60ms},
      {.what = "a converter freezes",
       .faults = sensor(3, S::frozen),
       .reason = "SENSOR_FAULT(pressure: frozen while heated)",
       .within = 120s},
      {.what = "the command station falls silent",
       .station = false,
       .reason = "DCC_TIMEOUT(20",
       .within = 2100ms},
      {.what = "it sends only wrong sums", .garbage = true, .reason = "DCC_TIMEOUT(20", .within = 2100ms},
      {.what = "the track is dead",
       .faults = {.track_dead = true},
       .station = false,
       .reason = "DCC_TIMEOUT(20",
       .within = 2100ms},
      {.what = "the track is dead, and silence may last longer",
       .faults = {.track_dead = true},
       .station = false,
       .cv = 44,
       .value = 50,
       .reason = "POWER_LOSS(3020ms)",
       .within = 3200ms},
  };
}

}  // namespace standstill::test
