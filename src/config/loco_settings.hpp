// [loco]: how this machine is wired to an engine. Ranges, units and defaults: docs/configuration.md, written
// from config/keys_loco.cpp.
#pragma once

#include <array>
#include <optional>

#include "config/common.hpp"

namespace standstill::config {

struct NumberInput {  // a file of the kernel with one whole number
  std::string file;   // may have wildcards
  double scale = 1;
  double offset = 0;                // after scaling
  std::optional<double> low, high;  // of the number itself: at or beyond it the converter is at its rail
};

struct PwmChannel {
  std::string chip;  // "/sys/class/pwm/pwmchip0"; may have wildcards
  unsigned channel = 0;
};

struct EdgeLine {
  std::string chip;  // path or label
  unsigned line = 0;
  SourceLocation where{};
};

struct Loco {
  SourceLocation where;
  std::array<NumberInput, 4> sensors;  // logic, boiler, superheater, pressure
  NumberInput track;                   // volts
  PwmChannel boiler_heater, superheater_heater, servo;
  unsigned heater_period_us = 20'000;
  unsigned servo_zero_us = 1000, servo_full_us = 2000;  // pulses at 0° and at 180°
  std::optional<EdgeLine> servo_power;
  std::optional<EdgeLine> dcc;  // without it no signal is ever heard, and the engine stays parked
  std::optional<EdgeLine> encoder;
  std::string device;  // the telemetry line: a serial device …
  unsigned baud = 115200;
  std::string pty;       // … or a symbolic link to a pseudo terminal
  std::string watchdog;  // "/dev/watchdog"; empty: none
};

}  // namespace standstill::config
