// How a worker thread is woken, and told to end: an eventfd that poll, curl and a waiting child all
// understand.
#pragma once

#include <sys/eventfd.h>
#include <sys/poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "kernel/time.hpp"
#include "os/fd.hpp"

namespace standstill::tell {

class Wake {
 public:
  Wake() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  [[nodiscard]] int fd() const { return event_.get(); }
  void ring() {  // any thread, never blocks
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }
  void clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
  }
  void end() {
    ending_.store(true);
    ring();
  }
  [[nodiscard]] bool ending() const { return ending_.load(); }
  void wait(Duration longest) const {
    pollfd entry{event_.get(), POLLIN, 0};
    const auto milliseconds = to_ms(longest);
    ::poll(&entry, 1,
           milliseconds > 3'600'000 ? 3'600'000 : static_cast<int>(milliseconds < 0 ? 0 : milliseconds + 1));
  }

 private:
  os::Fd event_;
  std::atomic<bool> ending_ = false;
};

}  // namespace standstill::tell
