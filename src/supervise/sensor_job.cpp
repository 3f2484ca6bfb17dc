#include "supervise/sensor_job.hpp"

#include <algorithm>
#include <limits>

#include "os/clock.hpp"
#include "plant/sensor/transport.hpp"

namespace standstill::supervise {

namespace {

const config::HwmonLink& chip_of(const config::Link& link) { return std::get<config::HwmonLink>(link.peer); }

// Looking into /sys costs nothing and disturbs nobody, so a chip that comes back is not kept waiting.
link::Timing timing(const config::Link& link) {
  link::Timing made = timing_of(link);
  made.reconnect.max = std::min<Duration>(made.reconnect.max, 2s);
  made.reconnect.first = std::min(made.reconnect.first, made.reconnect.max);
  made.breaker.failures = std::numeric_limits<decltype(made.breaker.failures)>::max();
  return made;
}

}  // namespace

SensorJob::SensorJob(os::Loop& loop, const config::Link& config, link::TagTable& tags,
                     std::uint32_t jitter_seed, Listener listener)
    : LinkJob(config, std::move(listener), [&](Listener& told) {
        return sensor::Session({.link = config.id,
                                .tags = &tags,
                                .wall_ns = [] { return os::wall_ns(); },
                                .poll = chip_of(config).poll,
                                .on_values = [&told] { told.tags(); }});
      }) {
  link_up(loop,
          std::make_unique<sensor::Transport>(
              loop, sensor::ChipSettings{chip_of(config).chip, chip_of(config).address}),
          timing(config), jitter_seed, listener_.changed);
}

std::expected<void, std::string> SensorJob::send(const std::string&, bool) {
  return std::unexpected("a sensor chip takes no commands");
}

}  // namespace standstill::supervise
