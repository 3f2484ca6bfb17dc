// One engine on its telemetry line: link, session, tags; its log for the journal.
#pragma once

#include "plant/engine/session.hpp"
#include "supervise/link_job.hpp"

namespace standstill::supervise {

class LocoJob final : public LinkJob<engine::Session> {
 public:
  LocoJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
          Listener listener);

  // "stop": the engine's emergency stop. It takes nothing else from here.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;
};

}  // namespace standstill::supervise
