#include "sim/loco/model.hpp"

#include <limits>

namespace standstill::sim::loco {

namespace {

using namespace standstill::loco;

// Saturated steam, kPa above the air's at °C (IAPWS-IF97, rounded).
struct Point {
  double temperature;
  double pressure;
};
constexpr std::array steam{Point{100, 0},    Point{105, 19.5}, Point{110, 42.0}, Point{115, 67.9},
                           Point{120, 97.3}, Point{125, 131},  Point{130, 169},  Point{135, 212},
                           Point{140, 260},  Point{160, 517}};

constexpr double specific_water = 4186;  // J/(kg K)
constexpr double latent = 2.2e6;         // J/kg
constexpr double boiler_watts = 51;
constexpr double superheater_watts = 20;
constexpr double metal = 60;  // J/K
constexpr double wet = 20;    // W/K from metal to water
constexpr double boiler_loss = 0.12;
constexpr double superheater_metal = 15;
constexpr double superheater_loss = 0.08;
constexpr double most_steam = 6e-5;             // kg/s through an open regulator at 124 kPa
constexpr double way_per_segment = 0.00693766;  // m: 2π × 13.25 mm / 12
constexpr double servo_rate = 4000;             // tenths of a degree a second

double clamp(double value, double low, double high) {
  return value < low ? low : (value > high ? high : value);
}

// What water of this temperature presses with.
double saturated(double temperature) {
  if (temperature < steam[0].temperature) return 0;
  std::size_t i = 1;
  while (i + 1 < steam.size() && temperature >= steam[i].temperature) ++i;
  const double part =
      (temperature - steam[i - 1].temperature) / (steam[i].temperature - steam[i - 1].temperature);
  return steam[i - 1].pressure + part * (steam[i].pressure - steam[i - 1].pressure);
}

}  // namespace

double Model::opening(double closed, double open) const {
  return clamp((servo - closed) / (open - closed), 0, 1);
}

void Model::preheat() {
  water_temperature = 122;
  shell = 123;
  superheater = 200;
  electronics = 34;
  steam_pressure_ = saturated(water_temperature);
}

void Model::step(Duration time, const Outputs& outputs, double closed, double open) {
  const double s = static_cast<double>(time.count()) * 1e-9;
  // The servo goes where it is told while it has power, as fast as it can.
  if (outputs.drive.servo_power && !faults.servo_stuck) {
    const double way_to_go = outputs.drive.servo_tenths - servo;
    servo += clamp(way_to_go, -servo_rate * s, servo_rate * s);
  }
  const double is_open = opening(closed, open);
  const double over = pressure();
  const double flow = water > 0 ? most_steam * is_open * over / 124 : 0;

  const bool powered = !faults.track_dead;
  const double boiler_duty = !powered ? 0 : faults.boiler_stuck ? 1 : outputs.drive.boiler_permille / 1000.0;
  const double super_duty = !powered                   ? 0
                            : faults.superheater_stuck ? 1
                                                       : outputs.drive.superheater_permille / 1000.0;

  // A boiler whose water is nearly gone heats its own metal.
  const double wetted = wet * clamp(water / 0.02, 0, 1);
  const double to_water = wetted * (shell - water_temperature);
  shell += (boiler_duty * boiler_watts - to_water - boiler_loss * (shell - ambient)) / metal * s;
  if (water > 0) {
    water_temperature += (to_water - flow * latent) / (water * specific_water + 20) * s;
    water -= flow * s;
    if (faults.leak) water -= 0.02 * s;
    steam_pressure_ = saturated(water_temperature);
  }
  if (water <= 0) {
    water = 0;
    water_temperature = shell;
    steam_pressure_ -= steam_pressure_ / 20 * s;  // what is left leaks away
  }
  vented += flow * s;
  superheater += (super_duty * superheater_watts - superheater_loss * (superheater - ambient) -
                  flow * 2000 * (superheater - water_temperature)) /
                 superheater_metal * s;
  electronics += ((ambient + 0.13 * (shell - ambient) - electronics) * 0.3 + faults.hot_electronics) / 40 * s;

  // Steam against rolling friction, which holds a standing engine.
  const double push = 1.6 * is_open * over / 124;
  constexpr double stiction = 0.12;
  constexpr double rolling = 0.06;
  const double direction = outputs.drive.forward ? 1 : -1;
  if (speed != 0 || push >= stiction) {
    const double before = speed;
    const double drag = (speed > 0 ? 1 : (speed < 0 ? -1 : direction)) * rolling + 0.9 * speed;
    speed += (direction * push - drag) * s;
    if (push < rolling && before * speed <= 0) speed = 0;
  }
  way += speed * s;
  if (!faults.encoder_dead) turned_ += (speed < 0 ? -speed : speed) * s / way_per_segment;
}

double Model::noise() {
  noise_ = noise_ * 1664525U + 1013904223U;
  return (static_cast<double>(noise_ >> 16U) / 65536.0 - 0.5) * 0.1;
}

Measured Model::measure(Instant now) {
  Measured measured;
  // The shell's sensor is clamped to its outside: it reads a fifth of the way to the air less.
  const std::array<double, sensor_count> real{electronics, ambient + 0.8 * (shell - ambient), superheater,
                                              pressure()};
  for (std::size_t i = 0; i < sensor_count; ++i) {
    Reading reading;
    reading.value = static_cast<float>(real[i] + noise());
    reading.at = now;
    switch (faults.sensors[i]) {
      case Faults::Sensor::works:
        break;
      case Faults::Sensor::open:
        reading.rail = Rail::low;
        break;
      case Faults::Sensor::shorted:
        reading.rail = Rail::high;
        break;
      case Faults::Sensor::leaks:
        reading.value = static_cast<float>((i == 3 ? 0 : ambient) + noise());
        break;
      case Faults::Sensor::frozen:
        reading.value = last_[i].value;
        break;
      case Faults::Sensor::silent:
        reading = last_[i];
        break;
      case Faults::Sensor::nonsense:
        reading.value = std::numeric_limits<float>::quiet_NaN();
        break;
    }
    last_[i] = reading;
    measured.watch.readings[i] = reading;
  }
  measured.watch.track_volts = faults.track_dead ? 0.0F : 16.0F;
  measured.watch.free_memory = 8 * 1024;
  measured.encoder = static_cast<std::uint32_t>(turned_);
  return measured;
}

bool set_fault(Faults& faults, std::string_view name, bool on) {
  const auto is = [&](std::string_view word, bool& flag) {
    if (name == word) flag = on;
    return name == word;
  };
  if (is("leak", faults.leak) || is("boiler-stuck", faults.boiler_stuck) ||
      is("superheater-stuck", faults.superheater_stuck) || is("servo-stuck", faults.servo_stuck) ||
      is("track-dead", faults.track_dead) || is("encoder-dead", faults.encoder_dead))
    return true;
  if (name == "hot-electronics") {
    faults.hot_electronics = on ? 60 : 0;
    return true;
  }
  constexpr std::array<std::string_view, 6> ways{"open", "leaks", "shorted", "frozen", "silent", "nonsense"};
  for (std::size_t i = 0; i < sensor_count; ++i) {
    const std::string_view sensor = watch_names[i];
    if (!name.starts_with(sensor) || name.size() <= sensor.size() || name[sensor.size()] != '-') continue;
    for (std::size_t way = 0; way < ways.size(); ++way) {
      if (name.substr(sensor.size() + 1) != ways[way]) continue;
      faults.sensors[i] = on ? static_cast<Faults::Sensor>(way + 1) : Faults::Sensor::works;
      return true;
    }
  }
  return false;
}

}  // namespace standstill::sim::loco
