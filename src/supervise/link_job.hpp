// A job that is one link and the session on it: what such kinds have in common.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "supervise/job.hpp"

namespace standstill::supervise {

template <std::derived_from<link::Session> Session>
class LinkJob : public Job {
 public:
  void begin() override { link_->begin(); }
  void close() override { link_->close_for_good(); }
  [[nodiscard]] link::Status status() const override { return link_->status_now(); }
  [[nodiscard]] link::State state() const override { return link_->status().state; }
  [[nodiscard]] int native_handle() const override { return link_->native_handle(); }

 protected:
  // `make_session` is given the listener, which stays where it is as long as the session lives.
  template <std::invocable<Listener&> MakeSession>
  LinkJob(const config::Link& config, Listener listener, const MakeSession& make_session)
      : Job(config), listener_(std::move(listener)), session_(make_session(listener_)) {}

  // Once, at the end of the kind's constructor. `changed` is called in place of the listener's, and calls it.
  void link_up(os::Loop& loop, std::unique_ptr<link::Transport> transport, const link::Timing& timing,
               std::uint32_t jitter_seed, link::Link::OnChange changed) {
    link_ = std::make_unique<link::Link>(
        loop, session_, std::move(transport),
        link::Link::Settings{config().id, config().kind, config().critical, timing, jitter_seed},
        std::move(changed));
  }

  // In the order in which they need each other: the link ends first, while its session still stands.
  Listener listener_;
  Session session_;
  std::unique_ptr<link::Link> link_;
};

}  // namespace standstill::supervise
