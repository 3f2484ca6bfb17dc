// When something periodic is due: always a whole number of periods after the first time, so that a late turn
// makes no later one late. What an outage swallowed is left out, not made up for.
#pragma once

#include <cstdint>

#include "kernel/time.hpp"

namespace standstill::plc {

class Schedule {
 public:
  Schedule(Instant first, Duration period) : first_(first), period_(period), due_(first) {}

  [[nodiscard]] Instant due() const { return due_; }
  // The turn that was due was made at `now`: the next is the first one after now.
  void made(Instant now) {
    if (now < due_) return;
    const auto turns = (now - first_) / period_ + 1;
    missed_ += static_cast<std::uint64_t>((now - due_) / period_);
    due_ = first_ + turns * period_;
  }
  [[nodiscard]] std::uint64_t missed() const {
    return missed_;
  }  // turns left out, because another took so long

 private:
  Instant first_;
  Duration period_;
  Instant due_;
  std::uint64_t missed_ = 0;
};

}  // namespace standstill::plc
