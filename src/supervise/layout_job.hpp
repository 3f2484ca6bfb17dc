// One Rocrail server: link, session, and the watch on the command station behind the server.
#pragma once

#include "plant/layout/session.hpp"
#include "plant/layout/station_watch.hpp"
#include "supervise/link_job.hpp"

namespace standstill::supervise {

class LayoutJob final : public LinkJob<layout::Session> {
 public:
  LayoutJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
            Listener listener);

  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;
  void running_changed(bool running, Instant now) override;
  [[nodiscard]] bool eases_on_goodbye() const override;
  [[nodiscard]] Instant vouched_at() const override { return link_->status().last_heard; }
  void catch_up() override;
  [[nodiscard]] std::optional<layout::Model> layout() const override { return session_.model(); }
  [[nodiscard]] SnapshotPart picture() const override;

 private:
  void tell_station();

  layout::StationWatch station_;
  bool running_ = false;
};

}  // namespace standstill::supervise
