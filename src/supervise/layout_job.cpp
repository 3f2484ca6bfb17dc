#include "supervise/layout_job.hpp"

#include "link/tcp.hpp"
#include "os/clock.hpp"

namespace standstill::supervise {

namespace {

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

}  // namespace

LayoutJob::LayoutJob(os::Loop& loop, const config::Link& config, link::TagTable& tags,
                     std::uint32_t jitter_seed, Listener listener)
    : config_(config),
      listener_(std::move(listener)),
      session_({config.id, &tags, [] { return os::wall_ns(); }, 24U * 1024U},
               {.on_plan = [this](const layout::Model&) { listener_.tags(); },
                .on_update = [this](const layout::Change&) { listener_.tags(); },
                .on_state =
                    [this](const layout::Object& state, Instant arrived) {
                      if (station_.update(arrived, state, running_)) listener_.station(station_);
                      listener_.tags();
                    },
                .on_exception = {},
                .on_problem = [this](std::string_view problem) { listener_.said(std::string(problem)); }}) {
  const auto& peer = std::get<config::RocrailLink>(config.peer);
  link_ = std::make_unique<link::Link>(
      loop, session_,
      std::make_unique<link::TcpTransport>(
          loop, link::TcpTransport::Settings{peer.host, peer.port, config.silence}),
      link::Link::Settings{config.id, config.kind, config.critical, timing_of(config), jitter_seed},
      [this](const link::Status& status, link::State previous, std::string_view why) {
        listener_.changed(status, previous, why);
        if (status.state == link::State::probing) station_.reconnected();
      });
}

std::expected<void, std::string> LayoutJob::send(const std::string& text, bool running) {
  auto command = rocrail::parse_command(text);
  if (!command) return std::unexpected(command.error());
  auto sent = session_.send(*command, running);
  if (sent) link_->send_now();
  return sent;
}

void LayoutJob::catch_up() {
  constexpr int most_slices = 25;  // of about 0.2 ms
  for (int i = 0; i < most_slices && session_.work(os::now()); ++i) {
  }
}

void LayoutJob::running_changed(bool running, Instant now) {
  if (running == running_) return;
  running_ = running;
  if (!running)
    session_.withdraw_energising();
  else if (station_.started(now))
    listener_.station(station_);
}

}  // namespace standstill::supervise
