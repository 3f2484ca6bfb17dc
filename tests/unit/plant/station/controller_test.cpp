// The controller's role as scenarios in which time is a number.
#include "plant/station/controller.hpp"

#include <gtest/gtest.h>

#include "unit/plant/station/hub_rig.hpp"

namespace standstill::station {
namespace {

TEST(Controller, KeepsItsLatchOnTheBusForEveryStation) {
  Hub hub("ctrl-01", {"a", "b"});
  hub.guard(LatchState::tripped, 3);
  EXPECT_EQ(hub.retained, "") << "not before it has read what is there";
  hub.join();
  EXPECT_EQ(hub.standing, Standing::clear);
  EXPECT_EQ(hub.latch("a").epoch, 3U);
  EXPECT_EQ(hub.latch("b").state, LatchState::tripped);
  EXPECT_EQ(hub.latch("a").code, "limit");
  hub.guard(LatchState::ready, 3);
  EXPECT_EQ(hub.latch("a").state, LatchState::ready);
}

TEST(Controller, RepeatsTheStopWithTheSameIdWhileItStands) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  const std::string first = hub.published.at(0).second;
  hub.pass(6s);
  EXPECT_GE(hub.count(estop::stop_channel), 4);
  for (const auto& [channel, text] : hub.published)
    EXPECT_TRUE(channel != estop::stop_channel || text == first);
  hub.guard(LatchState::ready, 3);
  const int before = hub.count(estop::stop_channel);
  hub.pass(6s);
  EXPECT_EQ(hub.count(estop::stop_channel), before);
}

TEST(Controller, S9_TripsOnEveryStop_S10_AndOnNoCopy) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  hub.stop(1);
  ASSERT_EQ(hub.stops.size(), 1U);
  hub.guard(LatchState::tripped, 4);
  EXPECT_EQ(hub.published.back().second, "the stop 1") << "what came first is repeated";
  hub.guard(LatchState::running, 4);
  hub.now += 10s;
  hub.stop(1);
  EXPECT_EQ(hub.stops.size(), 1U) << "a late copy";
  hub.stop(2);
  EXPECT_EQ(hub.stops.size(), 2U);
}

TEST(Controller, AFloodReachesTheGuardOnce) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  for (unsigned i = 1; i <= 10'000; ++i) hub.stop(i);
  EXPECT_EQ(hub.stops.size(), 1U);
  hub.guard(LatchState::tripped, 4);
  for (unsigned i = 10'001; i <= 20'000; ++i) hub.stop(i);
  EXPECT_EQ(hub.stops.size(), 1U);
  hub.now += 1s;
  hub.guard(LatchState::tripped, 4, true);
  hub.stop(30'000);
  EXPECT_EQ(hub.stops.size(), 2U) << "a stop after the acknowledgement is news";
}

TEST(Controller, S9_TheSameThatNobodyCouldReadStopsAgainAfterARelease) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  hub.controller->stop({.unreadable = "it is not JSON"}, "not JSON", hub.now);
  EXPECT_EQ(hub.stops.size(), 1U);
  hub.guard(LatchState::tripped, 4);
  hub.guard(LatchState::running, 4);
  hub.now += 1s;
  const auto said_by_a_station = [&](Epoch known) {
    hub.controller->stop({.id = KeptStops::id_for("not JSON", known), .instance = "a"}, "in fewer words",
                         hub.now);
  };
  said_by_a_station(3);
  EXPECT_EQ(hub.stops.size(), 1U) << "it is of the stop that was released";
  said_by_a_station(4);
  EXPECT_EQ(hub.stops.size(), 2U) << "only that station had heard it";
}

// A server on the same machine has to have its turn before a thousand MACs are made.
TEST(Controller, TheStopGoesOutBeforeItsLatchIsPutIntoWords) {
  int asked = 0;
  Hub hub("ctrl-01", {"a"}, {}, [&] { ++asked; });
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  EXPECT_EQ(hub.latch("a").state, LatchState::running) << "a release does not wait";
  const int before = hub.count(estop::stop_channel);
  hub.guard(LatchState::tripped, 4);
  EXPECT_EQ(hub.count(estop::stop_channel), before + 1);
  EXPECT_EQ(hub.latch("a").epoch, 3U);
  EXPECT_EQ(asked, 1);
  hub.controller->tick(hub.now);
  EXPECT_EQ(hub.latch("a").epoch, 4U);
  EXPECT_EQ(hub.latch("a").state, LatchState::tripped);
  EXPECT_EQ(hub.count(estop::stop_channel), before + 1) << "once";
}

