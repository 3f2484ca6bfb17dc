// The guard and its cutters as processes, with real pseudo terminals as relays.
#include <sys/resource.h>

#include "support/guard_rig.hpp"

namespace standstill::test {
namespace {

TEST(Guard, S4_StartsTrippedAndOnlyStartEnergises) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  EXPECT_EQ(rig.state->state, LatchState::tripped);
  EXPECT_EQ(rig.state->first_out_code, CauseCode::no_record);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  rig.to_ready();
  rig.run_for(100ms);
  EXPECT_EQ(rig.relay[0]->run_commands(), 0) << "connecting, acknowledging or resetting energised";
  rig.to_running();
  EXPECT_EQ(rig.state->state, LatchState::running);
}

TEST(Guard, S5_ResetIsRefusedWithReasons) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  const Epoch epoch = rig.state->epoch;
  EXPECT_TRUE(has(rig.word(permit::Word::reset, epoch), Refusal::not_acknowledged));
  EXPECT_TRUE(has(rig.word(permit::Word::reset, epoch), Refusal::source_unknown));
  EXPECT_EQ(rig.word(permit::Word::acknowledge, epoch + 1), Refusal::wrong_epoch);
  EXPECT_EQ(rig.word(permit::Word::acknowledge, epoch), Refusal::none);
  rig.link_is(Standing::present);
  EXPECT_TRUE(has(rig.word(permit::Word::reset, epoch), Refusal::cause_present));
}

// The processor time of a process, in clock ticks.
long ticks_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  long ticks = 0;
  for (int field = 1; field <= 15 && stat >> word; ++field)
    if (field >= 14) ticks += std::atol(word.c_str());
  return ticks;
}

TEST(Guard, WaitsQuietlyWhileAConnectedSupervisorIsSilent) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  rig.send_permits = false;
  EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
  const long before = ticks_of(rig.guard_pid);
  rig.run_for(1000ms);
  EXPECT_LT(ticks_of(rig.guard_pid) - before, ::sysconf(_SC_CLK_TCK) / 4) << "it turned without a pause";
}

TEST(Guard, WhatAnswersACutBeforeItsBlameBelongsToTheEpochThatItBegins) {
  GuardRig rig(2);
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch before = rig.state->epoch;
  rig.events.clear();
  rig.port.cut(pages::all_outputs);  // and nobody says why
  const auto confirmed = [&](Epoch epoch) {
    return std::ranges::count_if(rig.events, [&](const permit::EventBody& event) {
      return event.kind == permit::EventKind::output_confirmed && event.epoch == epoch;
    });
  };
  EXPECT_TRUE(rig.until([&] { return confirmed(before + 1) == 2; }));
  EXPECT_EQ(confirmed(before), 0);
  EXPECT_EQ(rig.state->first_out_code, CauseCode::software_error);
  // Noticed, decided, commanded, confirmed: in this order in the journal too, though the blame came last.
  const auto trip = std::ranges::find(rig.events, permit::EventKind::trip, &permit::EventBody::kind);
  ASSERT_NE(trip, rig.events.end());
  EXPECT_GE(trip->value, 0);
  EXPECT_LE(rig.state->first_out_at_ns, trip->at_ns);
  EXPECT_EQ(rig.state->tripped_at_ns, trip->at_ns);
  for (const permit::EventBody& event : rig.events) {
    const bool of_output = event.kind == permit::EventKind::output_commanded ||
                           event.kind == permit::EventKind::output_confirmed;
    EXPECT_TRUE(!of_output || trip->at_ns <= event.at_ns) << event.source.view();
  }
}

long descriptor_slots_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("FDSize:")) return std::atol(line.c_str() + 7);
  return 0;
}

// A table that grows later, when there are threads, holds its process up for an RCU grace period. A cutter is
// started with copies of descriptors from 64 on, and a guard with many lines has more than that anyway.
TEST(Guard, S2_TheTablesOfDescriptorsDoNotGrowWhileItWatches) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rlimit allowed{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &allowed), 0);
  const long room = static_cast<long>(std::min<rlim_t>(allowed.rlim_cur, 1024));
  EXPECT_GE(descriptor_slots_of(rig.guard_pid), room);
  EXPECT_TRUE(rig.until([&] {  // they may have been started just now
    const auto cutters = rig.cutter_pids();
    return cutters.size() == 2 &&
           std::ranges::all_of(cutters, [&](pid_t cutter) { return descriptor_slots_of(cutter) >= room; });
  }));
}

TEST(Guard, ALostLinkCutsTheRelay) {
  GuardRig rig(2);
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch before = rig.state->epoch;
  rig.link_is(Standing::present);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
  EXPECT_EQ(rig.state->epoch, before + 1);
  EXPECT_EQ(rig.state->first_out_code, CauseCode::link_lost);
  EXPECT_EQ(rig.state->first_out_source.view(), "layout");
}

TEST(Guard, S2_MissingPermitTrips) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  rig.send_permits = false;
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
  EXPECT_EQ(rig.state->first_out_code, CauseCode::supervisor_lost);
}

struct Victim {
  int who;  // 0 guard, 1 and 2 cutters
  int signal;
};
std::string name_of(const Victim& victim) {
  return std::string(victim.who == 0   ? "Guard"
                     : victim.who == 1 ? "Cutter1"
                                       : "Cutter2") +
         (victim.signal == SIGKILL   ? "Killed"
          : victim.signal == SIGSEGV ? "Crashed"
                                     : "Stopped");
}
std::ostream& operator<<(std::ostream& out, const Victim& victim) { return out << name_of(victim); }

