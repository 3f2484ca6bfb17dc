#include "supervise/backend.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "os/clock.hpp"
#include "plant/layout/compare.hpp"
#include "record/calendar.hpp"
#include "record/event_json.hpp"
#include "record/journal_reader.hpp"
#include "record/recovery_checklist.hpp"
#include "supervise/outcome.hpp"
#include "supervise/plant_changes.hpp"
#include "supervise/tags_json.hpp"
#include "version.hpp"

namespace standstill::supervise {

using nlohmann::json;
using nlohmann::ordered_json;
using terminal::Outcome;

namespace {

Outcome ok(const ordered_json& body) {
  return {200, body.dump(-1, ' ', false, ordered_json::error_handler_t::replace)};
}
Outcome no_snapshot(const std::string& why) {
  return problem(404, why, "`standstill snapshot list` names those there are");
}
constexpr std::array<permit::Word, 3> words{permit::Word::acknowledge, permit::Word::reset,
                                            permit::Word::start};

}  // namespace

Outcome SupervisorBackend::stop(const terminal::StopRequest& request) {
  std::string detail = request.description.empty() ? "stopped" : request.description;
  if (!request.initiator.empty()) detail += " (" + request.initiator + ")";
  supervisor_.stop(request.reason, detail);
  json body{{"stopped", true}, {"reason", name(request.reason)}, {"epoch", supervisor_.view()->guard.epoch}};
  if (!request.warnings.empty()) body["warnings"] = request.warnings;
  return ok(body);
}

std::vector<terminal::Readiness> SupervisorBackend::look(bool plant) {
  std::vector<terminal::Readiness> found;
  const ViewPtr view = supervisor_.view();
  const Instant now = os::now();
  found.push_back({"loop", supervisor_.turning(), supervisor_.turning() ? "turns" : "stands still"});
  const bool guard = view->guard_connected && now - view->guard_heard < 3s;
  found.push_back({"guard", guard, guard ? "answers" : view->guard_trouble});
  const bool cutters = guard && view->guard.cutters_alive == 2;
  found.push_back({"cutters", cutters, cutters ? "both run" : "one or both do not run"});
  const auto journal = supervisor_.recorder().health();
  found.push_back({"journal", journal.state != record::JournalState::degraded,
                   journal.reason.empty() ? "is written" : journal.reason});
  for (const auto& alert : supervisor_.teller().statuses())
    found.push_back({"alert " + alert.id, !alert.failing, alert.failing ? alert.last_error : "works"});
  if (!plant) return found;
  for (const auto& link : view->links) {
    const bool online =
        link.state == link::State::online || (!link.critical && link.state == link::State::closed);
    const std::string age = link.last_heard == Instant{}
                                ? "never heard"
                                : "heard " + std::to_string(to_ms(now - link.last_heard)) + " ms ago";
    found.push_back({"link " + link.id, online,
                     online ? age
                            : std::string(name(link.state)) + ", " + age +
                                  (link.last_error.empty() ? "" : ": " + link.last_error)});
  }
  for (const auto& output : view->outputs) {
    const bool good = output.info.reachable != 0 && output.info.readback != permit::ReadbackState::failed;
    found.push_back(
        {"output " + output.id, good, good ? "can be reached" : "cannot be reached, or is not confirmed"});
  }
  return found;
}

std::vector<terminal::Readiness> SupervisorBackend::readiness() { return look(true); }

std::string SupervisorBackend::metrics() {
  const ViewPtr view = supervisor_.view();
  const Instant now = os::now();
  tell::MetricsInput input;
  input.version = version;
  input.state = view->guard_connected ? std::string(name(view->guard.state)) : "tripped";
  input.epoch = view->guard.epoch;
  input.acknowledged = view->guard.acknowledged != 0;
  input.trips = view->guard.epoch;
  input.guard_alive = view->guard_connected;
  if (view->guard_connected) input.permit_age = Duration(view->guard.permit_age_ns);
  input.loop_longest_turn = view->longest_turn;
  input.loop_overruns = view->overruns;
  for (const auto& link : view->links) {
    std::vector<std::pair<std::string, std::uint64_t>> faults;
    for (const auto& fault : link.faults) faults.emplace_back(fault.kind, fault.count);
    input.links.push_back({link.id, link.kind, std::string(name(link.state)), link.disconnects, link.outage,
                           link.rtt, link.last_heard == Instant{} ? Duration{-1} : now - link.last_heard,
                           link.dials, std::move(faults)});
  }
  for (const auto& output : view->outputs)
    input.outputs.push_back(
        {output.id, output.info.commanded == permit::OutputState::safe,
         std::string(permit::readback_names[static_cast<std::size_t>(output.info.readback)])});
  input.stages = view->stage_times;
  input.alerts = supervisor_.teller().statuses();
  input.publishers = view->publishers;
  const auto journal = supervisor_.recorder().health();
  input.journal_ok = journal.state != record::JournalState::degraded;
  input.journal_events = journal.written;
  input.journal_lost = journal.lost;
  input.snapshots = view->snapshots;
  return tell::metrics_text(input);
}

Outcome SupervisorBackend::state() { return ok(told_state(supervisor_, os::now())); }

Outcome SupervisorBackend::word(terminal::Word word, std::uint64_t epoch, const terminal::Caller& caller) {
  const permit::Word what = words[static_cast<std::size_t>(word)];
  if (epoch == 0 || epoch > 0xFFFFFFFFU)
    return problem(400, "the epoch is not a number of a trip", "`standstill status` shows the current one");
  const auto answer = supervisor_.word(what, static_cast<Epoch>(epoch), caller.operator_name);
  if (!answer) {
    if (!supervisor_.view()->guard_connected)
      return {409, record::dump(json{
                       {"error", "refused"},
                       {"reasons", {"the guard does not answer: " + supervisor_.view()->guard_trouble}}})};
    return busy();
  }
  if (answer->refusal == Refusal::none)
    return ok(json{{"done", permit::word_names[static_cast<std::size_t>(what)]},
                   {"state", name(answer->state)},
                   {"epoch", answer->epoch}});
  const auto reasons =
      refusal_reasons(*supervisor_.view(), what, answer->refusal, static_cast<Epoch>(epoch), os::now());
  return {409, record::dump(json{{"error", "refused"},
                                 {"reasons", reasons},
                                 {"state", name(answer->state)},
                                 {"epoch", answer->epoch}})};
}

Outcome SupervisorBackend::journal(const terminal::JournalQuery& query) {
  auto reader = record::JournalReader::open(supervisor_.config().site.state_dir / "journal.db");
  if (!reader) return problem(503, reader.error(), "");
  record::JournalQuery wanted;
  if (!query.since.empty()) {
    wanted.since_wall_ns = record::parse_since(query.since, os::wall_ns());
    if (!wanted.since_wall_ns)
      return problem(400, "'" + query.since + "' is no time",
                     "write an age (90s, 10m, 2h, 3d) or a time (2026-01-31T12:00:00Z)");
  }
  if (!query.kind.empty()) wanted.kind = query.kind;
  if (query.epoch) wanted.epoch = static_cast<std::uint32_t>(*query.epoch);
  if (query.after) wanted.after_id = static_cast<std::int64_t>(*query.after);
  wanted.limit = query.limit;
  wanted.newest = !query.after;
  const auto events = reader->read(wanted);
  if (!events) return problem(503, events.error(), "");
  json list = json::array();
  for (const auto& event : *events) list.push_back(record::to_json(event));
  return ok(json{{"events", list}});
}

// Work that takes a whole plan in hand is the scribe's, one piece at a time: every thread that did it would
// keep memory of its own for good. At most one caller waits for a disk that hangs; the others are told.
Outcome SupervisorBackend::at_length(const std::function<Outcome()>& work) {
  const std::unique_lock turn(at_length_, 10s);
  if (!turn) return busy();
  std::promise<Outcome> done;
  auto result = done.get_future();
  supervisor_.scribe().later([promise = std::make_shared<std::promise<Outcome>>(std::move(done)), &work] {
    promise->set_value(work());
  });
  try {
    return result.get();
  } catch (const std::future_error&) {  // too much waits for the disk: it was not taken up
    return busy();
  }
}

Outcome SupervisorBackend::snapshots() {
  const auto list = record::list_snapshots(supervisor_.config().site.state_dir);
  if (!list) return problem(503, list.error(), "");
  json made = json::array();
  for (const auto& one : *list)
    made.push_back({{"id", one.id},
                    {"kind", record::name(one.kind)},
                    {"epoch", one.epoch},
                    {"at", os::rfc3339(one.wall_s * 1'000'000'000)},
                    {"bytes", one.bytes}});
  return ok(json{{"snapshots", made}});
}

Outcome SupervisorBackend::snapshot(const std::string& id) {
  return at_length([&] { return read_snapshot(id); });
}

Outcome SupervisorBackend::read_snapshot(const std::string& id) {
  if (id == "live") {
    const auto input = supervisor_.on_loop<SnapshotInput>(
        [this] { return supervisor_.picture(record::SnapshotKind::manual); });
    if (!input) return busy();
    return {200, snapshot_document(*input).text(-1, Document::Order::by_name)};
  }
  auto text = record::snapshot_text(supervisor_.config().site.state_dir, id);
  if (!text) return no_snapshot(text.error());
  return {200, std::move(*text)};
}

Outcome SupervisorBackend::take_snapshot(const terminal::Caller& caller) {
  return at_length([&] { return taken_snapshot(caller); });
}

Outcome SupervisorBackend::taken_snapshot(const terminal::Caller& caller) {
  const auto input = supervisor_.on_loop<SnapshotInput>(
      [this] { return supervisor_.picture(record::SnapshotKind::manual); });
  if (!input) return busy();
  const auto written = write_snapshot(supervisor_.config().site.state_dir, *input);
  if (!written) return problem(503, written.error(), "");
  supervisor_.journal("snapshot", "taken", written->id, "by " + caller.who());
  return ok(json{{"id", written->id}, {"path", written->path.string()}});
}

std::expected<ordered_json, std::string> SupervisorBackend::outline(const std::string& id) {
  return record::load_snapshot_outline(
      supervisor_.config().site.state_dir, id, [](int depth, std::string_view name) {
        // the last two are what a checklist wants to know of it
        return layout::is_compared(depth, name) || (depth == 1 && (name == "epoch" || name == "age_ms"));
      });
}

// Against the snapshot `other`, or the plant as it is now. Only outlines stand in memory: a whole snapshot of
// a large plan would stay there for good, in pieces.
std::expected<std::vector<layout::Difference>, Outcome> SupervisorBackend::differences(
    const ordered_json& before, const std::string& other) {
  if (!other.empty()) {
    const auto loaded = outline(other);
    if (!loaded) return std::unexpected(no_snapshot(loaded.error()));
    return layout::compare(before, *loaded);
  }
  const auto input = supervisor_.on_loop<SnapshotInput>(
      [this] { return supervisor_.picture(record::SnapshotKind::manual); });
  if (!input) return std::unexpected(busy());
  const auto now = plant_outline(*input);
  if (!now.contains("model") || now["model"].is_null())
    return std::unexpected(problem(409, "there is no live plan to compare with",
                                   "wait until the server has sent it: `standstill status`"));
  // S7: what a silent server said last is the snapshot once more, and agrees with it.
  for (const auto& link : input->view.links)
    if (link.kind == "rocrail" && link.state != link::State::online)
      return std::unexpected(problem(409, layout::not_live(link.id, name(link.state)),
                                     "bring its server back first, or compare with another snapshot"));
  return layout::compare(before, now);
}

Outcome SupervisorBackend::compare(const std::string& id, const std::string& other) {
  return at_length([&] { return made_comparison(id, other); });
}

Outcome SupervisorBackend::made_comparison(const std::string& id, const std::string& other) {
  const auto before = outline(id.empty() ? "latest" : id);
  if (!before) return no_snapshot(before.error());
  const auto found = differences(*before, other);
  if (!found) return found.error();
  json list = json::array();
  for (const auto& one : *found)
    list.push_back({{"kind", one.kind},
                    {"id", one.id},
                    {"field", one.field},
                    {"before", one.before},
                    {"now", one.now},
                    {"advice", one.advice},
                    {"severity", layout::name(one.severity)}});
  return ok(json{{"snapshot", id},
                 {"other", other.empty() ? "live" : other},
                 {"same", list.empty()},
                 {"differences", list}});
}

Outcome SupervisorBackend::why() {
  const ViewPtr view = supervisor_.view_now();
  json list = json::array();
  for (const auto& one : blockers(*view, os::now()))
    list.push_back({{"source", one.source},
                    {"text", one.text},
                    {"advice", one.advice},
                    {"age_ms", one.age_ms < 0 ? json(nullptr) : json(one.age_ms)}});
  return ok(json{{"state", state_word(*view)}, {"running", list.empty()}, {"blockers", list}});
}

Outcome SupervisorBackend::checklist(const std::string& snapshot_id) {
  return at_length([&] { return made_checklist(snapshot_id); });
}

Outcome SupervisorBackend::made_checklist(const std::string& snapshot_id) {
  const ViewPtr view = supervisor_.view();
  record::ChecklistPlant plant;
  plant.site = view->site;
  plant.state = state_word(*view);
  plant.epoch = view->guard.epoch;
  plant.acknowledged = view->guard.acknowledged != 0;
  if (view->guard.has_first_out != 0)
    plant.cause = std::string(view->guard.first_out_source.view()) + ": " +
                  std::string(view->guard.first_out_detail.view());
  for (const auto& output : view->outputs) {
    if (!output.secures) continue;  // a lamp proves nothing about the power
    plant.outputs.push_back(
        {output.id, output.kind, output.info.commanded == permit::OutputState::run ? "run" : "safe",
         std::string(permit::readback_names[static_cast<std::size_t>(output.info.readback)]),
         output.readback_text});
  }
  for (const auto& link : view->links)
    plant.links.push_back({link.id, link.kind, std::string(name(link.state)), link.peer, link.critical});
  for (const auto& one : blockers(*view, os::now())) plant.blockers.push_back(one.source + ": " + one.text);
  json snapshot;
  const std::string id =
      snapshot_id.empty() ? view->snapshot_id.empty() ? "latest" : view->snapshot_id : snapshot_id;
  if (const auto before = outline(id)) {
    plant.snapshot_id = id;
    snapshot = json::object();
    for (const char* read : {"epoch", "age_ms", "locomotives"})
      if (before->contains(read)) snapshot[read] = before->at(read);
    if (const auto found = differences(*before, "")) {
      plant.compared = true;
      for (const auto& one : *found)
        plant.differences.push_back({one.kind, one.id, one.field, one.before, one.now, one.advice});
    }
  } else if (!snapshot_id.empty()) {
    return no_snapshot(before.error());
  }
  const auto list = record::recovery_checklist(plant, snapshot);
  json body = record::to_json(list);
  body["text"] = record::to_text(list);
  return ok(body);
}

Outcome SupervisorBackend::tags() {
  const auto tags = supervisor_.on_loop<std::vector<link::Tag>>([this] { return supervisor_.tags().all(); });
  return tags ? ok(tags_json(*tags)) : busy();
}

Outcome SupervisorBackend::health(bool plant) {
  json reasons = json::array();
  for (const auto& one : look(plant))
    if (!one.ok) reasons.push_back(one.name + ": " + one.detail);
  return ok(json{{"healthy", reasons.empty()}, {"reasons", reasons}});
}

Outcome SupervisorBackend::links() {
  return ok(json(state_json(*supervisor_.view(), os::now()).at("links")));
}

Outcome SupervisorBackend::send(const std::string& link, const std::string& command,
                                const terminal::Caller& caller) {
  if (link == station::bus_source && supervisor_.config().bus) return send_to_station(command, caller);
  struct Sent {
    int status = 200;
    std::string why;
  };
  const auto sent = supervisor_.on_loop<Sent>([this, link, command]() -> Sent {
    Job* job = supervisor_.job(link);
    if (job == nullptr || job->config().id != link) return {404, "there is no link '" + link + "'"};
    if (!supervisor_.running()) return {409, "the plant is not running: writes by hand are refused"};
    const auto done = job->send(command, true);
    return done ? Sent{} : Sent{400, done.error()};
  });
  if (!sent) return busy();
  supervisor_.journal("command", sent->status == 200 ? "sent" : "refused", link,
                      command + " (by " + caller.who() + ")" + (sent->why.empty() ? "" : ": " + sent->why));
  if (sent->status == 200) return ok(json{{"sent", command}});
  if (sent->status == 409) return {409, record::dump(json{{"error", "refused"}, {"reasons", {sent->why}}})};
  return problem(sent->status, sent->why, "`standstill rocrail send --help` shows what can be said");
}

std::optional<terminal::Role> SupervisorBackend::verify(const std::string& name, const std::string& secret) {
  const auto known = operators_.verify(name, secret);
  if (!known) return std::nullopt;
  return static_cast<terminal::Role>(known->role);
}

std::optional<terminal::Role> SupervisorBackend::role_of(const std::string& name) {
  const auto all = operators_.list();
  if (!all) throw std::runtime_error(all.error());
  for (const auto& one : *all)
    if (one.name == name) return static_cast<terminal::Role>(one.role);
  return std::nullopt;
}

std::unique_ptr<terminal::Changes> SupervisorBackend::changes() {
  return std::make_unique<PlantChanges>(supervisor_);
}

static_assert(static_cast<int>(terminal::Role::engineer) == static_cast<int>(record::Role::engineer));

}  // namespace standstill::supervise
