// A lamp, siren or LED that follows the state. No part of safety: a failing one is reported and nothing else.
#pragma once

#include <array>

#include "kernel/time.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::output {

struct Light {
  bool lit = false;
  Instant changes = never;  // when to ask again
};

// All indicators of a machine blink together: the phase comes from the time alone.
[[nodiscard]] constexpr Light indicator_light(plan::Pattern pattern, Instant now) {
  if (pattern == plan::Pattern::off) return {false, never};
  if (pattern == plan::Pattern::on) return {true, never};
  const Duration half = pattern == plan::Pattern::rapid ? Duration(100ms) : Duration(500ms);
  const std::int64_t phase = now.time_since_epoch() / half;
  return {phase % 2 == 0, Instant(half * (phase + 1))};
}

}  // namespace standstill::output
