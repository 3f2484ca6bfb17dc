#include "hil/guest/chaos.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>
#include <thread>

namespace standstill::hil {

using nlohmann::json;

namespace {

constexpr std::array outputs{"track", "siding"};  // lines 0 and 1 of the chip

// A stop of category 1: the track at once, the siding a stage later.
const std::string plant =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
    "[[output]]\nid = \"siding\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 1\nsafe = \"low\"\n"
    "[[stage]]\nat_ms = 150\noutput = \"siding\"\n";

// Long enough for the phase to end by itself, so that blows fall before, in and after what happens in it.
std::int64_t longest_us(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return 1'500'000;
    case Phase::acknowledging:
    case Phase::energising:
      return 40'000;
    case Phase::tripping:
      return 10'000;
    case Phase::staging:
      return 130'000;
    default:
      return 300'000;
  }
}

void sleep_until_us(std::int64_t at) {
  const timespec until{.tv_sec = at / 1'000'000, .tv_nsec = at % 1'000'000 * 1000};
  while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) != 0) continue;
}

void be_first(int priority) {
  sched_param first{};
  first.sched_priority = priority;
  ::sched_setscheduler(0, SCHED_FIFO, &first);
}

bool is_hang(How how) { return how == How::stop || how == How::freeze; }

// Of each output, as `standstill check` states it for this blow.
ChaosCell::Times stated_us(const Chain& chain, Who who, How how) {
  const std::string text = chain.run_command("--json check");
  const json checked = json::parse(text, nullptr, false);
  ChaosCell::Times stated{};
  if (checked.is_object())
    for (const auto& row : checked.value("hazards", json::array()))
      if (row.value("part", "") == name(who) &&
          row.value("event", "") == (is_hang(how) ? "is stopped or hangs" : "is killed or crashes"))
        for (const auto& cut : row.value("outputs", json::array()))
          for (std::size_t pin = 0; pin < outputs.size(); ++pin)
            if (cut.value("output", "") == outputs[pin])
              stated[pin] = cut.value("within_ms", std::int64_t{0}) * 1000;
  if (std::ranges::count(stated, 0) != 0)
    throw std::runtime_error("`standstill check` states no deadline: " + text);
  return stated;
}

}  // namespace

const char* name(How how) {
  constexpr std::array names{"KILL", "STOP", "SEGV", "freeze"};
  return names[static_cast<std::size_t>(how)];
}

const char* name(Phase phase) {
  constexpr std::array names{"starting",   "tripped", "acknowledging", "ready",
                             "energising", "running", "tripping",      "staging"};
  return names[static_cast<std::size_t>(phase)];
}

ChaosCell::ChaosCell(Who who, How how, std::uint64_t seed)
    : who_(who), how_(how), random_(seed), record_(chip_), chain_(plant) {
  chain_.start_and_wait();
  stated_us_ = stated_us(chain_, who, how);
}

// Every phase once in eight blows, in random order: no row of the table may be without a running plant.
Phase ChaosCell::deal() {
  if (deck_.empty()) {
    for (int i = 0; i < phases; ++i) deck_.push_back(static_cast<Phase>(i));
    std::shuffle(deck_.begin(), deck_.end(), random_);
  }
  const Phase next = deck_.back();
  deck_.pop_back();
  return next;
}

void ChaosCell::reach(Phase phase) {
  const auto fail = [&] {
    throw std::runtime_error("did not get to " + std::string(name(phase)) + "\n" + chain_.about());
  };
  if (phase == Phase::starting) return chain_.end();
  if (phase == Phase::running || phase == Phase::tripping || phase == Phase::staging) {
    if (!chain_.to_running()) fail();
  } else if (phase == Phase::ready || phase == Phase::energising) {
    if (!chain_.to_ready()) fail();
  } else if (!chain_.is("tripped")) {
    chain_.stop();
  }
}

