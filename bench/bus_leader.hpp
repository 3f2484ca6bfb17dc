// The other machines of the bus that is measured: a Redis server, and whoever leads it with the product's own
// controller role over a latch that does what it is told.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "link/link.hpp"
#include "os/loop.hpp"
#include "plant/station/controller.hpp"
#include "plant/station/direct.hpp"
#include "plant/station/redis_session.hpp"

namespace standstill::bench {

// The package redis-tools has the server under another name.
inline constexpr const char* redis_program = "/usr/bin/redis-check-rdb";

class Redis {
 public:
  Redis();
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

class Leader {
 public:
  // `direct`: its stops go by datagram, too.
  Leader(std::uint16_t port, const estop::Keys& master, bool direct);

  // Turns until so many stations, registered and all of them known by the second path, run.
  [[nodiscard]] bool release(std::size_t stations, Duration most = std::chrono::seconds(120));
  // Trips, and says so; the moment before.
  [[nodiscard]] std::int64_t stop();
  // The same text on another channel, for bare subscribers; the moment before.
  [[nodiscard]] std::int64_t say(const std::string& channel);
  void turn(Duration time);  // the loop, so long
  template <class Is>
  [[nodiscard]] bool until(const Is& is, Duration most) {
    const Instant end = os_now() + most;
    while (!is() && os_now() < end) loop_.turn(std::chrono::milliseconds(5));
    return is();
  }

 private:
  static Instant os_now();
  void show(LatchState state, bool acknowledged);
  void heard(std::string_view channel, const std::string& text);
  void tick();
  [[nodiscard]] station::Doer doer();
  [[nodiscard]] estop::Envelope envelope() const;
  [[nodiscard]] bool all(LatchState state, bool acknowledged, std::size_t stations) const;

  os::Loop loop_;
  estop::Keys keys_;
  bool direct_wanted_;
  std::shared_ptr<station::Reader> reader_;
  station::Direct direct_;
  std::unique_ptr<station::Controller> role_;
  std::unique_ptr<station::RedisSession> session_;
  std::unique_ptr<link::Link> link_;
  os::Loop::Timer timer_, soon_;
  station::Local local_;
  Instant next_second_{};
  std::size_t paths_ = 0;
};

}  // namespace standstill::bench
