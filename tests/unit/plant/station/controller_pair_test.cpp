// Two controllers on one bus: one leads, the other stands by.
#include <gtest/gtest.h>

#include "unit/plant/station/hub_rig.hpp"

namespace standstill::station {
namespace {

TEST(Controller, ASecondOneStandsByAndTakesOver) {
  Hub first("ctrl-01");
  Hub second("ctrl-02");
  first.guard(LatchState::tripped, 5);
  first.join();
  second.guard(LatchState::tripped, 2);
  second.retained = first.retained;
  second.join();
  EXPECT_EQ(second.standing, Standing::present) << "its own guard refuses every reset";
  EXPECT_EQ(second.retained, first.retained);
  const auto beat = [&] {
    estop::Message message{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "0.1.0"}};
    second.controller->heartbeat(message, second.now);
    second.controller->latch(first.retained, second.now);
  };
  for (int i = 0; i < 10; ++i) {
    second.pass(1s);
    beat();
  }
  EXPECT_TRUE(second.raised.empty());
  second.pass(4s);
  second.controller->latch(first.retained, second.now);
  ASSERT_EQ(second.raised.size(), 1U) << "the first has not been heard for four seconds";
  EXPECT_EQ(second.raised[0], 6U);
  second.guard(LatchState::tripped, 6);
  second.controller->latch(first.retained, second.now);
  EXPECT_EQ(second.latch(std::string(estop::controllers)).controller, "ctrl-02");
  // The first comes back: it does not lead any more.
  first.now = second.now;
  first.retained = second.retained;
  first.join();
  EXPECT_EQ(first.standing, Standing::present);
  EXPECT_EQ(first.retained, second.retained);
}

// The one that leads was not there when it was published.
TEST(Controller, S11_AStopThatOnlyTheOneThatStandsByHasHeardIsSaidAgain) {
  Hub first("ctrl-01"), second("ctrl-02");
  first.guard(LatchState::tripped, 3);
  first.join();
  second.guard(LatchState::tripped, 1);
  second.retained = first.retained;
  second.join();
  ASSERT_FALSE(second.controller->leads());
  first.guard(LatchState::running, 3);
  second.retained = first.retained;
  const auto said = [&](Duration time) {
    const auto before = second.published.size();
    for (Duration step{}; step < time; step += 100ms) {
      second.now += 100ms;
      second.controller->heard(second.now);
      // It is heard, so it leads.
      estop::Message beat{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "1"}};
      second.controller->heartbeat(beat, second.now);
      second.controller->latch(second.retained, second.now);
      second.controller->tick(second.now);
    }
    int count = 0;
    for (auto i = before; i < second.published.size(); ++i)
      if (second.published[i].first == estop::stop_channel) ++count;
    return count;
  };
  EXPECT_EQ(said(5s), 0);
  second.stop(1);
  EXPECT_EQ(said(3s), 1);
  EXPECT_EQ(second.published.back().second, "the stop 1");
  EXPECT_EQ(said(3s), 1);
  {
    // S3: so it does when it begins again.
    Hub again("ctrl-02", {}, second.written);
    again.guard(LatchState::tripped, 2);
    again.retained = first.retained;
    again.join();
    for (int i = 0; i < 40; ++i) {
      again.now += 100ms;
      again.controller->heard(again.now);
      estop::Message beat{first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "1"}};
      again.controller->heartbeat(beat, again.now);
      again.controller->latch(again.retained, again.now);
      again.controller->tick(again.now);
    }
    ASSERT_FALSE(again.published.empty());
    EXPECT_EQ(again.published.back().second, "the stop 1");
  }
  first.guard(LatchState::tripped, 4);
  second.retained = first.retained;
  EXPECT_EQ(said(10s), 0);
}

