#include "supervise/layout_job.hpp"

#include <nlohmann/json.hpp>

#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "plant/layout/export.hpp"

namespace standstill::supervise {

LayoutJob::LayoutJob(os::Loop& loop, const config::Link& config, link::TagTable& tags,
                     std::uint32_t jitter_seed, Listener listener)
    : LinkJob(config, std::move(listener), [&](Listener& told) {
        return layout::Session(
            {config.id, &tags, [] { return os::wall_ns(); }, 24U * 1024U},
            {.on_plan = [&told](const layout::Model&) { told.tags(); },
             .on_update = [&told](const layout::Change&) { told.tags(); },
             .on_state =
                 [this](const layout::Object& state, Instant arrived) {
                   if (station_.update(arrived, state, running_)) tell_station();
                   listener_.tags();
                 },
             .on_exception = {},
             .on_problem =
                 [&told](std::string_view problem) { told.said("problem", std::string(problem)); }});
      }) {
  const auto& peer = std::get<config::RocrailLink>(config.peer);
  link_up(loop,
          std::make_unique<link::TcpTransport>(
              loop, link::TcpTransport::Settings{peer.host, peer.port, config.silence}),
          timing_of(config), jitter_seed,
          [this](const link::Status& status, link::State previous, std::string_view why) {
            listener_.changed(status, previous, why);
            if (status.state == link::State::probing) station_.reconnected();
            // Nobody has said anything against the station: that is all that can be known of it.
            if (status.state == link::State::online && station_.causes().empty()) tell_station();
          });
}

void LayoutJob::tell_station() {
  if (station_.causes().empty()) return listener_.behind({Standing::clear, CauseCode::none, {}, false});
  const auto& first = station_.causes().front();
  listener_.behind({Standing::present, first.code, CauseDetail(first.detail), false});
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
    tell_station();
}

bool LayoutJob::eases_on_goodbye() const {
  return std::get<config::RocrailLink>(config().peer).on_goodbye == config::OnGoodbye::safe;
}

// The first layout stands at the top, as the contract has it; further ones beside it, by their link.
// The first layout stands at the top, as the contract has it; further ones beside it, by their link.
SnapshotPart LayoutJob::picture() const {
  return [id = config().id, model = session_.model(), heard = link_->status().last_heard](
             Document& document, Instant at, double timestamp, Detail detail) {
    using Json = Document::Json;
    Document exported = layout::export_document(model, timestamp, detail);
    exported.set("age_ms", heard == Instant{} ? Json(nullptr) : Json(to_ms(at - heard)));
    exported.set("link", Json(id));
    if (document.contains("model"))
      document.add("layouts", std::move(exported));
    else
      document.take(std::move(exported));
  };
}

}  // namespace standstill::supervise
