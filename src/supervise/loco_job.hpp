// One engine on its telemetry line: link, session, tags; its log for the journal.
#pragma once

#include "plant/engine/session.hpp"
#include "supervise/job.hpp"

namespace standstill::supervise {

class LocoJob final : public Job {
 public:
  LocoJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
          Listener listener);

  void begin() override { link_->begin(); }
  void close() override { link_->close_for_good(); }
  [[nodiscard]] link::Status status() const override { return link_->status_now(); }
  [[nodiscard]] link::State state() const override { return link_->status().state; }
  [[nodiscard]] int native_handle() const override { return link_->native_handle(); }
  // "stop": the engine's emergency stop. It takes nothing else from here.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;

 private:
  Listener listener_;
  engine::Session session_;
  std::unique_ptr<link::Link> link_;
};

}  // namespace standstill::supervise
