#include "os/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

#include "os/clock.hpp"

namespace standstill::os {

void futex_wait(const FutexWord& word, std::uint32_t seen, Instant until) {
  timespec timeout{};
  timespec* timeout_at = nullptr;
  if (until !=
      never) {  // relative: futexes know no boot clock, and every waiter looks at the time again anyway
    const Duration left = until - now();
    if (left <= Duration::zero()) return;
    timeout = {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
    timeout_at = &timeout;
  }
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, timeout_at, nullptr, 0);
}

void futex_wake_all(const FutexWord& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace standstill::os
