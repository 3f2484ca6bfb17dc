// When a watchdog device gets its sign of life, as scenarios in which time is a number.
#include "kernel/watchdog.hpp"

#include <gtest/gtest.h>

namespace standstill {
namespace {

constexpr Instant start = instant_from_ns(1'000'000'000'000);

constexpr WatchdogRule::Input serving{
    .supervisor_connected = true, .permit_heard = true, .permit_fresh = true, .cutter_alive = true};

TEST(WatchdogRule, AMachineThatServesIsKeptUp) {
  WatchdogRule rule;
  for (Instant now = start; now < start + 1h; now += 1s) EXPECT_EQ(rule.judge(now, serving), Withheld::no);
}

TEST(WatchdogRule, S2_ASupervisorThatHangsResetsTheMachine) {
  WatchdogRule rule;
  EXPECT_EQ(rule.judge(start, serving), Withheld::no);
  // It is stopped: connected still, and its permits get old.
  auto hangs = serving;
  hangs.permit_fresh = false;
  EXPECT_EQ(rule.judge(start + 500ms, hangs), Withheld::supervisor_hangs);
  EXPECT_EQ(rule.judge(start + 5s, hangs), Withheld::supervisor_hangs);
  // It goes on before the time is over.
  EXPECT_EQ(rule.judge(start + 6s, serving), Withheld::no);
}

TEST(WatchdogRule, ASupervisorThatNeverSendsAPermitHangsToo) {
  WatchdogRule rule;
  auto mute = serving;
  mute.permit_heard = mute.permit_fresh = false;
  EXPECT_EQ(rule.judge(start, mute), Withheld::no) << "it has just connected";
  EXPECT_EQ(rule.judge(start + WatchdogRule::patience - 1ms, mute), Withheld::no);
  EXPECT_EQ(rule.judge(start + WatchdogRule::patience, mute), Withheld::supervisor_hangs);
  // A new connection has its own time.
  auto gone = mute;
  gone.supervisor_connected = false;
  EXPECT_EQ(rule.judge(start + 11s, gone), Withheld::no);
  EXPECT_EQ(rule.judge(start + 12s, mute), Withheld::no);
}

TEST(WatchdogRule, NobodyIsMissedWhoWasNeverThere) {
  // A boot without a supervisor, and with cutters that cannot be started: a reset mends neither.
  WatchdogRule rule;
  for (Instant now = start; now < start + 24h; now += 1min) EXPECT_EQ(rule.judge(now, {}), Withheld::no);
}

TEST(WatchdogRule, ASupervisorThatIsGoneIsNoReasonForAReset) {
  WatchdogRule rule;
  EXPECT_EQ(rule.judge(start, serving), Withheld::no);
  WatchdogRule::Input gone{.cutter_alive = true};
  for (Instant now = start; now < start + 1h; now += 1s) EXPECT_EQ(rule.judge(now, gone), Withheld::no);
}

TEST(WatchdogRule, CuttersThatDoNotComeBackResetTheMachine) {
  WatchdogRule rule;
  EXPECT_EQ(rule.judge(start, serving), Withheld::no);
  auto alone = serving;
  alone.cutter_alive = false;
  EXPECT_EQ(rule.judge(start + 1s, alone), Withheld::no) << "the guard starts them again";
  EXPECT_EQ(rule.judge(start + 1s + WatchdogRule::patience, alone), Withheld::cutters_gone);
  EXPECT_EQ(rule.judge(start + 20s, serving), Withheld::no);
  EXPECT_EQ(rule.judge(start + 21s, alone), Withheld::no);
}

TEST(WatchdogRule, S2_AGuardThatWasLostWhileRunningResetsTheMachineWhoeverServesNow) {
  WatchdogRule rule(true);
  EXPECT_EQ(rule.judge(start, serving), Withheld::guard_was_lost);
  EXPECT_EQ(rule.judge(start + 1h, {}), Withheld::guard_was_lost);
}

}  // namespace
}  // namespace standstill