TEST(Controller, S7_ALatchThatTheBusLostIsAStop) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.guard(LatchState::running, 3);
  hub.retained.clear();
  hub.controller->latch(std::nullopt, hub.now);
  EXPECT_EQ(hub.stops.size(), 1U);
  EXPECT_EQ(hub.retained, "") << "not what it was before";
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::tripped, 4);
  EXPECT_EQ(hub.latch("a").epoch, 4U) << "the trip is retained at once";
  hub.guard(LatchState::running, 4);
  hub.controller->latch(hub.retained, hub.now);
  EXPECT_EQ(hub.stops.size(), 1U) << "one loss, one trip";
}

TEST(Controller, HandsTheOperatorsWordsOnOneAfterTheOther) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::tripped, 3, true);
  hub.controller->released(estop::Action::acknowledge, "anna", hub.now);
  hub.guard(LatchState::ready, 3, true);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  EXPECT_EQ(hub.releases("a")[0].action, estop::Action::acknowledge);
  EXPECT_EQ(hub.releases("a")[0].station_epoch, 9U);
  EXPECT_EQ(hub.releases("a")[0].operator_name, "anna");
  hub.pass(3s);
  ASSERT_EQ(hub.releases("a").size(), 2U) << "it was lost, and is said again";
  EXPECT_GT(hub.releases("a")[1].counter, hub.releases("a")[0].counter);
  hub.safe("a", LatchState::tripped, 3, 9, true);
  ASSERT_EQ(hub.releases("a").size(), 3U);
  EXPECT_EQ(hub.releases("a")[2].action, estop::Action::reset);
  hub.safe("a", LatchState::ready, 3, 9, true);
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 3U) << "nothing is owed any more, and nobody said start (S4)";
}

TEST(Controller, AStationThatTrippedAgainIsNotReleasedByOldWords) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  hub.controller->released(estop::Action::start, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  hub.safe("a", LatchState::tripped, 3, 10);
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 1U);
}

// A stop that came to the station and not here is forgotten when the station's supervisor begins again while
// its guard stays tripped; its trip and its count of stops are then what they were when somebody looked.
TEST(Controller, S10_AStationThatBeganAgainIsNotReleasedByOldWords) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  ASSERT_EQ(hub.releases("a").size(), 1U);
  hub.safe("a", LatchState::tripped, 3, 9, false, "fedcba9876543210");
  hub.pass(20s);
  EXPECT_EQ(hub.releases("a").size(), 1U);
  hub.safe("a", LatchState::tripped, 3, 9, false, "fedcba9876543210");
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  EXPECT_EQ(hub.releases("a").size(), 2U);
}

TEST(Controller, S4_AStationThatIsAwayDuringTheReleaseIsNotStartedByComingBack) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3, true);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  hub.controller->released(estop::Action::start, "anna", hub.now);
  hub.pass(6s);
  const auto said_meanwhile = hub.releases("a").size();
  EXPECT_LE(said_meanwhile, 2U) << "a message can be lost, but after five seconds it is away";
  EXPECT_TRUE(hub.was_said("release_refused: a is not released, because it fell silent"));
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.pass(4s);
  EXPECT_EQ(hub.releases("a").size(), said_meanwhile);
  // Nor are words said to somebody who is away already.
  hub.pass(6s);
  hub.guard(LatchState::tripped, 4);
  hub.guard(LatchState::ready, 4, true);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  hub.controller->released(estop::Action::start, "anna", hub.now);
  EXPECT_TRUE(hub.was_said("release_refused: a is not released, because it is silent"));
  hub.safe("a", LatchState::tripped, 4, 9);
  hub.pass(4s);
  EXPECT_EQ(hub.releases("a").size(), said_meanwhile);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  EXPECT_EQ(hub.releases("a").size(), said_meanwhile + 1) << "the next one means it, too";
}

TEST(Controller, AStationThatDoesNotShowWhatItWasToldIsNamed) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.guard(LatchState::ready, 3, true);
  hub.controller->released(estop::Action::reset, "anna", hub.now);
  hub.controller->released(estop::Action::start, "anna", hub.now);
  for (int second = 0; second < 60; ++second) {
    hub.pass(1s);
    hub.safe("a", LatchState::tripped, 3, 9);
  }
  EXPECT_EQ(hub.releases("a").size(), 10U);
  EXPECT_EQ(hub.releases("a").back().action, estop::Action::reset) << "no start without it";
  EXPECT_TRUE(hub.was_said("release_refused: a is not released, because it does not show what it was told"));
}

