// A relay at the far end of a real pseudo terminal, watched from a thread: what it was told, and when.
// (Independent of sim/: a test's oracle must not share code with what it judges.)
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>

namespace standstill::test {

inline std::int64_t boot_ns() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

class PtyRelay {
 public:
  PtyRelay() {
    char name[128];
    if (openpty(&master_, &slave_, name, nullptr, nullptr) != 0)
      throw std::runtime_error("no pseudo terminal");
    name_ = name;
    for (const int fd : {master_, slave_}) fcntl(fd, F_SETFD, FD_CLOEXEC);  // or a guard would hold both ends
    termios raw{};
    tcgetattr(slave_, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave_, TCSANOW, &raw);
    thread_ = std::thread([this] { listen(); });
  }
  ~PtyRelay() { unplug(); }
  // The device is gone from under whoever holds it, as when somebody pulls the cable.
  void unplug() {
    if (ending_.exchange(true)) return;
    thread_.join();
    close(master_);
    close(slave_);
  }
  [[nodiscard]] const std::string& device() const { return name_; }
  [[nodiscard]] bool energised() const { return energised_; }
  [[nodiscard]] std::int64_t safe_at() const { return safe_at_; }  // last time it was told to be safe
  [[nodiscard]] int run_commands() const { return run_commands_; }
  [[nodiscard]] int safe_commands() const { return safe_commands_; }
  void answer_with(bool answers) { answers_ = answers; }  // false: a relay that hears and says nothing

 private:
  void listen() {
    std::string line;
    while (!ending_) {
      pollfd ask{master_, POLLIN, 0};
      if (poll(&ask, 1, 20) <= 0) continue;
      char bytes[64];
      const ssize_t count = read(master_, bytes, sizeof bytes);
      for (ssize_t i = 0; i < count; ++i) {
        if (bytes[i] != '\n') {
          line += bytes[i];
          continue;
        }
        if (line == "RELAY_OFF") {
          energised_ = false;
          safe_at_ = boot_ns();
          ++safe_commands_;
        } else if (line == "RELAY_ON") {
          energised_ = true;
          ++run_commands_;
        }
        if (!line.empty() && answers_) [[maybe_unused]]
          const auto written = write(master_, "OK\n", 3);
        line.clear();
      }
    }
  }

  int master_ = -1, slave_ = -1;
  std::string name_;
  std::atomic<bool> ending_ = false, energised_ = true, answers_ = true;
  std::atomic<std::int64_t> safe_at_ = 0;
  std::atomic<int> run_commands_ = 0, safe_commands_ = 0;
  std::thread thread_;
};

}  // namespace standstill::test
