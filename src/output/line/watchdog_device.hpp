// A watchdog device of the kernel (linux/watchdog.h; Documentation/watchdog/watchdog-api): opening it starts
// it, and from then on it resets the machine when it gets no sign of life in time. Only writing 'V' before
// closing (magic close) stops it again, so that a killed owner does not.
#pragma once

#include <expected>
#include <string>

#include "kernel/time.hpp"
#include "os/fd.hpp"

namespace standstill::output {

class WatchdogDevice {
 public:
  // Starts the device with a time-out of at most `expires` (1 s to 60 s; devices count whole seconds, so it
  // is rounded down). Refused, and left stopped, when it cannot do that or would stop with its owner's death.
  // The error is a sentence that names the device. May block; not for the way to a cut.
  [[nodiscard]] static std::expected<WatchdogDevice, std::string> open(const std::string& path,
                                                                       Duration expires);

  // One sign of life: one ioctl, allocates nothing. False when the device is gone.
  [[nodiscard]] bool pet() const;
  // Stops it. False when it cannot be stopped (nowayout): then it resets the machine unless somebody opens it
  // in time.
  bool disarm();

  [[nodiscard]] Duration timeout() const { return timeout_; }          // what the device took
  [[nodiscard]] bool reset_machine() const { return reset_machine_; }  // this boot is its doing

 private:
  os::Fd fd_;
  Duration timeout_{};
  bool reset_machine_ = false;
};

}  // namespace standstill::output
