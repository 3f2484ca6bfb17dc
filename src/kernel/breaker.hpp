// Stops dialing a peer that has failed many times in a row, for a while. It throttles reconnects only: a link
// whose breaker is open counts as lost, and a device that comes back closes the breaker at once.
#pragma once

#include <cstdint>

#include "kernel/time.hpp"

namespace standstill {

struct BreakerSettings {
  std::uint32_t failures = 10;  // dials in a row that must fail; 0: the breaker never opens
  Duration open_for = 300s;     // after which one dial is tried; if that fails, the breaker is open again
};

class Breaker {
 public:
  constexpr explicit Breaker(BreakerSettings settings = {}) : settings_(settings) {}

  constexpr void failed(Instant now) {
    if (settings_.failures == 0) return;
    if (failures_ < settings_.failures) ++failures_;
    if (failures_ >= settings_.failures) until_ = now + settings_.open_for;
  }
  constexpr void close() {
    failures_ = 0;
    until_ = Instant{};
  }
  [[nodiscard]] constexpr bool open(Instant now) const { return now < until_; }
  // When the next dial is allowed; in the past while the breaker is closed.
  [[nodiscard]] constexpr Instant until() const { return until_; }
  [[nodiscard]] constexpr std::uint32_t failures() const { return failures_; }

 private:
  BreakerSettings settings_;
  std::uint32_t failures_ = 0;
  Instant until_{};
};

}  // namespace standstill
