// One Rocrail server as the supervisor holds it: link, session, and the watch on the command station behind
// the server.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "link/link.hpp"
#include "plant/layout/session.hpp"
#include "plant/layout/station_watch.hpp"

namespace standstill::supervise {

class LayoutJob {
 public:
  struct Listener {
    link::Link::OnChange changed;  // of the link, in the turn in which it was noticed
    std::function<void(const layout::StationWatch&)>
        station;                                   // a cause of the command station appeared or went
    std::function<void()> tags;                    // some tag may have changed
    std::function<void(const std::string&)> said;  // a problem or a warning of the server, for the journal
  };

  LayoutJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
            Listener listener);

  void begin() { link_->begin(); }
  void close() { link_->close_for_good(); }
  [[nodiscard]] link::Link& link() { return *link_; }
  [[nodiscard]] const link::Link& link() const { return *link_; }
  [[nodiscard]] const layout::Model& model() const { return session_.model(); }
  [[nodiscard]] const layout::StationWatch& station() const { return station_; }
  [[nodiscard]] const config::Link& config() const { return config_; }
  [[nodiscard]] config::OnGoodbye on_goodbye() const {
    return std::get<config::RocrailLink>(config_.peer).on_goodbye;
  }

  // As typed. Refused when it may energise and the plant does not run.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running);
  // Decodes what has arrived and waits, for at most a few milliseconds: a snapshot should hold the last word.
  void catch_up();
  void running_changed(bool running, Instant now);

 private:
  config::Link config_;
  layout::StationWatch station_;
  bool running_ = false;
  Listener listener_;
  layout::Session session_;
  std::unique_ptr<link::Link> link_;
};

}  // namespace standstill::supervise
