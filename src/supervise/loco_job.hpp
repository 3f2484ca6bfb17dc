// One engine on its telemetry line: link, session, tags; its log for the journal.
#pragma once

#include "plant/engine/session.hpp"
#include "supervise/engine_told.hpp"
#include "supervise/link_job.hpp"

namespace standstill::supervise {

class LocoJob final : public LinkJob<engine::Session> {
 public:
  LocoJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
          Listener listener);

  // "stop": the engine's emergency stop. It takes nothing else from here.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;

  [[nodiscard]] LocoJob* engine() override { return this; }
  // The engine as it is known now. Somebody looks at it: its variables are read, those that are not known.
  [[nodiscard]] EngineTold look(Instant now);
  // False where one is being written already. `text` has to be what variable_text() made.
  [[nodiscard]] bool write_variable(std::uint32_t cv, std::string text, Instant now,
                                    engine::Variables::Done done);
};

}  // namespace standstill::supervise
