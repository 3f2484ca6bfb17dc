// Edges of the rails and of the wheel from the kernel's GPIO lines (linux/gpio.h, version 2), each with the
// time at which its interrupt came.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel/time.hpp"
#include "os/fd.hpp"

namespace standstill::onboard {

class Edges {
 public:
  Edges() = default;
  static constexpr std::uint32_t kept = 1024;  // by the kernel, until they are taken: four cycles of a rail
  // `fd`: gives `gpio_v2_line_event`s and does not block (output/line/edge_line.hpp).
  explicit Edges(os::Fd fd) : fd_(std::move(fd)) {}

  // Calls each(at) in order, for what waits now. Times are of the kernel's monotonic clock: only their
  // differences mean something. False when the line is gone.
  template <class Each>
  bool take(Each&& each) {
    for (;;) {
      const std::ptrdiff_t count = fill();
      if (count < 0) return false;
      for (std::ptrdiff_t i = 0; i < count; ++i) each(time(static_cast<std::size_t>(i)));
      if (count < static_cast<std::ptrdiff_t>(batch)) return true;
    }
  }

 private:
  static constexpr std::size_t batch = 64;
  static constexpr std::size_t event_size = 48;  // of the kernel's structure; checked where it is known
  [[nodiscard]] std::ptrdiff_t fill();
  [[nodiscard]] Instant time(std::size_t index) const;

  os::Fd fd_;
  alignas(8) unsigned char events_[batch * event_size] = {};
};

}  // namespace standstill::onboard
