// The bare programs that ours is compared with: an epoll loop that waits for one end of file and writes one
// command.
//
// Each is a process of its own, of the same scheduling class as what it is compared with. It does nothing
// else: no protocol, no latch, no second process.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace standstill::bench {

struct Stamps {                          // shared between bench and yardstick
  std::atomic<std::int64_t> written_ns;  // boot time when the command was written; the bench clears it
  std::atomic<std::uint32_t> ready;      // 1: it waits for the end
  std::atomic<std::int32_t> victim;      // of a death watch: the process to kill
};

class Yardstick {
 public:
  // Watches a TCP connection to 127.0.0.1:port; after each end it writes to `device` and connects again.
  static Yardstick of_connection(std::uint16_t port, const std::string& device, bool realtime);
  // Watches one end of a socket pair whose other end a victim of a few hundred KB holds; starts a new victim
  // after each end.
  static Yardstick of_process(const std::string& device, bool realtime);
  ~Yardstick();
  Yardstick(Yardstick&& other) noexcept;
  Yardstick& operator=(Yardstick&&) = delete;

  void arm();                                                                    // waits until it watches
  [[nodiscard]] std::int64_t written_ns() const { return stamps_->written_ns; }  // 0: not since arm()
  [[nodiscard]] pid_t victim() const { return stamps_->victim; }

 private:
  Yardstick();
  Stamps* stamps_ = nullptr;
  pid_t process_ = -1;
};

// FIFO at `priority` for the calling thread; false when the machine does not allow it. A thread that spins is
// ended by the kernel after a second.
bool become_realtime(int priority);

// Two processes that do nothing but count, of the ordinary class, while it lives.
class BusyCores {
 public:
  BusyCores();
  ~BusyCores();
  BusyCores(const BusyCores&) = delete;
  BusyCores& operator=(const BusyCores&) = delete;

 private:
  pid_t processes_[2] = {-1, -1};
};

}  // namespace standstill::bench
