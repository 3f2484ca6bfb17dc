// [loco].
#include <array>

#include "config/keys.hpp"

namespace standstill::config {

namespace {

constexpr Key input(std::string_view name, std::string_view meaning, std::string_view example) {
  return {.section = "loco",
          .name = name,
          .type = Type::table,
          .meaning = meaning,
          .example = example,
          .required = true,
          .nested = "loco.input"};
}

constexpr Key pwm(std::string_view name, std::string_view meaning) {
  return {.section = "loco",
          .name = name,
          .type = Type::table,
          .meaning = meaning,
          .example = "{ chip = \"/sys/class/pwm/pwmchip0\", channel = 0 }",
          .required = true,
          .nested = "loco.pwm"};
}

constexpr Key line(std::string_view name, std::string_view meaning) {
  return {.section = "loco",
          .name = name,
          .type = Type::table,
          .meaning = meaning,
          .example = "{ chip = \"/dev/gpiochip0\", line = 5 }",
          .nested = "loco.line"};
}

constexpr auto table = std::to_array<Key>({
    input("logic", "The electronics' temperature, °C.",
          "{ file = \"/sys/class/thermal/thermal_zone0/temp\", scale = 0.001 }"),
    input("boiler", "The temperature of the boiler's shell, °C.",
          "{ file = \"/sys/bus/i2c/devices/1-0048/hwmon/hwmon*/temp1_input\", scale = 0.001 }"),
    input("superheater", "The superheater's temperature, °C.",
          "{ file = \"/sys/bus/iio/devices/iio:device0/in_temp_raw\", scale = 0.25 }"),
    input(
        "pressure", "The boiler's pressure above the air's, kPa.",
        "{ file = \"/sys/bus/i2c/devices/1-0049/iio:device*/in_voltage0_raw\", scale = 0.19, offset = -25.0, "
        "low = 80, high = 1500 }"),
    input("track", "The rectified voltage of the rails, V.",
          "{ file = \"/sys/bus/i2c/devices/1-0049/iio:device*/in_voltage1_raw\", scale = 0.02 }"),
    pwm("boiler_heater", "The boiler's heater."),
    pwm("superheater_heater", "The superheater's heater."),
    pwm("servo", "The regulator's servo: 50 pulses a second."),
    {.section = "loco",
     .name = "heater_period_us",
     .type = Type::integer,
     .meaning = "Period of the heaters' PWM.",
     .example = "20000",
     .initial = "20000",
     .unit = "µs",
     .min = 100,
     .max = 1000000},
    {.section = "loco",
     .name = "servo_zero_us",
     .type = Type::integer,
     .meaning = "The servo's pulse at 0°.",
     .example = "1000",
     .initial = "1000",
     .unit = "µs",
     .min = 400,
     .max = 2600},
    {.section = "loco",
     .name = "servo_full_us",
     .type = Type::integer,
     .meaning = "The servo's pulse at 180°. Below the one at 0° for a servo that turns the other way.",
     .example = "2000",
     .initial = "2000",
     .unit = "µs",
     .min = 400,
     .max = 2600},
    line("servo_power", "Switches the servo's supply, high is on. Without it the servo only gets no pulses."),
    line("dcc",
         "The rails' signal, through an optocoupler. Without it no signal is ever heard, and the engine "
         "stays parked."),
    line("encoder", "The wheel's encoder: each edge counts."),
    {.section = "loco",
     .name = "device",
     .meaning = "The serial device of the telemetry line.",
     .example = "\"/dev/serial0\"",
     .format = Format::path},
    {.section = "loco",
     .name = "baud",
     .type = Type::integer,
     .meaning = "Its speed.",
     .example = "115200",
     .initial = "115200",
     .choices = "1200 2400 4800 9600 19200 38400 57600 115200 230400",
     .unit = "baud"},
    {.section = "loco",
     .name = "pty",
     .meaning =
         "Instead of `device`: a symbolic link to make to a pseudo terminal, for programs of this machine.",
     .example = "\"/run/standstill/engine\"",
     .format = Format::path},
    {.section = "loco",
     .name = "watchdog",
     .meaning = "The hardware watchdog. It alone covers a machine that stands still as a whole.",
     .example = "\"/dev/watchdog\"",
     .format = Format::path},
    {.section = "loco.input",
     .name = "file",
     .meaning =
         "A file of the kernel (IIO, hwmon, thermal) that holds one whole number. Wildcards stand for "
         "what changes with the order of drivers; exactly one file must fit. It must be new 50 times a "
         "second: a reading older than 100 ms is a fault.",
     .example = "\"/sys/bus/i2c/devices/1-0048/hwmon/hwmon*/temp1_input\"",
     .required = true,
     .format = Format::path},
    {.section = "loco.input",
     .name = "scale",
     .type = Type::number,
     .meaning = "What the number is multiplied by.",
     .example = "0.001",
     .initial = "1.0"},
    {.section = "loco.input",
     .name = "offset",
     .type = Type::number,
     .meaning = "What is added then.",
     .example = "-273.15",
     .initial = "0.0"},
    {.section = "loco.input",
     .name = "low",
     .type = Type::number,
     .meaning = "At or below this number the converter is at its rail, and the sensor broken.",
     .example = "5"},
    {.section = "loco.input",
     .name = "high",
     .type = Type::number,
     .meaning = "At or above this number the converter is at its rail, and the sensor broken.",
     .example = "4090"},
    {.section = "loco.pwm",
     .name = "chip",
     .meaning = "The chip's folder; wildcards stand for what changes.",
     .example = "\"/sys/class/pwm/pwmchip0\"",
     .required = true,
     .format = Format::path},
    {.section = "loco.pwm",
     .name = "channel",
     .type = Type::integer,
     .meaning = "Its output.",
     .example = "0",
     .initial = "0",
     .min = 0,
     .max = 63},
    {.section = "loco.line",
     .name = "chip",
     .meaning = "The chip's path or label.",
     .example = "\"/dev/gpiochip0\"",
     .required = true,
     .min = 1,
     .max = 64},
    {.section = "loco.line",
     .name = "line",
     .type = Type::integer,
     .meaning = "Its line.",
     .example = "5",
     .required = true,
     .min = 0,
     .max = 1023},
});

}  // namespace

std::span<const Key> loco_keys() { return table; }

}  // namespace standstill::config