void ChaosCell::strike(Blow& blow) {
  const bool known = blow.phase != Phase::starting;
  victim_ = known ? chain_.pid(who_) : -1;
  if (known && how_ == How::freeze) freezer_ = std::make_unique<Freezer>(victim_);
  if (blow.phase == Phase::staging) {
    chain_.stop();
    (void)until([&] { return !chip_.high(0); }, 1s);
  }
  const std::int64_t at = boot_us() + blow.delay_us;
  std::array<bool, outputs.size()> late{};
  std::thread executioner([&] {
    be_first(99);
    sleep_until_us(at);
    // A process that does not live yet is met as soon as it does.
    for (int i = 0; victim_ < 0 && i < 1000; ++i, ::usleep(10'000)) victim_ = chain_.pid(who_);
    if (how_ == How::freeze && !freezer_) freezer_ = std::make_unique<Freezer>(victim_);
    blow.in_stage = !chip_.high(0) && chip_.high(1) && blow.phase == Phase::staging;
    blow.at_us = boot_us();
    if (how_ == How::freeze) {
      freezer_->freeze();
      blow.at_us = boot_us();
    } else {
      ::kill(victim_, how_ == How::kill ? SIGKILL : how_ == How::stop ? SIGSTOP : SIGSEGV);
    }
    for (std::size_t pin = 0; pin < outputs.size(); ++pin) {  // in the order of their deadlines
      sleep_until_us(blow.at_us + stated_us_[pin]);
      late[pin] = chip_.high(static_cast<int>(pin));
    }
  });
  switch (blow.phase) {
    case Phase::starting:
      chain_.start();
      break;
    case Phase::acknowledging:
      chain_.word("ack");
      chain_.word("reset");
      break;
    case Phase::energising:
      chain_.word("start");
      break;
    case Phase::tripping:
      chain_.stop();
      break;
    default:
      break;
  }
  executioner.join();
  if (victim_ < 0)
    throw std::runtime_error(std::string("there was no ") + name(who_) + " to strike\n" + chain_.about());
  for (std::size_t pin = 0; pin < outputs.size(); ++pin)
    if (late[pin]) blow.violation = std::string(outputs[pin]) + " was not safe at its deadline";
}

void ChaosCell::judge(Blow& blow) {
  // What was stopped comes back, and must not go on where it was.
  ::usleep(200'000);
  if (how_ == How::stop) ::kill(victim_, SIGCONT);
  freezer_.reset();
  ::usleep(200'000);
  for (std::size_t pin = 0; pin < outputs.size(); ++pin) {
    const std::string output = outputs[pin];
    bool high = before_[pin];
    std::int64_t safe_us = 0;
    for (const auto& change : record_.changes_of(static_cast<int>(pin), before_[pin])) {
      blow.seen +=
          " " + output + (change.high ? " high " : " low ") + std::to_string(change.at_us - blow.at_us);
      if (change.at_us > blow.at_us) {
        blow.energised = blow.energised || high || change.high;
        if (!change.high) safe_us = change.at_us - blow.at_us;
        if (change.high && change.at_us > blow.at_us + stated_us_[pin])
          blow.violation = output + " was energised after the deadline";
      }
      high = change.high;
    }
    if (high && blow.violation.empty()) blow.violation = output + " is high long after the blow";
    if (safe_us > stated_us_[pin] && blow.violation.empty()) blow.violation = output + " was safe too late";
    blow.safe_us = std::max(blow.safe_us, safe_us);
  }
}

void ChaosCell::recover(Blow& blow) {
  if (who_ == Who::supervisor && !is_hang(how_)) {
    chain_.forget_supervisor();
    chain_.start();
  }
  if (until([&] { return chain_.complete() && chain_.look("/guard/pid").size() > 1; }, 15s)) return;
  if (blow.violation.empty()) blow.violation = "the chain did not become complete again";
  chain_.end();
  chain_.kill_all();
  chain_.start_and_wait();
}

Blow ChaosCell::round() {
  Blow blow;
  blow.phase = deal();
  blow.delay_us = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(longest_us(blow.phase)));
  reach(blow.phase);
  record_.clear();
  for (std::size_t pin = 0; pin < outputs.size(); ++pin) before_[pin] = chip_.high(static_cast<int>(pin));
  strike(blow);
  judge(blow);
  recover(blow);
  return blow;
}

}  // namespace standstill::hil
