// A real guard with real cutters in a folder of its own, a plan of serial relays, and this test as its
// supervisor.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "os/clock.hpp"
#include "os/loop.hpp"
#include "supervise/guard_port.hpp"
#include "support/places.hpp"
#include "support/pty_relay.hpp"
#include "support/temporary_folder.hpp"
#include "wire/plan/plan.hpp"

extern char** environ;  // NOLINT

namespace standstill::test {

class GuardRig {
 public:
  static constexpr SourceIndex link_source = plan::internal_sources;  // one critical link, "layout"

  explicit GuardRig(std::size_t relays = 1) : plan(new plan::Plan()) {
    add_source("guard", plan::SourceKind::internal);
    add_source("supervisor", plan::SourceKind::internal);
    add_source("cutter-1", plan::SourceKind::internal);
    add_source("cutter-2", plan::SourceKind::internal);
    add_source("operator", plan::SourceKind::internal);
    add_source("layout", plan::SourceKind::link);
    plan->settle_ms = 100;
    plan->heartbeat_timeout_ms = 400;  // a loaded machine, or a sanitizer, must not look like a fault
    plan->permit_timeout_ms = 1500;
    plan->site = "rig";
    for (std::size_t i = 0; i < relays; ++i) add_relay();
  }

  ~GuardRig() {
    if (guard_pid > 0) {
      ::kill(guard_pid, SIGCONT);
      ::kill(guard_pid, SIGTERM);
      for (int i = 0; i < 800 && ::waitpid(guard_pid, nullptr, WNOHANG) == 0; ++i) ::usleep(10000);
      ::kill(guard_pid, SIGKILL);
      ::waitpid(guard_pid, nullptr, 0);
    }
    // Cutters of a killed guard leave by themselves within five seconds.
  }

  PtyRelay& add_relay() {
    relay.push_back(std::make_unique<PtyRelay>());
    plan::Output& output = plan->outputs[plan->output_count];
    output.kind = plan::OutputKind::serial;
    output.name.assign("relay-" + std::to_string(plan->output_count + 1));
    output.device.assign(relay.back()->device());
    output.safe_bytes = "RELAY_OFF\n";
    output.run_bytes = "RELAY_ON\n";
    output.source = add_source(output.name.view(), plan::SourceKind::output);
    ++plan->output_count;
    return *relay.back();
  }

  std::uint8_t add_source(std::string_view name, plan::SourceKind kind) {
    auto& source = plan->sources[plan->source_count];
    source.name = name;
    source.kind = kind;
    return plan->source_count++;
  }

  void start_guard() {
    ::setenv("STANDSTILL_NO_REALTIME", "1", 1);  // a test must not take the processor from the others
    plan::seal(*plan);
    ASSERT_TRUE(plan::store((folder / "plan").c_str(), *plan).has_value());
    const std::string program = test::program_folder() + "/standstill-guard";
    std::string state_dir = folder.path();
    std::vector<char*> argv{const_cast<char*>("standstill-guard"), const_cast<char*>("--state-dir"),
                            state_dir.data(), nullptr};
    ASSERT_EQ(posix_spawn(&guard_pid, program.c_str(), nullptr, nullptr, argv.data(), environ), 0);
  }

  // Connects as the supervisor and sends permits from then on.
  void connect() {
    ASSERT_TRUE(until(
        [&] {
          return port
              .connect(
                  permit::Hello{static_cast<std::uint32_t>(getpid()), plan::hash(*plan), known_epoch, 0, 0})
              .has_value();
        },
        5s))
        << "the guard did not open its socket";
    send_permits = true;
    permit_tick();
    ASSERT_TRUE(until([&] { return state.has_value(); }, 5s)) << "the guard sent no state";
  }

  void permit_tick() {
    if (send_permits) port.send_permit(plan::hash(*plan));
    permit_timer = loop.after(25ms, [this] { permit_tick(); });
  }

  // Real waiting: generous limits, so that a slow machine passes too.
  bool until(const std::function<bool()>& condition, Duration limit = 10s) {
    const Instant end = os::now() + limit;
    while (os::now() < end) {
      loop.turn(5ms);
      if (condition()) return true;
    }
    return false;
  }
  void run_for(Duration time) {
    until([] { return false; }, time);
  }

  Refusal word(permit::Word what, Epoch epoch) {
    permit::WordBody body{};
    body.word = what;
    body.epoch = epoch;
    body.who = "tester";
    const std::uint64_t id = port.word(body);
    EXPECT_TRUE(until([&] { return answers.contains(id); })) << "no answer from the guard";
    return answers[id];
  }

  void link_is(Standing standing) {
    port.report(
        link_source,
        {standing, standing == Standing::present ? CauseCode::link_lost : CauseCode::none, "by the test"},
        os::now(), os::wall_ns());
  }

  void to_ready() {
    link_is(Standing::clear);
    EXPECT_TRUE(until([&] {
      if (state->state == LatchState::ready) return true;
      if (state->acknowledged == 0) word(permit::Word::acknowledge, state->epoch);
      word(permit::Word::reset, state->epoch);
      run_for(20ms);
      return state->state == LatchState::ready;
    })) << "never became ready";
  }
  void to_running() {
    to_ready();
    EXPECT_TRUE(until([&] { return word(permit::Word::start, state->epoch) == Refusal::none; }))
        << "start was refused";
    for (auto& one : relay)
      EXPECT_TRUE(until([&] { return one->energised(); })) << "a relay was not energised";
  }
  bool all_safe() const {
    for (const auto& one : relay)
      if (one->energised()) return false;
    return true;
  }
  std::vector<pid_t> cutter_pids() const {
    std::vector<pid_t> pids;
    std::ifstream children("/proc/" + std::to_string(guard_pid) + "/task/" + std::to_string(guard_pid) +
                           "/children");
    for (pid_t pid; children >> pid;) pids.push_back(pid);
    return pids;
  }

  TemporaryFolder folder;
  std::unique_ptr<plan::Plan> plan;
  std::vector<std::unique_ptr<PtyRelay>> relay;
  pid_t guard_pid = -1;
  std::optional<permit::StateBody> state;
  Epoch known_epoch = 0;  // the highest that a guard has told: a supervisor remembers it
  std::map<std::uint64_t, Refusal> answers;
  std::vector<permit::EventBody> events;
  std::vector<permit::CauseBody> causes;
  bool send_permits = false, lost = false;
  os::Loop loop;
  os::Loop::Timer permit_timer;
  supervise::GuardPort port{
      loop,
      folder.path(),
      {.welcome = {},
       .state =
           [this](const permit::StateBody& body) {
             state = body;
             known_epoch = std::max(known_epoch, body.epoch);
           },
       .cause = [this](const permit::CauseBody& body) { causes.push_back(body); },
       .event = [this](const permit::EventBody& body) { events.push_back(body); },
       .answer = [this](const permit::AnswerBody& body) { answers[body.id] = body.refusal; },
       .stage = {},
       .lost = [this] { lost = true; }}};
};

}  // namespace standstill::test
