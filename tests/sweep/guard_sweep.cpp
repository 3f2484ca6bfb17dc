#include "sweep/guard_sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace standstill::sweep {

using permit::Word;
using test::Tracer;

namespace {
// Heartbeat 0.4 s, permit 1.5 s, the serial time-out; the rest is a busy machine.
constexpr Duration safe_within = 10s;
constexpr Duration stays_safe = 50ms;
constexpr Duration reached_within = 60s;
constexpr Duration up_within = 120s;  // also for an end: a process in fsync on a busy disk takes its time
}  // namespace

GuardSweep::GuardSweep(Victim victim, Table& table)
    : victim_(victim),
      table_(table),
      striker_([this] { return !rig_->all_safe(); }),
      rig_(std::make_unique<test::TracedGuardRig>(2)) {}

GuardSweep::~GuardSweep() = default;

bool GuardSweep::guard_alive() const {
  return rig_->tracer && rig_->guard_pid > 0 && !rig_->tracer->ended(rig_->guard_pid);
}

void GuardSweep::begin_life() {
  rig_->port.leave(false);
  link_told_ = false;
  link_ = Standing::unknown;
  asked_ = 0;
  rig_->state.reset();
  rig_->lost = false;
  rig_->start_traced(
      [this](const test::TracedProcess& process) {
        const bool hit = victim_ == Victim::guard
                             ? test::is_guard(process)
                             : test::is_cutter(process, victim_ == Victim::cutter1 ? 1 : 2);
        if (hit) {
          victim_pid_ = process.pid;
          ++lives_;
        }
        return hit                                                   ? Tracer::Role::step
               : victim_ != Victim::guard && test::is_guard(process) ? Tracer::Role::follow
                                                                     : Tracer::Role::leave;
      },
      [this](const test::TracedCall& call) { return striker_.judge(call); });
}

void GuardSweep::say(Word word) {
  permit::WordBody body{};
  body.word = word;
  body.epoch = rig_->state->epoch;
  body.who = "sweep";
  if (word == Word::start) ++starts_;
  asked_ = rig_->port.word(body);
  if (std::exchange(resets_in_, body.epoch) != body.epoch) resets_.clear();
  if (word == Word::reset) resets_.insert(asked_);
  asked_until_ = os::now() + 500ms;
}

// S4, watched all the time: a relay that ran more often than somebody said start ran by itself.
void GuardSweep::watch_relay() {
  for (const auto& relay : rig_->relay)
    if (relay->run_commands() > starts_) complain("S4: a relay was energised without a start");
  if (!rig_->state) return;
  if (rig_->state->epoch < highest_)
    complain("S3: epoch " + std::to_string(rig_->state->epoch) + " after " + std::to_string(highest_));
  highest_ = std::max(highest_, rig_->state->epoch);
  last_ = rig_->state->state;
}

void GuardSweep::lead() {
  if (!guard_alive()) return begin_life();
  if (!rig_->port.connected()) {
    rig_->state.reset();
    link_told_ = false;
    asked_ = 0;
    const permit::Hello hello{static_cast<std::uint32_t>(::getpid()), plan::hash(*rig_->plan), highest_, 0,
                              0};
    static_cast<void>(rig_->port.connect(hello));
    return;
  }
  if (!rig_->state) return;
  if (!link_told_) {
    link_told_ = true;
    link_ = Standing::clear;
    rig_->link_is(link_);
  }
  if (asked_ != 0) {
    if (!rig_->answers.contains(asked_) && os::now() < asked_until_) return;
    // A refusal (a cause has not settled yet) is not asked about again at once.
    const auto answer = rig_->answers.find(asked_);
    if (answer != rig_->answers.end() && answer->second != Refusal::none) {
      next_word_ = os::now() + 25ms;
    }
    asked_ = 0;
  }
  if (os::now() < next_word_) return;
  switch (rig_->state->state) {
    case LatchState::tripped:
      if (link_ == Standing::present) {
        link_ = Standing::clear;
        rig_->link_is(link_);
      }
      round_ = rounds_ > 0 ? Round::tripped : Round::up;
      return say(rig_->state->acknowledged != 0 ? Word::reset : Word::acknowledge);
    case LatchState::ready:
      return say(Word::start);
    case LatchState::running:
      break;
  }
  for (const auto& relay : rig_->relay)
    if (!relay->energised()) return;
  if (round_ != Round::running) {
    round_ = Round::running;
    ++rounds_;
    next_word_ = os::now() + 60ms;  // blows shall also fall while it runs
    return;
  }
  if (hold_ || link_ == Standing::present) return;
  link_ = Standing::present;
  rig_->link_is(link_);
}

bool GuardSweep::pump(const std::function<bool()>& condition, Duration limit, bool leading) {
  const Instant end = os::now() + limit;
  while (os::now() < end) {
    rig_->loop.turn(2ms);
    watch_relay();
    if (condition()) return true;
    if (leading) lead();
  }
  return false;
}

void GuardSweep::kill_victim() {
  const int life = lives_;
  if (victim_pid_ > 0) ::kill(victim_pid_, SIGKILL);
  if (victim_ == Victim::guard)
    pump([&] { return !guard_alive(); }, 10s, false);
  else
    pump([&] { return lives_ > life; }, 10s);
}

Survey GuardSweep::survey() {
  Survey seen;
  striker_.survey(&seen);
  begin();
  rounds_ = 0;
  const bool done = pump([&] { return rounds_ >= 2 && round_ == Round::tripped; }, up_within);
  striker_.survey(nullptr);
  return done && violation_.empty() ? seen : Survey{};
}

