#include "onboard/edges.hpp"

#include <linux/gpio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace standstill::onboard {

std::ptrdiff_t Edges::fill() {
  static_assert(sizeof(gpio_v2_line_event) == event_size);
  const ssize_t got = ::read(fd_.get(), events_, sizeof events_);
  if (got > 0) return got / static_cast<ssize_t>(event_size);
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

Instant Edges::time(std::size_t index) const {
  gpio_v2_line_event event{};
  std::memcpy(&event, events_ + index * event_size, sizeof event);
  return instant_from_ns(static_cast<std::int64_t>(event.timestamp_ns));
}

}  // namespace standstill::onboard
