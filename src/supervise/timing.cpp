#include "supervise/job.hpp"

namespace standstill::supervise {

link::Timing timing_of(const config::Link& config) {
  link::Timing timing;
  timing.probe = config.probe;
  timing.silence = config.silence;
  timing.dial = config.connect_timeout;
  timing.reconnect = {
      config.reconnect.first, static_cast<std::uint32_t>(config.reconnect.factor * 1000 + 0.5),
      config.reconnect.longest, static_cast<std::uint32_t>(config.reconnect.jitter * 1000 + 0.5)};
  timing.max_tries = config.reconnect.max_tries;
  timing.breaker = {config.breaker.failures, config.breaker.open};
  return timing;
}

}  // namespace standstill::supervise
