#include "sweep/supervisor_sweep.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "record/event_json.hpp"
#include "record/journal_reader.hpp"
#include "record/snapshot.hpp"

namespace standstill::sweep {

using nlohmann::json;
using test::PlantRig;
using test::Tracer;
using namespace std::chrono_literals;

namespace {
constexpr auto safe_within = 10s;      // permit 1 s; the rest is a busy machine, and the tracer
constexpr auto runs_for = 60ms;        // blows shall also fall while it runs
constexpr auto recorded_within = 30s;  // and so it may take its time to write
constexpr int rounds_for_a_phase = 4;
constexpr auto reached_within = 60s;
constexpr auto up_within = 120s;  // also for an end: a process in fsync on a busy disk takes its time

std::set<pid_t> children_of(pid_t parent) {
  std::set<pid_t> found;
  std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t pid; in >> pid;) found.insert(pid);
  return found;
}
}  // namespace

SupervisorSweep::SupervisorSweep(Victim, Table& table)
    : table_(table), striker_([this] { return !plant_->all_safe(); }) {
  PlantRig::Options options{.port = peer_.port()};
  options.spawn = [this](const std::vector<std::string>& words, const std::string& log) {
    tracer_.reset();
    tracer_ = std::make_unique<Tracer>(
        Tracer::Command{words, {}, log},
        [this](const test::TracedProcess& process) {
          if (process.program != "standstill") return Tracer::Role::leave;
          victim_pid_ = process.pid;
          return Tracer::Role::step;
        },
        [this](const test::TracedCall& call) { return striker_.judge(call); });
    return tracer_->pid();
  };
  options.ended = [this](pid_t pid) { return tracer_ ? tracer_->ended(pid) : std::optional(0); };
  plant_ = std::make_unique<PlantRig>(options);
}

SupervisorSweep::~SupervisorSweep() {
  look();
  tracer_.reset();
  // The guards outlive their supervisors: end them, and the cutters that they started.
  for (const pid_t guard : guards_) {
    if (!PlantRig::alive(guard) ||
        PlantRig::read("/proc/" + std::to_string(guard) + "/comm") != "standstill-guar\n")
      continue;
    const auto cutters = children_of(guard);
    ::kill(guard, SIGKILL);
    for (const pid_t cutter : cutters) ::kill(cutter, SIGKILL);
  }
  plant_.reset();
}

bool SupervisorSweep::alive() const {
  return tracer_ && victim_pid_ > 0 && !tracer_->ended(plant_->supervisor()) && !tracer_->all_ended();
}

void SupervisorSweep::begin_life() {
  state_ = "?";
  tripped_here_ = 0;
  spoiled_ = dealing_errors_;
  striker_.phase_is(Phase::starting);
  plant_->start();
}

void SupervisorSweep::look() {
  if (plant_->run_commands() > starts_) complain("S4: an output was energised without a start");
  if (!alive()) return;
  const auto reply = plant_->get("/api/v1/state");
  if (reply.status != 200) return;
  const json body = json::parse(reply.body, nullptr, false);
  if (!body.is_object() || !body.contains("guard") || !body["guard"].is_object()) return;
  const pid_t guard = body["guard"].value("pid", 0);
  const std::string state = body.value("state", "unknown");
  const std::uint64_t epoch = body.value("epoch", std::uint64_t{0});
  // Until the guard has said what it is, the supervisor only supposes that it is tripped, in no epoch.
  if (guard <= 0 || state == "unknown" || epoch == 0) return;
  guards_.insert(guard);
  if (state_ == "running" && state == "tripped") tripped_here_ = epoch;
  state_ = told_ = state;
  epoch_ = epoch;
  acknowledged_ = body.value("acknowledged", false);
  if (epoch_ < highest_)
    complain("S3: epoch " + std::to_string(epoch_) + " after " + std::to_string(highest_));
  highest_ = std::max(highest_, epoch_);
}

