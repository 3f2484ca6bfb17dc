// Rules of the guard that need a read-back, a command or a frozen machine to be seen.
#include <algorithm>
#include <filesystem>

#include "support/guard_rig.hpp"

namespace standstill::test {
namespace {

// Two relays; the first is proven by a tag that the supervisor reads, and escalates to the second, whose own
// stage is far away.
class ReadBack : public testing::Test {
 protected:
  ReadBack() : rig(2) {
    auto& first = rig.plan->outputs[0];
    first.readback.kind = plan::ReadbackKind::tag;
    first.readback.within_ms = 300;
    first.escalate = 1;
    rig.plan->stages[0] = {60000, 1, 0, plan::no_index};
    rig.plan->stage_count = 1;
  }
  void shows(bool safe) { rig.port.readback(0, true, safe, os::now()); }
  // Reads it again and again, as the supervisor does.
  void keep_showing(bool safe) {
    shows(safe);
    again = rig.loop.after(20ms, [this, safe] { keep_showing(safe); });
  }
  void begin() {
    rig.start_guard();
    rig.connect();
    if (!HasFatalFailure()) rig.link_is(Standing::clear);
  }
  GuardRig rig;
  os::Loop::Timer again;
};

TEST_F(ReadBack, S12_StartIsRefusedWhileItDoesNotShowSafe) {
  begin();
  keep_showing(true);
  rig.to_ready();
  ASSERT_FALSE(HasFailure());
  again = {};
  shows(false);  // a welded contact, or nobody has looked since
  rig.run_for(20ms);
  const Refusal refused = rig.word(permit::Word::start, rig.state->epoch);
  EXPECT_TRUE(has(refused, Refusal::readback_not_safe)) << static_cast<int>(refused);
  EXPECT_EQ(rig.relay[0]->run_commands(), 0);
}

TEST_F(ReadBack, S12_WhatStillShowsRunAfterATripEscalates) {
  begin();
  keep_showing(true);
  rig.to_running();
  ASSERT_FALSE(HasFailure());
  keep_showing(false);  // from here on the contact is welded
  rig.link_is(Standing::present);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); })) << "not escalated";
  EXPECT_TRUE(rig.until([&] { return rig.state->outputs[0].readback == permit::ReadbackState::failed; }));
  bool told = false;
  for (const auto& event : rig.events) told = told || event.kind == permit::EventKind::escalated;
  EXPECT_TRUE(told);
}

TEST_F(ReadBack, S12_AValueFromBeforeTheTripProvesNothing) {
  begin();
  keep_showing(true);
  rig.to_running();
  ASSERT_FALSE(HasFailure());
  shows(true);
  again = {};  // nobody reads any more: the last word was "safe", and it is older than the cut
  rig.run_for(50ms);
  rig.link_is(Standing::present);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); })) << "an old reading was taken for a confirmation";
  EXPECT_TRUE(rig.until([&] { return rig.state->outputs[0].readback == permit::ReadbackState::failed; }));
}

TEST_F(ReadBack, S12_WhereRunIsExpectedItsAbsenceTrips) {
  rig.plan->outputs[0].readback.expect_run = 1;
  begin();
  keep_showing(true);
  rig.to_ready();
  ASSERT_FALSE(HasFailure());
  EXPECT_TRUE(rig.until([&] { return rig.word(permit::Word::start, rig.state->epoch) == Refusal::none; }));
  EXPECT_TRUE(rig.until([&] { return rig.relay[0]->energised(); }));
  // The relay was told to run, and its contact never says so.
  EXPECT_TRUE(
      rig.until([&] { return rig.state->state == LatchState::tripped && !rig.relay[0]->energised(); }));
  EXPECT_EQ(rig.state->first_out_code, CauseCode::output_failed);
}

TEST_F(ReadBack, S12_ACutBeforeItsStageIsFollowed) {
  begin();
  keep_showing(true);
  rig.to_running();
  ASSERT_FALSE(HasFailure());
  rig.link_is(Standing::present);
  ASSERT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
  EXPECT_TRUE(rig.relay[1]->energised()) << "its stage is a minute away";
  rig.port.cut(0b10);  // somebody presses stop once more
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_TRUE(rig.until([&] { return rig.state->outputs[1].commanded_ms >= 0; }));
  EXPECT_TRUE(std::ranges::none_of(
      rig.causes, [](const permit::CauseBody& one) { return one.code == CauseCode::output_failed; }));
}

TEST(GuardCommand, S4_ABusCommandEnergisesOnlyWhileRunningAndOnlyWhatIsMarked) {
  GuardRig rig(2);
  rig.plan->outputs[0].commandable = 1;
  rig.start_guard();
  rig.connect();
  rig.port.command(0, true);
  rig.to_ready();
  ASSERT_FALSE(testing::Test::HasFailure());
  rig.port.command(0, true);
  rig.port.command(1, true);
  rig.run_for(200ms);
  EXPECT_EQ(rig.relay[0]->run_commands() + rig.relay[1]->run_commands(), 0);
  rig.to_running();
  rig.port.command(0, false);
  rig.port.command(1, false);  // not marked: no command moves it
  EXPECT_TRUE(rig.until([&] { return !rig.relay[0]->energised(); }));
  EXPECT_TRUE(rig.relay[1]->energised());
  rig.port.command(0, true);
  EXPECT_TRUE(rig.until([&] { return rig.relay[0]->energised(); }));
  rig.link_is(Standing::present);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state->state == LatchState::tripped; }));
  const int runs = rig.relay[0]->run_commands();
  rig.port.command(0, true);
  rig.run_for(200ms);
  EXPECT_EQ(rig.relay[0]->run_commands(), runs) << "energised after a trip";
}

TEST(GuardFreeze, S2_AllOfThemStoppedAndResumedIsATrip) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  ASSERT_FALSE(testing::Test::HasFailure());
  auto all = rig.cutter_pids();
  ASSERT_EQ(all.size(), 2U);
  all.push_back(rig.guard_pid);
  const int runs = rig.relay[0]->run_commands();
  for (const pid_t pid : all) ::kill(pid, SIGSTOP);
  rig.run_for(1s);  // permits pile up: a full queue of them must not talk anybody into going on
  for (const pid_t pid : all) ::kill(pid, SIGCONT);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, 5s));
  rig.run_for(300ms);
  EXPECT_TRUE(rig.all_safe());
  EXPECT_EQ(rig.relay[0]->run_commands(), runs);
}

// How many descriptors of a device a process holds.
int held_by(pid_t process, const std::string& device) {
  int count = 0;
  std::error_code none;
  for (const auto& one :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd", none))
    if (std::filesystem::read_symlink(one.path(), none).string().starts_with(device)) ++count;
  return count;
}

TEST(GuardSerial, AnUnpluggedDeviceIsHeldByNobody) {
  GuardRig rig;
  rig.start_guard();
  rig.connect();
  rig.to_running();
  ASSERT_FALSE(testing::Test::HasFailure());
  const auto cutters = rig.cutter_pids();
  ASSERT_EQ(cutters.size(), 2U);
  const std::string device = rig.relay[0]->device();
  EXPECT_TRUE(rig.until([&] { return held_by(cutters[0], device) > 0 && held_by(cutters[1], device) > 0; }))
      << "one of them could not take over";
  rig.relay[0]->unplug();
  EXPECT_TRUE(rig.until([&] {
    return held_by(cutters[0], device) + held_by(cutters[1], device) + held_by(rig.guard_pid, device) == 0;
  })) << "held open, it would return under another name";
  EXPECT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
}

}  // namespace
}  // namespace standstill::test
