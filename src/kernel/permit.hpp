// The supervisor's sign of life, judged by its content.
//
// Sequence number and send time (boot clock) decide, never the arrival: a queue of old permits that is read
// after a pause proves nothing. Time-out range 20 to 2000 ms (docs/configuration.md,
// guard.permit_timeout_ms).
#pragma once

#include <cstdint>

#include "kernel/time.hpp"

namespace standstill {

// Whether something sent at `sent` is younger than `limit`. What claims to come from the future comes from
// another clock and is not. Any value that a socket delivers may be asked about: nothing overflows.
[[nodiscard]] constexpr bool sent_within(Duration limit, Instant sent, Instant now) {
  return sent <= now && sent > now - limit;
}

struct Permit {
  std::uint64_t sequence = 0;
  Instant sent{};
  std::uint64_t plan_hash = 0;
};

class PermitJudge {
 public:
  constexpr PermitJudge(Duration timeout, std::uint64_t plan_hash)
      : timeout_(timeout), plan_hash_(plan_hash) {}

  // True when the permit extends the supervisor's time. A refused one changes nothing.
  constexpr bool accept(const Permit& permit, Instant now) {
    if (permit.plan_hash != plan_hash_) return false;
    if (heard_ && permit.sequence <= sequence_) return false;  // repeated or out of order
    if (heard_ && permit.sent <= sent_) return false;
    if (!sent_within(timeout_, permit.sent, now)) return false;
    heard_ = true;
    sequence_ = permit.sequence;
    sent_ = permit.sent;
    return true;
  }

  // A new connection counts its own sequence; the time it has already earned is not extended.
  constexpr void new_connection() {
    heard_ = false;
    sequence_ = 0;
  }

  [[nodiscard]] constexpr bool fresh(Instant now) const { return heard_ && now - sent_ < timeout_; }
  [[nodiscard]] constexpr bool heard() const { return heard_; }
  [[nodiscard]] constexpr Instant deadline() const { return heard_ ? sent_ + timeout_ : never; }
  [[nodiscard]] constexpr Duration age(Instant now) const { return heard_ ? now - sent_ : Duration{-1}; }
  [[nodiscard]] constexpr Duration timeout() const { return timeout_; }

 private:
  Duration timeout_;
  std::uint64_t plan_hash_;
  bool heard_ = false;
  std::uint64_t sequence_ = 0;
  Instant sent_{};
};

// A process asks itself whether its own loop stood still: first thing in every turn, before it reads
// anything.
class LoopGap {
 public:
  constexpr explicit LoopGap(Duration limit) : limit_(limit) {}

  // The time since the last turn when it was longer than the limit, else zero.
  constexpr Duration turn(Instant now) {
    const Duration gap = started_ ? now - last_ : Duration::zero();
    started_ = true;
    last_ = now;
    return gap > limit_ ? gap : Duration::zero();
  }
  [[nodiscard]] constexpr Instant last() const { return last_; }

 private:
  Duration limit_;
  bool started_ = false;
  Instant last_{};
};

}  // namespace standstill
