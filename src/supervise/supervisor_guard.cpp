// What the guard says, and what follows from it: secure has happened; now record, then tell.
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "supervise/supervisor.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::supervise {

namespace {
constexpr Duration tell_at_the_latest = 2s;  // a disk that hangs must not keep people from being told
}

void Supervisor::on_welcome(const permit::StateBody& body) {
  welcomed_ = true;
  view_.guard.pid = body.pid;
  if (body.plan_hash != plan_.hash) {
    // The guard still has the old plan: it takes the new one up while it is safe, and comes back.
    asked_replan_ = true;
    port_.replan();
    view_.guard_trouble = "the guard takes up the new plan; it does so only while the plant is safe";
    return;
  }
  asked_replan_ = false;
  view_.guard_connected = true;
  view_.guard_heard = os::now();
  view_.causes.clear();
  board_->tell_all_again();
  for (std::size_t i = plan::internal_sources; i < verdicts_.size(); ++i)
    if (verdicts_[i].standing != Standing::unknown)
      port_.report(static_cast<SourceIndex>(i), verdicts_[i], os::now(), os::wall_ns());
  tell_readbacks(true);
  port_.send_permit(plan_.hash);
}

void Supervisor::on_state(const permit::StateBody& body) {
  if (body.plan_hash != plan_.hash) return;
  const permit::StateBody before = view_.guard;
  view_.guard = body;
  view_.guard_heard = os::now();
  if (before.epoch != body.epoch)
    std::erase_if(view_.causes, [&](const CauseView& one) {
      return one.cause.at < instant_from_ns(body.first_out_at_ns) && !one.cause.present;
    });
  for (std::size_t i = 0; i < view_.sources.size(); ++i) {
    view_.sources[i].standing = body.standing[i];
    view_.sources[i].settled = body.settled[i] != 0;
  }
  for (std::size_t i = 0; i < view_.outputs.size(); ++i) {
    if (body.outputs[i].readback == permit::ReadbackState::failed &&
        view_.outputs[i].info.readback != permit::ReadbackState::failed)
      tell("trip", "output_failed", view_.outputs[i].id,
           "trip not effective: " + view_.outputs[i].id + " is not confirmed safe; look at it now",
           os::wall_ns());
    view_.outputs[i].info = body.outputs[i];
  }
  const bool runs = running();
  for (auto& job : jobs_) job->running_changed(runs, os::now());
  if (bus_) bus_->state(view_, true);
  if (body.state == LatchState::tripped && body.epoch != told_epoch_) tripped(body);
  if (!measured_) measure_stages(body);
  publish_soon();
}

void Supervisor::tripped(const permit::StateBody& body) {
  const bool first_look = std::exchange(told_epoch_, body.epoch) == 0;
  view_.snapshot_id.clear();
  if (first_look && body.epoch <= pictured_.epoch) {
    // An old trip, met again after a restart: it has been recorded and told, and what the plant looks like
    // now is not what it looked like then.
    if (body.epoch == pictured_.epoch) view_.snapshot_id = pictured_.id;
    return;
  }
  if (first_look && body.tripped_at_ns == 0 && body.first_out_code != CauseCode::unclean_end) {
    if (body.first_out_code == CauseCode::no_record) return;  // the very first start: the guard's own entry
    if (body.epoch > journal_epoch_) journal_old_trip(body);
  }
  ++view_.trips;
  measured_ = false;
  const auto tell_now = [this, body, told = std::make_shared<bool>(false)] {
    if (std::exchange(*told, true)) return;
    tell("trip", std::string(name(body.first_out_code)), std::string(body.first_out_source.view()),
         std::string(body.first_out_detail.view()), body.first_out_wall_ns);
  };
  tell_timer_ = loop_.after(tell_at_the_latest, tell_now);
  scribe_->write(picture(record::SnapshotKind::emergency),
                 [this, tell_now, epoch = body.epoch](const std::string& id, const std::string& error) {
                   loop_.post([this, tell_now, id, error, epoch] {
                     record::Event event = entry("snapshot", "failed", "snapshot", error);
                     if (error.empty()) {
                       ++view_.snapshots;
                       if (epoch == view_.guard.epoch) view_.snapshot_id = id;
                       event = entry("snapshot", "written", id, "the plant as it was at the trip");
                     }
                     event.epoch = epoch;
                     recorder_->submit(std::move(event));
                     tell_now();
                     publish_soon();
                   });
                 });
}

// A trip of an earlier boot that is in the latch and not in the journal: nobody lived to write it down, or to
// tell anybody (a reset by the watchdog device, a power cut).
void Supervisor::journal_old_trip(const permit::StateBody& body) {
  record::Event event =
      entry("trip", std::string(name(body.first_out_code)), std::string(body.first_out_source.view()),
            std::string(body.first_out_detail.view()));
  event.epoch = body.epoch;
  event.wall_ns = body.first_out_wall_ns;
  event.data = R"({"from":"latch"})";
  recorder_->submit(std::move(event));
}

