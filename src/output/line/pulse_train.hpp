// The pulses that keep a charge-pump relay closed: the pump passes changes of level only, so that a line that
// stands still, high or low, lets the relay drop.
#pragma once

#include <optional>

#include "kernel/time.hpp"

namespace standstill::output {

class PulseTrain {
 public:
  // The level to set now, or nothing when it is not time yet. A loop that comes late gives one edge and no
  // burst: edges made up for lost time would charge the pump of a machine that stood still.
  constexpr std::optional<bool> due(Instant now, Duration half_period) {
    if (now < next_) return std::nullopt;
    next_ = now + half_period;
    high_ = !high_;
    return high_;
  }
  constexpr void stop() { *this = {}; }
  [[nodiscard]] constexpr Instant next() const { return next_; }

 private:
  bool high_ = false;
  Instant next_{};
};

}  // namespace standstill::output
