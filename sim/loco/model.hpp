// The physics of a small electrically heated engine: boiler, superheater, electronics, regulator, wheels.
//
// Figures are of a gauge-00 engine with 120 g of water. No libm and no fused operations, so that it gives the
// same bits on every processor. Faults happen to the things themselves, never to what a watch is told.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kernel/time.hpp"
#include "plant/loco/engine.hpp"

namespace standstill::sim::loco {

struct Faults {
  enum class Sensor : std::uint8_t {
    works,
    open,   // the wire is off: the converter is at its rail
    leaks,  // off, and moist: reads like a cold day
    shorted,
    frozen,   // says the same for ever
    silent,   // its converter stopped
    nonsense  // says what is not a number
  };
  std::array<Sensor, standstill::loco::sensor_count> sensors{};  // in the order of Watched
  bool leak = false;                                             // the boiler loses its water within seconds
  bool boiler_stuck = false;  // its switch is welded: heats whatever is said
  bool superheater_stuck = false;
  double hot_electronics = 0;  // watts that a broken regulator puts into the electronics
  bool servo_stuck = false;
  bool track_dead = false;
  bool encoder_dead = false;
};

class Model {
 public:
  Faults faults;
  double ambient = 20;  // °C
  double water = 0.12;  // kg
  double water_temperature = 20;
  double shell = 20;  // the boiler's metal
  double superheater = 20;
  double electronics = 20;
  double speed = 0;    // m/s, forward is positive
  double way = 0;      // m
  double servo = 770;  // tenths of a degree, where it really is
  double vented = 0;   // kg of steam since the start

  // Under steam, as after half an hour.
  void preheat();
  void step(Duration time, const standstill::loco::Outputs& outputs, double closed, double open);

  [[nodiscard]] double pressure() const { return steam_pressure_; }  // kPa above the air's
  [[nodiscard]] double opening(double closed, double open) const;    // of the regulator, 0 to 1
  // What the converters say now.
  [[nodiscard]] standstill::loco::Measured measure(Instant now);

 private:
  double noise();

  std::uint32_t noise_ = 1;
  std::array<standstill::loco::Reading, standstill::loco::sensor_count> last_{};
  double turned_ = 0;
  double steam_pressure_ = 0;
};

// "boiler-open" and so on; false: there is no such fault. `on`: begin or end it.
[[nodiscard]] bool set_fault(Faults& faults, std::string_view name, bool on);
inline constexpr std::string_view fault_names =
    "leak, boiler-stuck, superheater-stuck, hot-electronics, servo-stuck, track-dead, encoder-dead, and "
    "logic-, boiler-, superheater-, pressure- with open, leaks, shorted, frozen, silent, nonsense";

}  // namespace standstill::sim::loco
