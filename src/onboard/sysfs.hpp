// Converters, PWM outputs and the like as Linux shows them: files with one number each
// (Documentation/ABI/testing/sysfs-bus-iio, sysfs-class-pwm; Documentation/hwmon/sysfs-interface).
//
// The numbers in names such as hwmon3 or iio:device0 change with the order in which drivers load, so a path
// may have wildcards where they stand ("/sys/bus/i2c/devices/1-0048/hwmon/hwmon*/temp1_input"); exactly one
// file must fit.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "os/fd.hpp"

namespace standstill::onboard {

// The one file that fits; the error is a sentence that names the pattern.
[[nodiscard]] std::expected<std::string, std::string> find_one(const std::string& pattern);

// A whole number that the kernel makes anew at every read. May block for as long as its bus does.
class NumberFile {
 public:
  [[nodiscard]] static std::expected<NumberFile, std::string> open(const std::string& pattern);
  // Nothing when it cannot be read or is no number.
  [[nodiscard]] std::expected<long long, int> read() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  os::Fd fd_;
  std::string path_;
};

// One output of a PWM chip. It keeps its duty when its process dies: see keeper.hpp.
//
// The kernel writes a chip only when something of its output changes (drivers/pwm/core.c, pwm_apply_state()):
// the same duty again reaches nobody, and a write that was lost on the way stays lost. So what is said again
// is said with a period that is longer or shorter by one nanosecond, which every chip rounds away.
class Pwm {
 public:
  // `chip`: its folder, with wildcards if need be. Left with duty 0, and enabled.
  [[nodiscard]] static std::expected<Pwm, std::string> open(const std::string& chip, unsigned channel,
                                                            std::uint32_t period_ns);
  // Written to the chip each time, also when it is what it was: a chip that is gone must show, and one that
  // did not hear hears it now. Allocates nothing. False: the chip did not take it.
  [[nodiscard]] bool set(std::uint32_t duty_ns);
  [[nodiscard]] std::uint32_t period() const { return period_ns_; }
  [[nodiscard]] int duty_fd() const { return duty_.get(); }
  [[nodiscard]] int period_fd() const { return period_.get(); }

 private:
  os::Fd duty_, period_;
  std::uint32_t period_ns_ = 0;
  std::uint32_t said_ns_ = 0;  // the newest duty that the chip's driver took
  bool longer_ = false;        // the period has its nanosecond more
};

// For whoever has nothing but the descriptors: the duty, and after it both periods, of which one is new.
bool write_duty(int duty_fd, int period_fd, std::uint32_t period_ns, std::uint32_t duty_ns);

// Writes a number into a file of sysfs by its descriptor; for whoever has nothing but that.
bool write_number(int fd, std::uint32_t number);

}  // namespace standstill::onboard
