// How long to wait before the next dial: first × factor^n, never more than max, scattered by ± jitter.
//
// A value: the caller owns the random numbers. Integer arithmetic only, so that host and microcontroller
// agree to the nanosecond.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernel/time.hpp"

namespace standstill {

struct BackoffSettings {
  Duration first = 2s;                   // 1 ms to 24 h
  std::uint32_t factor_permille = 1500;  // 1000 (constant) to 10000
  Duration max = 60s;                    // first to 24 h; the jitter comes on top
  std::uint32_t jitter_permille = 100;   // 0 to 1000
};

// A small seeded generator (xorshift32), good enough to keep a hundred stations from dialing in step.
class JitterSource {
 public:
  // Seeds next to each other (1, 2, 3 …) must not give numbers next to each other.
  constexpr explicit JitterSource(std::uint32_t seed) : state_(seed * 0x9E3779B9U + 0x7F4A7C15U) {
    if (state_ == 0) state_ = 1;
  }
  [[nodiscard]] constexpr std::uint32_t next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    state_ ^= state_ << 5U;
    return state_;
  }

 private:
  std::uint32_t state_;
};

class Backoff {
 public:
  constexpr explicit Backoff(BackoffSettings settings = {}) : settings_(settings) { reset(); }

  // The next wait. `random` is any 32 random bits: 0 gives the shortest, all ones the longest.
  [[nodiscard]] constexpr Duration next(std::uint32_t random) {
    const std::int64_t now_us = wait_us_;
    const std::int64_t grown = now_us * std::int64_t{settings_.factor_permille} / 1000;
    wait_us_ = std::clamp(grown, now_us, max_us());
    const std::int64_t spread = now_us * std::int64_t{settings_.jitter_permille} / 1000;
    const std::int64_t shift = 2 * spread * std::int64_t{random >> 16U} / 0xFFFF - spread;
    return std::chrono::microseconds{now_us + shift};
  }
  constexpr void reset() { wait_us_ = std::clamp(as_us(settings_.first), std::int64_t{1}, max_us()); }

 private:
  [[nodiscard]] static constexpr std::int64_t as_us(Duration length) { return length.count() / 1000; }
  [[nodiscard]] constexpr std::int64_t max_us() const {
    const std::int64_t day = as_us(24h);
    return std::clamp(std::max(as_us(settings_.max), as_us(settings_.first)), std::int64_t{1}, day);
  }

  BackoffSettings settings_;
  std::int64_t wait_us_ = 0;
};

}  // namespace standstill
