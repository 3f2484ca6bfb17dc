// One sensor chip of this machine: link, session, tags.
#pragma once

#include "plant/sensor/session.hpp"
#include "supervise/job.hpp"

namespace standstill::supervise {

class SensorJob final : public Job {
 public:
  SensorJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
            Listener listener);

  void begin() override { link_->begin(); }
  void close() override { link_->close_for_good(); }
  [[nodiscard]] link::Status status() const override { return link_->status_now(); }
  [[nodiscard]] link::State state() const override { return link_->status().state; }
  [[nodiscard]] int native_handle() const override { return link_->native_handle(); }
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;

 private:
  Listener listener_;
  sensor::Session session_;
  std::unique_ptr<link::Link> link_;
};

}  // namespace standstill::supervise