// Its latch is tripped as long as another one leads, and holds nobody but itself: a person who stops there
// means everybody.
TEST(Controller, S9_AStopAtTheOneThatStandsByReachesTheOneThatLeads) {
  Hub first("ctrl-01"), second("ctrl-02");
  first.guard(LatchState::tripped, 3);
  first.join();
  second.guard(LatchState::tripped, 1);
  second.retained = first.retained;
  second.join();
  ASSERT_FALSE(second.controller->leads());
  first.guard(LatchState::running, 3);
  second.retained = first.retained;
  second.controller->latch(second.retained, second.now);
  const auto beat = [&] {  // it is heard, so it leads
    second.controller->heartbeat({first.envelope("ctrl-01"), estop::Heartbeat{.firmware_version = "1"}},
                                 second.now);
    second.controller->latch(second.retained, second.now);
  };
  second.pass(3s);
  beat();
  second.published.clear();
  const Cause pressed{CauseCode::button_press, false, "operator", "pressed", second.now, 0};
  for (int i = 0; i < 1000; ++i) second.controller->demanded(pressed, second.now);
  ASSERT_EQ(second.count(estop::stop_channel), 1) << "and no flood";
  const std::string text = second.published.front().second;
  EXPECT_EQ(estop::judge_stop(text).reason, CauseCode::button_press);
  EXPECT_NE(second.written, "") << "it is owed by the next start, too";
  first.controller->stop(estop::judge_stop(text), text, first.now);
  EXPECT_EQ(first.stops.size(), 1U);
  second.pass(3s);
  EXPECT_GT(second.count(estop::stop_channel), 1) << "until the retained latch shows a trip after it";
  first.guard(LatchState::tripped, 4);
  second.retained = first.retained;
  beat();
  second.published.clear();
  second.pass(10s);
  EXPECT_EQ(second.count(estop::stop_channel), 0);
}

// The guard says so of every cause, also of that which this controller has handed to it.
TEST(Controller, S10_AStopThatWasHeardIsNotToldAsItsOwn) {
  Hub first("ctrl-01"), second("ctrl-02");
  first.guard(LatchState::tripped, 3);
  first.join();
  ASSERT_TRUE(first.controller->leads());
  first.published.clear();
  second.guard(LatchState::tripped, 1, true);
  second.retained = first.retained;
  second.join();
  second.published.clear();
  second.now += 5s;
  second.stop(7);
  ASSERT_EQ(second.stops.size(), 1U);
  Cause heard{CauseCode::operator_command, false, "operator", "", second.now, 0};
  heard.detail.assign(second.stops.front());
  second.controller->demanded(heard, second.now);
  EXPECT_EQ(second.count(estop::stop_channel), 0);
  first.controller->demanded(heard, first.now);
  EXPECT_EQ(first.count(estop::stop_channel), 0) << "of the one that leads the retained latch says it";
}

// The second one led while the first was away. The first comes back with a larger epoch, and in whichever
// order they read and write, the second gets to see it.
TEST(Controller, OfTwoThatBothBelieveToLeadNoneHidesTheOthersLatch) {
  Hub first("ctrl-01"), second("ctrl-02");
  second.guard(LatchState::tripped, 3);
  second.join();
  first.guard(LatchState::tripped, 4);
  first.retained = second.retained;
  first.join();
  ASSERT_TRUE(first.controller->leads() && second.controller->leads());
  const std::string of_second = second.retained;
  second.retained = first.retained;
  second.pass(10s);
  EXPECT_EQ(second.retained, first.retained) << "what was not read is not written over";
  first.retained = of_second;  // it was written in the moment before the first was
  first.controller->latch(first.retained, first.now);
  EXPECT_EQ(first.latch(std::string(estop::controllers)).epoch, 4U) << "and is written again at once";
  second.controller->latch(first.retained, second.now);
  EXPECT_FALSE(second.controller->leads());
}

TEST(Controller, WhatTheLatchSaysOfItsCauseFollowsWhenThatIsKnown) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.local.first_out.code = CauseCode::button_press;
  hub.controller->local(hub.local, hub.now);
  hub.controller->latch(hub.retained, hub.now);
  EXPECT_EQ(hub.latch(std::string(estop::controllers)).code, "button_press");
}

TEST(Controller, OfTwoThatBeginTogetherOneLeads) {
  Hub first("ctrl-01");
  Hub second("ctrl-02");
  first.guard(LatchState::tripped, 1);
  second.guard(LatchState::tripped, 1);
  first.join();
  second.join();
  first.controller->latch(second.retained, first.now);
  second.controller->latch(first.retained, second.now);
  EXPECT_EQ(first.raised.size(), 1U);
  EXPECT_TRUE(second.raised.empty());
  EXPECT_EQ(second.standing, Standing::present);
}

}  // namespace
}  // namespace standstill::station