// The way of this trip, for the metrics: detected → commanded → confirmed, once everything is confirmed.
void Supervisor::measure_stages(const permit::StateBody& body) {
  std::int32_t commanded = 0, confirmed = 0;
  for (std::size_t i = 0; i < view_.outputs.size(); ++i) {
    if (!view_.outputs[i].secures) continue;
    const auto& info = body.outputs[i];
    if (info.commanded_ms < 0) return;
    commanded = std::max(commanded, info.commanded_ms);
    if (info.readback == permit::ReadbackState::unconfirmed) return;
    confirmed = std::max(confirmed, info.confirmed_ms);
  }
  measured_ = true;
  stage_times_.observe("detected",
                       std::max(Duration::zero(), Duration(body.tripped_at_ns - body.first_out_at_ns)));
  stage_times_.observe("commanded", std::chrono::milliseconds(commanded));
  stage_times_.observe("confirmed", std::chrono::milliseconds(confirmed));
}

void Supervisor::on_cause(const permit::CauseBody& body) {
  if (body.source >= view_.sources.size()) return;
  Cause cause{body.code,   body.present != 0,           body.name,
              body.detail, instant_from_ns(body.at_ns), body.wall_ns};
  const auto known = std::find_if(view_.causes.begin(), view_.causes.end(),
                                  [&](const CauseView& one) { return one.source == body.source; });
  if (known != view_.causes.end())
    known->cause = cause;
  else
    view_.causes.push_back({body.source, cause});
  view_.sources[body.source].detail = std::string(body.detail.view());
  publish_soon();
}

void Supervisor::on_event(const permit::EventBody& body) {
  record::Event event;
  event.guard_seq = body.sequence;
  event.kind = std::string(permit::event_kind_names[static_cast<std::size_t>(body.kind)]);
  event.code = body.code == CauseCode::none ? std::string{} : std::string(name(body.code));
  event.source = std::string(body.source.view());
  event.detail = std::string(body.detail.view());
  event.epoch = body.epoch;
  event.boot_ns = body.at_ns;
  event.wall_ns = body.wall_ns;
  // A guard that was started anew counts from one again: its nonce tells its events from those of the one
  // before.
  static const std::string boot = record::this_boot_id();
  event.boot_id = boot + "/" + std::to_string(body.boot_nonce);
  event.data = nlohmann::json{{"value", body.value}}.dump();
  // The whole ring comes with every connection: the journal knows what it has, and nobody is told twice.
  const bool known = event.boot_id == heard_.boot_id && event.guard_seq <= heard_.sequence;
  if (!known) heard_ = {event.boot_id, event.guard_seq};
  recorder_->submit(std::move(event));
  if (known) return;
  const std::string source(body.source.view());
  if (bus_ && body.kind == permit::EventKind::cause && body.code >= CauseCode::button_press &&
      source != station::bus_source)
    bus_->demanded({body.code, false, body.source, body.detail, instant_from_ns(body.at_ns), body.wall_ns});
  if (body.kind == permit::EventKind::acknowledged) tell("ack", "", source, "", body.wall_ns, body.epoch);
  if (body.kind == permit::EventKind::reset) tell("reset", "", source, "", body.wall_ns, body.epoch);
  if (body.kind == permit::EventKind::cutter_lost)
    tell("lost", "guard_lost", source, std::string(body.detail.view()), body.wall_ns, body.epoch);
}

void Supervisor::on_answer(const permit::AnswerBody& body) {
  if (auto bus = bus_answers_.extract(body.id)) return bus.mapped()(body);
  const auto waiting = answers_.find(body.id);
  if (waiting == answers_.end()) return;
  waiting->second->set_value(body);
  answers_.erase(waiting);
}

void Supervisor::on_stage(const permit::StageBody& body) {
  if (body.stage >= config_.stages.size()) return;
  const auto* send = std::get_if<config::Send>(&config_.stages[body.stage].act);
  if (send == nullptr) return;
  Job* job = this->job(send->link);
  const auto sent =
      job == nullptr ? std::unexpected(std::string("no such link")) : job->send(send->command, false);
  port_.sent(body.stage, sent.has_value());
  journal("stage", sent ? "sent" : "failed", send->link, sent ? send->command : sent.error());
}

void Supervisor::on_guard_lost() {
  view_.guard_connected = false;
  if (!ending_ && !asked_replan_) {
    view_.guard_trouble = "it ended; the cutters have driven every output safe";
    journal("guard", "lost", "guard", view_.guard_trouble);
    tell("lost", "guard_lost", "guard", view_.guard_trouble, os::wall_ns());
  }
  for (auto& job : jobs_) job->running_changed(false, os::now());
  if (bus_) bus_->state(view_, false);
  publish_soon();
  connect_timer_ = loop_.after(100ms, [this] { connect_guard(); });
}

}  // namespace standstill::supervise
