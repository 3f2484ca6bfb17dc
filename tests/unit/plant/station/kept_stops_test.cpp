// A stop that was heard here, and maybe not by the controller.
#include <gtest/gtest.h>

#include "unit/plant/station/station_rig.hpp"

namespace standstill::station {
namespace {

using Rig = StationRig;

// What the station says on the stop channel while time passes: ids, in their order.
struct Held : testing::Test {
  Rig rig;
  Held() {
    rig.join(3, LatchState::running);
    rig.guard(LatchState::running, 4);
  }
  void trip() { rig.guard(LatchState::tripped, 5, "bus"); }
  std::vector<std::string> said_within(Duration time) {
    const auto before = rig.published.size();
    for (Duration step{}; step < time; step += 100ms) {
      rig.now += 100ms;
      rig.station->heard(rig.now);
      rig.station->tick(rig.now);
    }
    std::vector<std::string> ids;
    for (auto i = before; i < rig.published.size(); ++i)
      if (rig.published[i].first == estop::stop_channel)
        ids.push_back(estop::judge_stop(rig.published[i].second).id);
    return ids;
  }
  using Ids = std::vector<std::string>;
};

TEST_F(Held, S11_AStopThatTheControllerDidNotHearIsSaidAgainUntilItsLatchShowsATripAfterIt) {
  rig.stop(1);
  trip();
  EXPECT_EQ(said_within(1900ms), Ids{}) << "whoever keeps the latch has time to show it";
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  ASSERT_EQ(said_within(1200ms), Ids{id_of(1)});
  EXPECT_EQ(rig.published.back().second, text_of(1)) << "the same message";
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  EXPECT_EQ(said_within(3s), Ids{id_of(1)}) << "again and again";
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  EXPECT_EQ(said_within(10s), Ids{});
}

TEST_F(Held, WhatTheControllerHeardIsNotSaid) {
  rig.stop(1);
  trip();
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  EXPECT_EQ(said_within(10s), Ids{});
}

TEST_F(Held, ACopyByTheServerMeansThatSomebodyElseSaysIt) {
  rig.stop(1);
  trip();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(said_within(1900ms), Ids{}) << i;
    rig.stop(1);
  }
}

TEST_F(Held, ACopyByDatagramMeansNothingOfTheKind) {
  rig.stop(1);
  trip();
  Ids ids;
  for (int i = 0; i < 6; ++i) {
    rig.stop(1, true);
    for (const auto& id : said_within(500ms)) ids.push_back(id);
  }
  EXPECT_EQ(ids, Ids{id_of(1)});
}

TEST_F(Held, ATripThatStoodBeforeTheStopIsToldOfItAFewTimes) {
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  trip();
  rig.stop(1);
  Ids ids;
  for (int i = 0; i < 30; ++i) {
    rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
    for (const auto& id : said_within(1s)) ids.push_back(id);
  }
  EXPECT_EQ(ids, Ids(KeptStops::most_under_one_latch, id_of(1)));
}

TEST_F(Held, WhatNobodyCouldReadIsSaidByAllUnderOneId) {
  rig.station->stop({.unreadable = "it is not JSON"}, "not JSON", rig.now);
  trip();
  EXPECT_EQ(said_within(3s), Ids{estop::uuid_for("not JSON")});
}

TEST_F(Held, WhatWasReleasedHereIsNotSaid) {
  rig.stop(1);
  trip();
  rig.station->latch(rig.latch(4, LatchState::ready), rig.now);
  EXPECT_TRUE(rig.free());
  rig.guard(LatchState::ready, 5);
  EXPECT_EQ(said_within(10s), Ids{});
}

TEST_F(Held, AStopThatComesWhileTheOneBeforeIsReleasedIsStillSaid) {
  rig.stop(1);
  trip();
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::ready), rig.now);
  rig.stop(2);
  rig.guard(LatchState::ready, 5);  // the guard has not taken the second one yet
  rig.guard(LatchState::tripped, 6, "bus");
  EXPECT_EQ(said_within(3s), Ids{id_of(2)});
}

TEST_F(Held, AFloodIsKeptBounded) {
  for (unsigned i = 1; i <= 20'000; ++i) rig.stop(i);
  trip();
  const Ids ids = said_within(3s);
  ASSERT_EQ(ids.size(), KeptStops::most);
  EXPECT_EQ(ids[0], id_of(1));
  EXPECT_EQ(rig.station->safe_state().stops, 20'000U);
  // What comes after the one that stood for the rest was said has one of its own.
  rig.stop(20'001);
  const Ids later = said_within(3s);
  ASSERT_EQ(later.size(), KeptStops::most);
  EXPECT_NE(later.back(), ids.back());
}

}  // namespace
}  // namespace standstill::station
