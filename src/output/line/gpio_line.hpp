// One GPIO line through the kernel's character-device ABI, version 2 (linux/gpio.h;
// Documentation/userspace-api/gpio).
//
// Used directly because the ABI is stable while libgpiod 1 and 2 are not compatible, and because setting a
// line must not allocate. Levels are physical: no active-low translation, so a drawing and the configuration
// say the same.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "os/fd.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::output {

// Sets a requested line by its descriptor: one ioctl, allocates nothing. False when the chip is gone
// (ENODEV).
bool set_line(int fd, bool high);

class GpioLine {
 public:
  GpioLine() = default;

  // An output whose first level travels in the request itself, so that the pin never glitches.
  [[nodiscard]] static std::expected<GpioLine, std::string> request_output(const plan::GpioLine& where,
                                                                           bool high, const char* consumer);
  // An input that reports both edges (poll for POLLIN; a burst may be merged or lost: read the level again).
  [[nodiscard]] static std::expected<GpioLine, std::string> request_input(const plan::GpioLine& where,
                                                                          const char* consumer);
  // A line that another process requested and handed over.
  [[nodiscard]] static GpioLine adopt(os::Fd fd);

  bool set(bool high) const { return set_line(fd_.get(), high); }
  // Level now; nothing when the chip is gone.
  [[nodiscard]] std::optional<bool> level() const;
  // The chip was removed: this descriptor will never work again, and the line must be requested anew. A chip
  // that cannot tell the level of an output is not gone.
  [[nodiscard]] bool gone() const;
  // Takes the pending edge events, so that poll sleeps again, and says which kinds there were.
  struct Edges {
    bool rising = false, falling = false;
  };
  Edges take_edges() const;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }

 private:
  os::Fd fd_;
};

}  // namespace standstill::output