void SupervisorSweep::lead() {
  if (!alive()) return begin_life();
  look();
  if (state_ == "tripped") {
    if (was_running_) {
      was_running_ = false;
      peer_.tell("restart 1");
    }
    striker_.phase_is(acknowledged_ ? Phase::resetting : Phase::acknowledging);
    plant_->word(acknowledged_ ? "reset" : "ack", epoch_);
  } else if (state_ == "ready") {
    ++starts_;
    striker_.phase_is(Phase::energising);
    plant_->word("start", epoch_);
  } else if (state_ == "running" && plant_->all_energised()) {
    const auto now = std::chrono::steady_clock::now();
    if (!was_running_) {
      ++rounds_;
      running_since_ = now;
      striker_.phase_is(Phase::running);
    }
    was_running_ = true;
    if (!hold_ && now - running_since_ >= runs_for && trip_is_recorded()) {
      striker_.phase_is(Phase::tripping);
      peer_.tell("crash");
    }
  }
  if (++looks_ % 5 == 0) read_journal();  // it costs the traced supervisor more than everything else
}

void SupervisorSweep::read_journal() {
  const json events = json::parse(plant_->journal("limit=40"), nullptr, false);
  if (!events.is_object() || !events.contains("events")) return;
  for (const auto& event : events["events"]) {
    written_[event["id"]] = event.dump();
    if (event.value("kind", "") != "snapshot" || event.value("code", "") != "written") continue;
    if (const auto entry = record::parse_snapshot_id(event.value("source", "")))
      pictured_.insert(entry->epoch);
  }
}

// S13: a trip that one unharmed life has led back to running has its snapshot.
bool SupervisorSweep::trip_is_recorded() {
  if (tripped_here_ == 0 || spoiled_ || pictured_.contains(tripped_here_)) return true;
  read_journal();
  if (!alive() || std::chrono::steady_clock::now() - running_since_ < recorded_within) return false;
  complain("S13: there is no snapshot of epoch " + std::to_string(tripped_here_));
  return true;
}

bool SupervisorSweep::pump(const std::function<bool()>& condition, std::chrono::milliseconds limit,
                           bool leading) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    if (leading) lead();
    ::usleep(10'000);
  }
  return condition();
}

Survey SupervisorSweep::survey() {
  Survey seen;
  striker_.survey(&seen);
  const bool done = pump([&] { return rounds_ >= 2; }, up_within * 2);
  striker_.survey(nullptr);
  return done && violation_.empty() ? seen : Survey{};
}

void SupervisorSweep::deal(const Strike& strike) {
  violation_.clear();
  hold_ = false;
  dealing_errors_ = strike.error != 0;
  rounds_ = 0;
  // The sweep begins with outputs that were made safe once: before the first guard runs, nobody can.
  if (guards_.empty()) pump([&] { return !guards_.empty() && plant_->all_safe(); }, up_within);
  const bool phased = strike.phase != Phase::any;
  const bool anew = strike.error != 0 || strike.phase == Phase::starting ||
                    (!phased && striker_.calls_so_far(victim_pid_) >= strike.index);
  striker_.order(strike, anew ? victim_pid_.load() : -1);
  if (anew && alive()) {
    ::kill(victim_pid_, SIGKILL);
    pump([&] { return !alive(); }, 10s, false);
    state_ = "?";
  }
  // A phase that is left comes again, and is given up where the call did not come with it.
  const auto struck_or_over = [&] {
    return striker_.struck() || (phased && rounds_ >= rounds_for_a_phase) ||
           (strike.phase == Phase::starting && state_ != "?");
  };
  if (!pump(struck_or_over, strike.error != 0 ? 10s : reached_within) || !striker_.struck()) {
    striker_.withdraw();
    if (!violation_.empty()) table_.add(strike, "(before the blow)", -1, violation_);
    return table_.missed();
  }
  double late_ms = -1;
  if (strike.error != 0)
    check_error(late_ms);
  else
    check_kill(late_ms);
  striker_.withdraw();
  table_.add(strike, striker_.call(), late_ms, violation_);
}

