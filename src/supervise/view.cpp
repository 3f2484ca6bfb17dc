#include "supervise/view.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "version.hpp"

namespace standstill::supervise {

using nlohmann::ordered_json;

namespace {

std::string link_detail(const link::Status& link) {
  return link.last_error.empty() ? "link " + link.id + " is " + std::string(name(link.state))
                                 : link.last_error;
}

std::string advice_for(const SourceView& source, CauseCode code) {
  switch (code) {
    case CauseCode::link_lost:
      return "bring the peer of '" + source.name + "' back; Standstill connects by itself";
    case CauseCode::link_frozen:
      return "find out why the peer answers but its values stand still";
    case CauseCode::limit:
      return "bring the value back inside its limits";
    case CauseCode::sensor_fault:
      return "check the sensor and its wiring";
    case CauseCode::output_failed:
      return "look at the hardware of '" + source.name + "' and its wiring: it may still be energised";
    case CauseCode::device_fault:
      if (source.name.ends_with(".cpu"))
        return "look at the PLC: whether its CPU runs, and whether it allows what the link asks for";
      if (!source.name.ends_with(".station")) return "look at the device that '" + source.name + "' is about";
      [[fallthrough]];
    case CauseCode::power_lost:
      return "look at the command station";
    case CauseCode::button_press:
      return "release the button '" + source.name + "', or mend its wire";
    case CauseCode::guard_lost:
      return "wait: it is started again by itself; if this comes back, allow real time or raise "
             "heartbeat_timeout_ms "
             "(`standstill check`)";
    case CauseCode::supervisor_lost:
      return "wait until the supervisor's watches have spoken";
    default:
      return "mend it, or wait until it is gone";
  }
}

CauseCode code_of(const View& view, std::size_t source) {
  for (const auto& one : view.causes)
    if (one.source == source) return one.cause.code;
  return CauseCode::none;
}

const CauseView* cause_of(const View& view, std::size_t source) {
  for (const auto& one : view.causes)
    if (one.source == source) return &one;
  return nullptr;
}

}  // namespace

std::string state_word(const View& view) {
  return view.guard_connected ? std::string(name(view.guard.state)) : std::string("unknown");
}

ordered_json state_json(const View& view, Instant now) {
  const permit::StateBody& guard = view.guard;
  ordered_json json;
  json["site"] = view.site;
  // Without a guard nothing is energised by us and nothing may be claimed: the contract's word for that is
  // tripped.
  json["state"] = view.guard_connected ? name(guard.state) : name(LatchState::tripped);
  json["epoch"] = guard.epoch;
  json["acknowledged"] = guard.acknowledged != 0;
  if (guard.has_first_out != 0)
    json["first_out"] = {{"code", name(guard.first_out_code)},
                         {"source", guard.first_out_source.view()},
                         {"detail", guard.first_out_detail.view()},
                         {"at", os::rfc3339(guard.first_out_wall_ns)}};
  else
    json["first_out"] = nullptr;
  json["causes"] = ordered_json::array();
  for (const auto& one : view.causes)
    json["causes"].push_back({{"code", name(one.cause.code)},
                              {"source", one.cause.source.view()},
                              {"detail", one.cause.detail.view()},
                              {"present", one.cause.present},
                              {"at", os::rfc3339(one.cause.wall_ns)}});
  if (!view.guard_connected)
    json["causes"].push_back({{"code", name(CauseCode::guard_lost)},
                              {"source", "guard"},
                              {"detail", view.guard_trouble},
                              {"present", true},
                              {"at", os::rfc3339(os::wall_ns())}});
  json["links"] = ordered_json::array();
  for (const auto& link : view.links)
    json["links"].push_back(
        {{"id", link.id},
         {"kind", link.kind},
         {"state", name(link.state)},
         {"since", os::rfc3339(link.since_wall_ns)},
         {"attempts", link.attempts},
         {"last_error", link.last_error.empty() ? ordered_json(nullptr) : ordered_json(link.last_error)},
         {"rtt_ms", link.rtt < Duration::zero()
                        ? ordered_json(nullptr)
                        : ordered_json(static_cast<double>(link.rtt.count()) / 1e6)}});
  json["outputs"] = ordered_json::array();
  for (const auto& output : view.outputs)
    json["outputs"].push_back(
        {{"id", output.id},
         {"kind", output.kind},
         {"commanded", output.info.commanded == permit::OutputState::run ? "run" : "safe"},
         {"readback", permit::readback_names[static_cast<std::size_t>(output.info.readback)]}});
  const bool sequence = view.guard_connected && guard.stages > 0 && guard.state == LatchState::tripped &&
                        guard.stage < guard.stages;
  json["sequence"] =
      sequence ? ordered_json{{"stage", guard.stage}, {"of", guard.stages}} : ordered_json(nullptr);
  // The guard tells the age at least once a second; what it told counts until it falls silent itself.
  const Duration quiet = now - view.guard_heard;
  const Duration age = Duration(guard.permit_age_ns) + (quiet > 1500ms ? quiet : Duration::zero());
  const bool permitted = view.guard_connected && guard.permit_age_ns >= 0;
  json["guard"] = {{"pid", view.guard_connected ? guard.pid : 0U},
                   {"permit_age_ms", permitted ? ordered_json(to_ms(age)) : ordered_json(nullptr)},
                   {"realtime", view.guard_connected && guard.realtime != 0},
                   {"cutters", guard.cutters_alive}};
  if (!view.stations.empty()) {
    json["stations"] = ordered_json::array();
    for (const auto& station : view.stations)
      json["stations"].push_back({{"instance", station.instance},
                                  {"status", station.status},
                                  {"state", station.state},
                                  {"confirmed_epoch", station.confirmed_epoch},
                                  {"last_heard_ms", station.last_heard_ms}});
  }
  json["warnings"] = ordered_json::array();
  for (const auto& warning : view.warnings)
    json["warnings"].push_back({{"watch", warning.watch}, {"detail", warning.detail}});
  json["version"] = version;
  return json;
}

namespace {

// Of a trip of an earlier boot only the wall clock knows.
std::int64_t ms_since_trip(const permit::StateBody& guard, Instant now) {
  if (guard.tripped_at_ns > 0) return to_ms(now - instant_from_ns(guard.tripped_at_ns));
  return guard.first_out_wall_ns > 0
             ? std::max<std::int64_t>(0, (os::wall_ns() - guard.first_out_wall_ns) / 1'000'000)
             : -1;
}

}  // namespace

std::vector<Blocker> blockers(const View& view, Instant now) {
  std::vector<Blocker> found;
  if (!view.guard_connected) {
    found.push_back({"guard", "the guard does not answer: " + view.guard_trouble,
                     "look at its log; `standstill run` starts it again",
                     view.guard_heard == Instant{} ? -1 : to_ms(now - view.guard_heard)});
    return found;
  }
  const permit::StateBody& guard = view.guard;
  const std::int64_t since_trip = ms_since_trip(guard, now);
  if (guard.state == LatchState::running) return found;
  const std::string epoch = std::to_string(guard.epoch);
  for (std::size_t i = 0; i < view.sources.size(); ++i) {
    const SourceView& source = view.sources[i];
    const CauseView* cause = cause_of(view, i);
    const std::int64_t age = cause != nullptr ? to_ms(now - cause->cause.at) : -1;
    if (source.standing == Standing::present) {
      const CauseCode code = code_of(view, i);
      const std::string text = cause != nullptr ? std::string(cause->cause.detail.view()) : source.detail;
      found.push_back({source.name, std::string(name(code)) + ": " + text, advice_for(source, code), age});
    } else if (source.standing == Standing::unknown) {
      found.push_back({source.name, source.detail.empty() ? "nothing is known of it yet" : source.detail,
                       "wait until it has been heard; unknown counts as unsafe", age});
    } else if (source.standing == Standing::closed) {
      found.push_back(
          {source.name, "its peer said goodbye", "start the peer again; the link comes back by itself", age});
    }
  }
  for (const auto& link : view.links)
    if (link.critical && link.state != link::State::online && link.state != link::State::closed) {
      for (auto& one : found)
        if (one.source == link.id) one.text = link_detail(link);
    }
  for (std::size_t i = 0; i < view.sources.size(); ++i)
    if (view.sources[i].standing == Standing::clear && !view.sources[i].settled) {
      const CauseView* cause = cause_of(view, i);
      found.push_back({view.sources[i].name, "a cause was present a moment ago", "wait for the settle time",
                       cause != nullptr ? to_ms(now - cause->cause.at) : -1});
    }
  if (guard.state == LatchState::tripped && guard.acknowledged == 0)
    found.push_back({"operator", "epoch " + epoch + " is not acknowledged",
                     "look at the plant, then `standstill ack --epoch " + epoch + "`", since_trip});
  for (const auto& output : view.outputs)
    if (output.info.readback == permit::ReadbackState::failed)
      found.push_back(
          {output.id, "its safe state is not confirmed", "check by eye that it is off", since_trip});
  if (guard.state == LatchState::tripped)
    found.push_back({"operator", "the latch is tripped",
                     "`standstill reset --epoch " + epoch + "`, once the rest is done", since_trip});
  if (guard.state == LatchState::ready)
    found.push_back(
        {"operator", "released, and not started", "`standstill start --epoch " + epoch + "`", -1});
  return found;
}

std::vector<std::string> refusal_reasons(const View& view, permit::Word word, Refusal refusal, Epoch named,
                                         Instant now) {
  std::vector<std::string> reasons;
  const std::string epoch = std::to_string(view.guard.epoch);
  if (has(refusal, Refusal::wrong_epoch))
    reasons.push_back("epoch " + std::to_string(named) + " is not the current one, which is " + epoch +
                      ": look at what happened since");
  if (has(refusal, Refusal::wrong_state)) {
    const auto state = view.guard.state;
    if (word == permit::Word::start && state == LatchState::tripped)
      reasons.push_back("the plant is tripped: acknowledge and reset first");
    else if (word == permit::Word::start)
      reasons.push_back("the plant runs already");
    else
      reasons.push_back("the plant is " + std::string(name(state)) + ", not tripped: nothing to " +
                        std::string(permit::word_names[static_cast<std::size_t>(word)]));
  }
  if (has(refusal, Refusal::not_acknowledged)) reasons.push_back("epoch " + epoch + " is not acknowledged");
  const bool causes = has(refusal, Refusal::cause_present) || has(refusal, Refusal::source_unknown) ||
                      has(refusal, Refusal::link_closed) || has(refusal, Refusal::settling);
  if (causes)
    for (const auto& one : blockers(view, now))
      if (one.source != "operator") reasons.push_back(one.source + ": " + one.text + "; " + one.advice);
  if (has(refusal, Refusal::settling) && reasons.empty())
    reasons.push_back("a cause was present a moment ago: wait for the settle time");
  if (has(refusal, Refusal::cause_present) && reasons.empty())
    reasons.push_back("a cause appeared meanwhile");
  if (has(refusal, Refusal::readback_not_safe))
    reasons.push_back("a read-back does not show safe: check the output's hardware");
  if (has(refusal, Refusal::no_permit)) reasons.push_back("the supervisor's permit is not valid");
  if (has(refusal, Refusal::stale_word))
    reasons.push_back("the word was too old when it reached the guard: say it again");
  if (has(refusal, Refusal::not_recorded))
    reasons.push_back("the latch file could not be written: check the disk of state_dir");
  return reasons;
}

}  // namespace standstill::supervise
