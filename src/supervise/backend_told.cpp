// What was told and what was tried: alerts, and the reports of drills and proof tests.
#include <sys/stat.h>

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

constexpr Duration longest_test = 30s;
constexpr std::size_t most_reports = 500;

std::optional<tell::AlertStatus> status_of(const tell::Teller& teller, const std::string& id) {
  for (const auto& one : teller.statuses())
    if (one.id == id) return one;
  return std::nullopt;
}

json time_or_null(std::int64_t wall_ns) { return wall_ns == 0 ? json(nullptr) : json(os::rfc3339(wall_ns)); }

}  // namespace

Outcome SupervisorBackend::alerts() {
  json list = json::array();
  for (const auto& one : supervisor_.teller().statuses())
    list.push_back({{"id", one.id},
                    {"kind", one.kind},
                    {"failing", one.failing},
                    {"last_error", one.last_error},
                    {"pending", one.pending},
                    {"delivered", one.delivered},
                    {"dropped", one.dropped},
                    {"last_ok", time_or_null(one.last_ok_wall_ns)}});
  return ok(list);
}

// Through the real channel, to the real people; what waits before it goes out first.
Outcome SupervisorBackend::test_alert(const std::string& id, const terminal::Caller& caller) {
  tell::Teller& teller = supervisor_.teller();
  const auto before = status_of(teller, id);
  tell::AlertEvent event;
  event.event = "test";
  event.site = supervisor_.config().site.name;
  event.state = state_word(*supervisor_.view_now());
  event.epoch = supervisor_.view()->guard.epoch;
  event.source = id;
  event.detail = "a test of this alert, asked for by " + caller.who();
  event.wall_ns = os::wall_ns();
  if (!before)
    return problem(404, "there is no alert '" + id + "'", "`standstill alert list` names those there are");
  if (!teller.submit_to(id, event)) {  // as it is configured it cannot be used at all
    supervisor_.journal("alert", "test_failed", id, before->last_error);
    return ok(json{{"id", id}, {"delivered", false}, {"waiting", 0}, {"error", before->last_error}});
  }
  const Instant until = os::now() + longest_test;
  auto now = *before;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    now = status_of(teller, id).value_or(now);
  } while (now.pending > 0 && now.last_error_wall_ns == before->last_error_wall_ns && os::now() < until);
  const bool delivered = now.pending == 0 && now.delivered > before->delivered;
  supervisor_.journal("alert", delivered ? "tested" : "test_failed", id,
                      delivered ? "by " + caller.who() : now.last_error);
  return ok(json{{"id", id},
                 {"delivered", delivered},
                 {"waiting", now.pending},
                 {"error", delivered                ? json(nullptr)
                           : now.last_error.empty() ? json("nothing came of it within 30 s")
                                                    : json(now.last_error)}});
}

Outcome SupervisorBackend::reports() {
  const auto& folder = supervisor_.config().site.state_dir;
  const auto list = record::list_reports(folder);
  if (!list) return problem(503, list.error(), "look at the disk of state_dir");
  json made = json::array();
  for (const auto& one : *list) {
    if (made.size() >= most_reports) break;
    const auto body = record::load_report(folder, one.id);
    made.push_back({{"id", one.id},
                    {"kind", record::name(one.kind)},
                    {"subject", one.subject},
                    {"at", os::rfc3339(one.wall_s * 1'000'000'000)},
                    {"passed", body && body->value("passed", false)}});
  }
  struct stat info{};
  const std::int64_t now = os::wall_ns();
  const std::int64_t installed =
      ::stat((folder / "installed").c_str(), &info) == 0 ? info.st_mtim.tv_sec * 1'000'000'000LL : now;
  json due = json::array();
  for (const auto& output : supervisor_.config().outputs) {
    if (!output.is_safety()) continue;
    const auto last = record::last_passed(folder, record::ReportKind::prooftest, output.id);
    const auto when =
        record::proof_test_due(last.value_or(0), installed, static_cast<int>(output.prooftest_days), now);
    due.push_back({{"output", output.id},
                   {"last_passed", time_or_null(last.value_or(0))},
                   {"every_days", output.prooftest_days},
                   {"due", output.prooftest_days == 0 ? json(nullptr) : json(os::rfc3339(when.due_wall_ns))},
                   {"overdue", when.overdue},
                   {"days", when.days}});
  }
  return ok(json{{"reports", made}, {"due", due}});
}

Outcome SupervisorBackend::report(const std::string& id) {
  if (!record::parse_report_id(id))
    return problem(404, "there is no report '" + id + "'", "GET /api/v1/reports lists them");
  const auto body = record::load_report(supervisor_.config().site.state_dir, id);
  if (!body) return problem(404, body.error(), "GET /api/v1/reports lists them");
  return ok(*body);
}

}  // namespace standstill::supervise
