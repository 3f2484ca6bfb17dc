#include "bench/relay.hpp"

#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <termios.h>

#include <cstdio>
#include <cstdlib>

#include "os/clock.hpp"

namespace standstill::bench {

Relay::Relay() {
  int master = -1, slave = -1;
  char name[128];
  if (::openpty(&master, &slave, name, nullptr, nullptr) != 0) {
    std::perror("bench: openpty");
    std::exit(2);
  }
  master_.reset(master);
  slave_.reset(slave);
  device_ = name;
  termios raw{};
  ::tcgetattr(slave, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(slave, TCSANOW, &raw);
  thread_ = std::thread([this] { listen(); });
}

Relay::~Relay() {
  ending_ = true;
  thread_.join();
}

void Relay::listen() {
  // A relay board has a processor of its own: this one must not wait for what it is there to measure.
  sched_param first{};
  first.sched_priority = ::sched_get_priority_max(SCHED_FIFO);
  static_cast<void>(::sched_setscheduler(0, SCHED_FIFO, &first));
  std::string line;
  while (!ending_) {
    pollfd ask{master_.get(), POLLIN, 0};
    if (::poll(&ask, 1, 100) <= 0) continue;
    char bytes[64];
    const ssize_t count = ::read(master_.get(), bytes, sizeof bytes);
    const std::int64_t at = to_ns(os::now());
    for (ssize_t i = 0; i < count; ++i) {
      if (bytes[i] != '\n') {
        line += bytes[i];
        continue;
      }
      if (line == "RELAY_OFF") {
        energised_ = false;
        std::int64_t none = 0;
        heard_ns_.compare_exchange_strong(none, at);
      } else if (line == "RELAY_ON") {
        energised_ = true;
      }
      line.clear();
    }
  }
}

}  // namespace standstill::bench
