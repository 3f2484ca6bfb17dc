// The one place that knows which kinds of links there are.
#include "supervise/job.hpp"
#include "supervise/layout_job.hpp"
#include "supervise/plc_job.hpp"
#include "supervise/sensor_job.hpp"

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

std::unique_ptr<Job> make_job(os::Loop& loop, const config::Link& config, link::TagTable& tags,
                              std::uint32_t jitter_seed, Job::Listener listener) {
  if (std::holds_alternative<config::RocrailLink>(config.peer))
    return std::make_unique<LayoutJob>(loop, config, tags, jitter_seed, std::move(listener));
  if (std::holds_alternative<config::HwmonLink>(config.peer))
    return std::make_unique<SensorJob>(loop, config, tags, jitter_seed, std::move(listener));
  if (std::holds_alternative<config::S7Link>(config.peer))
    return std::make_unique<PlcJob>(loop, config, tags, jitter_seed, std::move(listener));
  return nullptr;
}

}  // namespace standstill::supervise