void SupervisorSweep::check_kill(double& late_ms) {
  const std::string before = told_;
  const std::uint64_t epoch_before = highest_;
  const std::int64_t at = striker_.struck_at();
  // An order to run that was on its way at the blow may still arrive, and the cut behind it: safe is what
  // stays so.
  int runs = plant_->run_commands();
  std::int64_t since = test::boot_ns();
  const bool safe = pump(
      [&] {
        const int now = plant_->run_commands();
        if (!plant_->all_safe() || now != runs) since = test::boot_ns();
        runs = now;
        return test::boot_ns() - since >= 50'000'000;
      },
      safe_within, false);
  if (!safe) complain("S2: an output stayed energised");
  if (striker_.was_energised() && plant_->relay.safe_at() > at)
    late_ms = static_cast<double>(plant_->relay.safe_at() - at) / 1e6;
  if (!pump([&] { return !alive(); }, up_within, false)) complain("the supervisor did not end");
  begin_life();
  const bool up = pump(
      [&] {
        look();
        return state_ != "?" || !alive();
      },
      up_within, false);
  if (!up || !alive()) return complain("the supervisor did not come back: " + plant_->log());
  // Its death is a cause, whatever the latch was before, and no word can reset it while nobody is connected.
  if (state_ != "tripped") complain("S3: it came back " + state_ + " after " + before);
  if (before != "tripped" && before != "?" && epoch_ <= epoch_before)
    complain("S3: no new trip: epoch " + std::to_string(epoch_) + " after " + before + " in " +
             std::to_string(epoch_before));
  if (plant_->run_commands() != runs) complain("S4: its start energised an output");
  check_record();
}

// S13: what the journal has shown stands in it; where it says that a snapshot is written, there is one; and
// every snapshot is whole. Read from the disk: whoever lost something shall not be the one who is asked.
void SupervisorSweep::check_record() {
  const std::string journal = plant_->state_dir + "/journal.db";
  auto reader = record::JournalReader::open(journal);
  if (!reader && dealing_errors_ && alive()) {
    // A lock that was not given back, because the call for it was made to fail, ends with its process.
    ::kill(victim_pid_, SIGKILL);
    pump([&] { return !alive(); }, 10s, false);
    reader = record::JournalReader::open(journal);
    begin_life();
  }
  if (!reader) return complain("S13: " + reader.error());
  const auto events = reader->read({.limit = 100'000});
  if (!events) return complain("S13: " + events.error());
  std::map<std::int64_t, std::string> now;
  std::set<std::string> promised;
  for (const auto& one : *events) {
    now[one.id] = record::to_json(one).dump();
    if (one.event.kind == "snapshot" && one.event.code == "written") promised.insert(one.event.source);
  }
  check_journal(now);
  check_snapshots(promised);
}

void SupervisorSweep::check_journal(const std::map<std::int64_t, std::string>& now) {
  for (const auto& [id, event] : written_) {
    const auto found = now.find(id);
    if (found == now.end()) return complain("S13: the journal has lost " + event);
    if (found->second != event) return complain("S13: the journal has changed " + event);
  }
}

void SupervisorSweep::check_snapshots(const std::set<std::string>& promised) {
  const std::filesystem::path folder = plant_->state_dir + "/snapshots";
  for (const auto& id : promised)
    if (!std::filesystem::exists(folder / (id + ".json"))) complain("S13: snapshot " + id + " is gone");
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(folder, none))
    if (file.path().extension() == ".json" &&
        PlantRig::pick(PlantRig::read(file.path()), "/timestamp") == "?")
      complain("S13: " + file.path().string() + " is torn");
}

void SupervisorSweep::check_error(double& late_ms) {
  const int rounds = rounds_;
  pump([&] { return rounds_ > rounds + 1; }, 3s);
  hold_ = true;
  pump([&] { return state_ == "running" && plant_->all_energised(); }, 2s);
  const std::int64_t at = test::boot_ns();
  peer_.tell("crash");
  // Whoever cannot see the link any more must at least be stoppable, and does not outlive this test.
  if (!pump([&] { return plant_->all_safe(); }, safe_within, false))
    complain("S2: after the errors an output stayed energised through a trip");
  if (plant_->relay.safe_at() > at) late_ms = static_cast<double>(plant_->relay.safe_at() - at) / 1e6;
  const int runs = plant_->run_commands();
  if (pump([&] { return !plant_->all_safe() || plant_->run_commands() != runs; }, 60ms, false))
    complain("S4: energised after the trip, without a start");
  check_record();
  was_running_ = true;  // the peer is down: it is brought back before the next round
}

}  // namespace standstill::sweep