void GuardSweep::begin() {
  if (rig_->send_permits) return;
  rig_->send_permits = true;
  rig_->permit_tick();
  // What a relay does at power-up is its own affair: the sweep begins with outputs that were made safe once.
  // (A guard that dies before it has cutters leaves them as they are until the supervisor, or systemd, starts
  // the next one.)
  pump([&] { return rig_->all_safe(); }, up_within);
}

void GuardSweep::deal(const Strike& strike) {
  begin();
  violation_.clear();
  hold_ = false;
  rounds_ = 0;
  round_ = Round::up;
  // A life that has not come so far yet may go on; an error is dealt from the first call on.
  const bool anew = strike.error != 0 || strike.fresh || striker_.calls_so_far(victim_pid_) >= strike.index;
  striker_.order(strike, anew ? victim_pid_.load() : -1);
  if (anew) kill_victim();
  if (strike.fresh && victim_ == Victim::guard) std::filesystem::remove(rig_->folder / "latch");
  lives_at_order_ = lives_;
  if (!pump([&] { return striker_.struck(); }, strike.error != 0 ? 5s : reached_within)) {
    striker_.withdraw();
    if (!violation_.empty()) table_.add(strike, "(before the blow)", -1, violation_);
    return table_.missed();
  }
  double late_ms = -1;
  const std::string found = strike.error != 0 ? check_error(late_ms) : check_kill(strike, late_ms);
  striker_.withdraw();
  table_.add(strike, striker_.call(), late_ms, found);
}

// After a kill: S2 within the deadline, S3 and S4 when the process is back.
std::string GuardSweep::check_kill(const Strike&, double& late_ms) {
  const LatchState before = last_;
  // The guard may have obeyed a word and died before it could say so: `ready` is right if that word was a
  // reset.
  const bool reset_was_said = before == LatchState::tripped && resets_in_ == highest_ &&
                              std::any_of(resets_.begin(), resets_.end(), [this](std::uint64_t id) {
                                const auto answer = rig_->answers.find(id);
                                return answer == rig_->answers.end() || answer->second == Refusal::none;
                              });
  const std::int64_t at = striker_.struck_at();
  // An order to run that was on its way at the blow may still arrive, and the cut behind it: safe is what
  // stays so.
  int runs = rig_->relay[0]->run_commands();
  Instant since = os::now();
  const bool safe = pump(
      [&] {
        const int now = rig_->relay[0]->run_commands();
        if (!rig_->all_safe() || now != runs) since = os::now();
        runs = now;
        return os::now() - since >= stays_safe;
      },
      safe_within, false);
  if (!safe) complain("S2: an output stayed energised");
  for (const auto& relay : rig_->relay)
    if (relay->safe_at() > at) late_ms = std::max(late_ms, static_cast<double>(relay->safe_at() - at) / 1e6);
  if (!striker_.was_energised()) late_ms = -1;  // it was safe, and was only told again
  // What comes back is led to its state by nobody: only the connection is made.
  if (victim_ == Victim::guard) {
    rig_->state.reset();
    if (!pump([&] { return rig_->tracer->ended(rig_->guard_pid).has_value(); }, up_within, false))
      complain("the guard did not end");
    begin_life();
    const bool up = pump([&] { return rig_->state.has_value(); }, up_within);
    if (!up) {
      complain("the guard did not come back");
      return violation_;
    }
    const LatchState now = rig_->state->state;
    const bool may_be_ready = before == LatchState::ready || reset_was_said;
    if (now == LatchState::running) complain("S3: the guard came back running");
    if (now == LatchState::ready && !may_be_ready) complain("S3: the trip was forgotten");
  } else {
    if (!pump([&] { return !rig_->state || rig_->state->state == LatchState::tripped; }, safe_within, false))
      complain("S2: the guard did not trip when it lost a cutter");
    const int life = lives_;
    if (life == lives_at_order_ && !pump([&] { return lives_ > life; }, up_within))
      complain("the cutter did not come back");
  }
  if (rig_->relay[0]->run_commands() != runs) complain("S4: what came back energised an output");
  watch_relay();
  return violation_;
}

// After errors: the plant may refuse, trip or die, but a stop makes it safe, and nothing energises by itself.
std::string GuardSweep::check_error(double& late_ms) {
  const int rounds = rounds_;
  // As far as it gets: perhaps it runs again, perhaps it cannot.
  pump([&] { return rounds_ > rounds + 1; }, 2s);
  hold_ = true;
  pump([&] { return round_ == Round::running; }, 1s);
  const std::int64_t at = test::boot_ns();
  if (rig_->port.connected()) {
    rig_->link_is(link_ = Standing::present);
  } else if (guard_alive()) {
    ::kill(rig_->guard_pid, SIGKILL);  // a guard that lets nobody connect is no use to anybody
  }
  if (!pump([&] { return rig_->all_safe(); }, safe_within, false))
    complain("S2: after the errors an output stayed energised through a trip");
  for (const auto& relay : rig_->relay)
    if (relay->safe_at() > at) late_ms = std::max(late_ms, static_cast<double>(relay->safe_at() - at) / 1e6);
  const int runs = rig_->relay[0]->run_commands();
  const bool moved =
      pump([&] { return !rig_->all_safe() || rig_->relay[0]->run_commands() != runs; }, 60ms, false);
  if (moved) complain("S4: energised after the trip, without a start");
  return violation_;
}

}  // namespace standstill::sweep