TEST(Controller, NamesTheStationsThatDoNotConfirm) {
  Hub hub("ctrl-01", {"a", "b"});
  hub.guard(LatchState::tripped, 3);
  hub.join();
  hub.safe("a", LatchState::tripped, 3, 9);
  hub.safe("b", LatchState::running, 3, 4);
  hub.pass(1900ms);
  EXPECT_TRUE(hub.alarms.empty());
  hub.pass(200ms);
  ASSERT_EQ(hub.alarms.size(), 1U);
  EXPECT_NE(hub.alarms[0].find(": b"), std::string::npos) << hub.alarms[0];
  EXPECT_EQ(hub.alarms[0].find("a,"), std::string::npos) << hub.alarms[0];
}

TEST(Controller, NobodyRegistersWithoutAKey) {
  Hub hub;
  hub.guard(LatchState::tripped, 3);
  hub.join();
  estop::SafeState made;
  made.boot_nonce = nonce;
  hub.controller->safe_state(estop::write_safe_state(hub.envelope("a"), made, keys_of("b"), "b"), hub.now);
  EXPECT_TRUE(hub.controller->stations().empty());
  const std::string before = hub.retained;
  hub.pass(5s);
  EXPECT_EQ(hub.retained, before) << "said again, and the same";
  hub.safe("a", LatchState::tripped, 0, 1);
  EXPECT_EQ(hub.controller->stations().size(), 1U);
  hub.pass(100ms);
  EXPECT_EQ(hub.latch("a").epoch, 3U) << "from now on it can check the latch";
}

TEST(Controller, AStationThatFallsSilentIsAnAlarmAlsoWithoutATrip) {
  Hub rig("ctrl-01", {"a", "b"});
  rig.guard(LatchState::ready, 3);
  rig.retained = "x";
  rig.join();
  rig.safe("a", LatchState::ready, 3, 1);
  rig.safe("b", LatchState::ready, 3, 1);
  for (int second = 0; second < 20; ++second) {
    rig.pass(1s);
    rig.safe("a", LatchState::ready, 3, 1);
  }
  ASSERT_EQ(rig.alarms.size(), 1U) << "once, however long it lasts";
  EXPECT_NE(rig.alarms[0].find(": b;"), std::string::npos) << rig.alarms[0];
  rig.safe("b", LatchState::ready, 3, 1);
  EXPECT_EQ(rig.said.back(), "returned: the station b is heard again");
  for (int second = 0; second < 6; ++second) {
    rig.pass(1s);
    rig.safe("a", LatchState::ready, 3, 1);
  }
  EXPECT_EQ(rig.alarms.size(), 2U) << "each silence is one";
}

TEST(Controller, AStationThatTookItsLeaveIsNotMissed) {
  Hub rig("ctrl-01", {"a"});
  rig.guard(LatchState::ready, 3);
  rig.join();
  rig.safe("a", LatchState::ready, 3, 1);
  estop::Message beat{rig.envelope("a"), estop::Heartbeat{.status = estop::Health::stopping}};
  rig.controller->heartbeat(beat, rig.now);
  rig.pass(10s);
  EXPECT_TRUE(rig.alarms.empty());
  ASSERT_FALSE(rig.said.empty());
  EXPECT_EQ(rig.said.back(), "left: the station a has taken its leave");
}

TEST(Controller, ARefusalOfOneStationTakesNothingFromTheOthers) {
  Hub rig("ctrl-01");
  rig.guard(LatchState::tripped, 3);
  rig.join();
  rig.safe("a", LatchState::tripped, 3, 1);
  rig.safe("b", LatchState::tripped, 3, 1);
  rig.guard(LatchState::tripped, 3, true);
  rig.controller->released(estop::Action::acknowledge, "anna", rig.now);
  rig.guard(LatchState::ready, 3, true);
  rig.controller->released(estop::Action::reset, "anna", rig.now);
  ASSERT_EQ(rig.releases("a").size(), 1U);
  const auto refused = rig.releases("a").back();
  rig.controller->result(estop::write_result(
      rig.envelope("a"), {refused.action, refused.epoch, refused.counter, false, "no"}, keys_of("a"), "a"));
  rig.safe("b", LatchState::tripped, 3, 1, true);
  ASSERT_EQ(rig.releases("b").size(), 2U) << "b has acknowledged, and gets its reset";
  EXPECT_EQ(rig.releases("b").back().action, estop::Action::reset);
  rig.pass(10s);
  EXPECT_EQ(rig.releases("a").size(), 1U) << "a refused, and gets nothing more of these";
}

}  // namespace
}  // namespace standstill::station
