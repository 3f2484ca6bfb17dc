// Drills and proof tests: a real trip, brought about on purpose, measured to the confirmed safe state, and
// kept.
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "os/clock.hpp"
#include "record/event_json.hpp"
#include "record/reports.hpp"
#include "supervise/backend.hpp"
#include "supervise/outcome.hpp"

namespace standstill::supervise {

using nlohmann::json;
using terminal::Outcome;

namespace {

constexpr Duration give_up_after = 30s;

Outcome refused(const std::string& why) {
  return {409, record::dump(json{{"error", "refused"}, {"reasons", {why}}})};
}

bool settled(const View& view) {
  for (const auto& output : view.outputs) {
    if (!output.secures || output.info.readback == permit::ReadbackState::failed) continue;
    if (output.info.commanded_ms < 0 || output.info.readback == permit::ReadbackState::unconfirmed)
      return false;
  }
  return true;
}

// Waits for a trip after `before` until every output is confirmed or has failed.
ViewPtr await_safe(const Supervisor& supervisor, Epoch before, Instant begun, Duration limit) {
  for (;;) {
    ViewPtr view = supervisor.view();
    const bool tripped = view->guard.epoch > before && view->guard.state == LatchState::tripped;
    if ((tripped && settled(*view)) || os::now() - begun > limit) return view;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

json outputs_json(const View& view, Instant begun) {
  json list = json::array();
  const std::int64_t offset = view.guard.tripped_at_ns - to_ns(begun);
  for (const auto& output : view.outputs) {
    if (!output.secures) continue;
    const auto ms = [&](std::int32_t after_trip) {
      return after_trip < 0 ? json(nullptr) : json(static_cast<double>(offset) / 1e6 + after_trip);
    };
    list.push_back(
        {{"id", output.id},
         {"commanded_ms", ms(output.info.commanded_ms)},
         {"confirmed_ms", ms(output.info.confirmed_ms)},
         {"readback", permit::readback_names[static_cast<std::size_t>(output.info.readback)]},
         {"note", output.info.readback == permit::ReadbackState::none ? "no read-back: look whether it is off"
                                                                      : ""}});
  }
  return list;
}

bool effective(const View& view, const std::string& only) {
  for (const auto& output : view.outputs) {
    if (!output.secures || (!only.empty() && output.id != only)) continue;
    if (output.info.commanded_ms < 0 || output.info.readback == permit::ReadbackState::failed ||
        output.info.readback == permit::ReadbackState::unconfirmed)
      return false;
  }
  return true;
}

}  // namespace

Outcome SupervisorBackend::drill(const std::string& link, const terminal::Caller& caller) {
  const std::unique_lock lock(exercise_, std::try_to_lock);
  if (!lock) return refused("another drill or proof test is under way");
  const ViewPtr before = supervisor_.view();
  if (!before->guard_connected || before->guard.state != LatchState::running)
    return refused(
        "a drill needs the plant running: it measures the way from a broken link to the confirmed safe "
        "state");
  struct Target {
    std::string id, peer;
    int socket = -1;
    bool critical = false;
  };
  const auto target = supervisor_.on_loop<Target>([this, link]() -> Target {
    Job* job = supervisor_.job(link);
    if (job == nullptr) return {};
    // A duplicate: shutting it down breaks the connection beneath the engine, which must notice by itself.
    const int socket = job->native_handle();
    return {job->config().id, job->status().peer, socket < 0 ? -1 : ::dup(socket), job->config().critical};
  });
  if (!target) return refused("the supervisor did not answer in time");
  if (target->id.empty())
    return problem(404, "there is no link '" + link + "'", "`standstill status` lists the links");
  const os::Fd socket(target->socket);
  if (!socket) return refused("link '" + target->id + "' is not online");
  if (!target->critical) return refused("link '" + target->id + "' is not critical: losing it trips nothing");
  supervisor_.journal("drill", "begun", target->id, "by " + caller.who());
  const Instant begun = os::now();
  const std::int64_t wall = os::wall_ns();
  if (::shutdown(socket.get(), SHUT_RDWR) != 0) return refused("the connection could not be broken");
  const ViewPtr after = await_safe(supervisor_, before->guard.epoch, begun, give_up_after);
  const bool tripped = after->guard.epoch > before->guard.epoch;
  const bool passed = tripped && effective(*after, {});
  json body{
      {"link", target->id},
      {"peer", target->peer},
      {"how", "the connection was shut down beneath the program"},
      {"epoch", after->guard.epoch},
      {"detected_ms", tripped ? json(static_cast<double>(after->guard.first_out_at_ns - to_ns(begun)) / 1e6)
                              : json(nullptr)},
      {"tripped_ms",
       tripped ? json(static_cast<double>(after->guard.tripped_at_ns - to_ns(begun)) / 1e6) : json(nullptr)},
      {"outputs", outputs_json(*after, begun)}};
  const auto report = record::write_report(supervisor_.config().site.state_dir, record::ReportKind::drill,
                                           target->id, wall, passed, body);
  body["passed"] = passed;
  body["report"] = report ? json(report->path.string()) : json(report.error());
  supervisor_.journal("drill", passed ? "passed" : "failed", target->id,
                      passed ? "every output was commanded safe and confirmed" : "see the report",
                      body.dump());
  return ok(body);
}

Outcome SupervisorBackend::prooftest(const std::string& output, const terminal::Caller& caller) {
  const std::unique_lock lock(exercise_, std::try_to_lock);
  if (!lock) return refused("another drill or proof test is under way");
  const ViewPtr before = supervisor_.view();
  bool known = output.empty();
  for (const auto& one : before->outputs) known = known || (one.id == output && one.secures);
  if (!known)
    return problem(404, "there is no output '" + output + "'", "`standstill status` lists the outputs");
  if (!before->guard_connected || before->guard.state != LatchState::running)
    return refused(
        "a proof test needs the plant running: it exercises the real cut, and a cut of what is off proves "
        "nothing");
  const Instant begun = os::now();
  const std::int64_t wall = os::wall_ns();
  supervisor_.stop(CauseCode::operator_command, "proof test of " +
                                                    (output.empty() ? std::string("every output") : output) +
                                                    " (by " + caller.who() + ")");
  const ViewPtr after = await_safe(supervisor_, before->guard.epoch, begun, give_up_after);
  json reports = json::array();
  bool all_passed = true;
  for (const auto& one : after->outputs) {
    if (!one.secures || (!output.empty() && one.id != output)) continue;
    const bool passed = effective(*after, one.id);
    all_passed = all_passed && passed;
    json body{{"epoch", after->guard.epoch},
              {"commanded_ms", one.info.commanded_ms},
              {"confirmed_ms", one.info.confirmed_ms},
              {"readback", permit::readback_names[static_cast<std::size_t>(one.info.readback)]}};
    const auto report = record::write_report(supervisor_.config().site.state_dir,
                                             record::ReportKind::prooftest, one.id, wall, passed, body);
    reports.push_back({{"output", one.id},
                       {"passed", passed},
                       {"report", report ? json(report->path.string()) : json(report.error())}});
    supervisor_.journal("prooftest", passed ? "passed" : "failed", one.id, "", body.dump());
  }
  return ok(json{{"passed", all_passed},
                 {"epoch", after->guard.epoch},
                 {"outputs", outputs_json(*after, begun)},
                 {"reports", reports}});
}

}  // namespace standstill::supervise
