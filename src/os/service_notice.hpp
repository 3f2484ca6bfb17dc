// What a service tells the service manager that started it: that it is ready, and that it still turns.
//
// Source: sd_notify(3). One datagram to the socket named by NOTIFY_SOCKET ('@' first: an abstract one).
// Without that variable nothing is sent. Never blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "os/fd.hpp"

namespace standstill::os {

class ServiceNotice {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and forgets them, so that no child speaks for us.
  ServiceNotice();

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  // How often alive() is wanted: half the time after which the manager gives up; nothing when it does not
  // ask.
  [[nodiscard]] std::optional<Duration> beat() const { return beat_; }

 private:
  void send(std::string_view state) const;

  Fd socket_;
  std::string address_;
  std::optional<Duration> beat_;
};

}  // namespace standstill::os
