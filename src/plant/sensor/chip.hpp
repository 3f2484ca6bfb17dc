// One sensor chip as Linux shows it below /sys/class/hwmon (Documentation/hwmon/sysfs-interface): found by
// its name, never by its number, which changes with the order in which drivers load.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "os/fd.hpp"

namespace standstill::sensor {

inline constexpr const char* sysfs_root = "/sys/class/hwmon";

struct ChipSettings {
  std::string chip;     // its `name` ("lm75") or its `label`
  std::string address;  // its device's name on the bus ("1-0048"); empty: there is only one chip of that name
};

// What an input measures, by the beginning of its name; values are read as whole numbers of `scale` units.
struct Measure {
  std::string_view prefix, unit;
  double scale;
};
// "temp1" → temperature in °C; nothing for names that are no input ("pwm1", "temp").
[[nodiscard]] const Measure* measure_of(std::string_view input);

// Every call may block: reading an I²C sensor takes milliseconds, and a stuck bus for ever.
class Chip {
 public:
  // The error is a sentence that names what was looked for. `root` is another folder in tests only.
  [[nodiscard]] static std::expected<Chip, std::string> find(const ChipSettings& settings,
                                                             const std::string& root = sysfs_root);

  struct Reading {
    std::string input;    // "temp1"
    long long raw = 0;    // meaningful when error is 0 and not faulty
    int error = 0;        // errno of the failed read, or 0
    bool faulty = false;  // the chip itself says that its sensor is open or shorted
  };
  // Every input there is, in the order of their names; empty when the chip is gone.
  [[nodiscard]] std::vector<Reading> read() const;

  [[nodiscard]] const std::string& where() const { return where_; }  // "hwmon3", to be shown

 private:
  os::Fd folder_;  // stays this chip's, and fails when it is gone, whoever gets its number
  std::string where_;
};

}  // namespace standstill::sensor