class GuardMatrix : public testing::TestWithParam<Victim> {};

TEST_P(GuardMatrix, S2_WhileRunningEndsInTheSafeState) {
  GuardRig rig(2);
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const auto cutters = rig.cutter_pids();
  ASSERT_EQ(cutters.size(), 2U);
  const pid_t victim =
      GetParam().who == 0 ? rig.guard_pid : cutters[static_cast<std::size_t>(GetParam().who - 1)];
  const int runs = rig.relay[0]->run_commands();
  ASSERT_EQ(kill(victim, GetParam().signal), 0);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, 5s));
  if (GetParam().signal == SIGSTOP) {
    rig.run_for(300ms);
    kill(victim, SIGCONT);  // what was stopped comes back and must not go on
    rig.run_for(500ms);
  }
  EXPECT_TRUE(rig.all_safe());
  EXPECT_EQ(rig.relay[0]->run_commands(), runs);
  if (GetParam().who != 0) {
    EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
    EXPECT_EQ(rig.state->first_out_code, CauseCode::guard_lost);
    EXPECT_TRUE(rig.until([&] { return rig.state->cutters_alive == 2; }))
        << "the lost cutter was not started again";
  }
}

INSTANTIATE_TEST_SUITE_P(Any, GuardMatrix,
                         testing::Values(Victim{0, SIGKILL}, Victim{0, SIGSEGV}, Victim{0, SIGSTOP},
                                         Victim{1, SIGKILL}, Victim{1, SIGSEGV}, Victim{1, SIGSTOP},
                                         Victim{2, SIGKILL}, Victim{2, SIGSEGV}, Victim{2, SIGSTOP}),
                         [](const auto& one) { return name_of(one.param); });

// And the supervisor has noticed: the next guard may be started.
void kill_guard(GuardRig& rig) {
  kill(rig.guard_pid, SIGKILL);
  waitpid(rig.guard_pid, nullptr, 0);
  ASSERT_TRUE(rig.until([&] { return rig.lost; }));
  rig.state.reset();
}

TEST(Guard, S3_TheLatchSurvivesItsRestart) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch epoch = rig.state->epoch;
  kill_guard(rig);
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  rig.start_guard();
  rig.connect();
  EXPECT_EQ(rig.state->state, LatchState::tripped);
  EXPECT_EQ(rig.state->epoch, epoch + 1);
  EXPECT_EQ(rig.state->first_out_code, CauseCode::unclean_end);
}

TEST(Guard, S6_ANumberThatATripWasToldByIsNotGivenToAnother) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch epoch = rig.state->epoch;
  kill_guard(rig);
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  rig.known_epoch = epoch + 1;  // the guard told of a trip and died before it was on disk
  rig.start_guard();
  rig.connect();
  EXPECT_EQ(rig.state->state, LatchState::tripped);
  EXPECT_EQ(rig.state->epoch, epoch + 2);
  EXPECT_EQ(rig.state->first_out_code, CauseCode::unclean_end);
}

TEST(Guard, S8_AGoodbyeMakesSafeQuietly) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  const Epoch epoch = rig.state->epoch;
  rig.link_is(Standing::closed);
  rig.port.ease();
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state->state == LatchState::ready; }));
  EXPECT_EQ(rig.state->epoch, epoch);
  EXPECT_TRUE(has(rig.word(permit::Word::start, epoch), Refusal::link_closed));
}

TEST(Guard, S12_ARelayThatDoesNotConfirmEscalates) {
  GuardRig rig(2);
  rig.plan->outputs[0].reply = "OK";
  rig.plan->outputs[0].reply_run = "OK";
  rig.plan->outputs[0].timeout_ms = 100;
  rig.plan->outputs[0].escalate = 1;
  rig.plan->outputs[1].at_ms = 0;
  // The second relay is cut by its own stage far in the future; only the escalation can cut it earlier.
  rig.plan->stages[0] = {60000, 1, 0, plan::no_index};
  rig.plan->stage_count = 1;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  rig.relay[0]->answer_with(false);
  rig.link_is(Standing::present);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); })) << "not escalated";
  EXPECT_TRUE(rig.until([&] { return rig.state->outputs[0].readback == permit::ReadbackState::failed; }));
}

TEST(Guard, AWatchdogDeviceThatCannotBeOpenedRefusesStart) {
  GuardRig rig;
  plan::Output& dog = rig.plan->outputs[rig.plan->output_count++];
  dog.kind = plan::OutputKind::watchdog;
  dog.name = "dog";
  dog.device = "/dev/null";
  dog.source = rig.add_source("dog", plan::SourceKind::output);
  rig.start_guard();
  rig.connect();
  rig.link_is(Standing::clear);
  const auto told = [&] {
    return std::ranges::any_of(rig.causes, [](const permit::CauseBody& one) {
      return one.name.view() == "dog" && one.code == CauseCode::output_failed &&
             one.detail.view() == "/dev/null is no watchdog device; `ls /dev/watchdog*` lists them";
    });
  };
  EXPECT_TRUE(rig.until(told));
  EXPECT_EQ(rig.word(permit::Word::acknowledge, rig.state->epoch), Refusal::none);
  EXPECT_TRUE(has(rig.word(permit::Word::reset, rig.state->epoch), Refusal::cause_present));
}

}  // namespace
}  // namespace standstill::test
