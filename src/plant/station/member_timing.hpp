// How whoever is on the bus all the time looks after its connection.
#pragma once

#include <limits>

#include "link/course.hpp"

namespace standstill::station {

// `silence`: how long an unanswered probe is waited for. Nobody is ever made to wait by the breaker: a stop
// may come.
[[nodiscard]] inline link::Timing member_timing(Duration silence) {
  link::Timing made;
  made.probe = 300ms;
  made.silence = silence;
  made.dial = 2s;
  made.reconnect.first = 100ms;
  made.reconnect.max = 1s;
  made.breaker.failures = std::numeric_limits<decltype(made.breaker.failures)>::max();
  return made;
}

}  // namespace standstill::station
