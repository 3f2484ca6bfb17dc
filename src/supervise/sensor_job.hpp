// One sensor chip of this machine: link, session, tags.
#pragma once

#include "plant/sensor/session.hpp"
#include "supervise/link_job.hpp"

namespace standstill::supervise {

class SensorJob final : public LinkJob<sensor::Session> {
 public:
  SensorJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
            Listener listener);

  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;
};

}  // namespace standstill::supervise
