// The station's role as scenarios in which time is a number.
#include "plant/station/station.hpp"

#include <gtest/gtest.h>

#include "unit/plant/station/station_rig.hpp"

namespace standstill::station {
namespace {

using Rig = StationRig;

TEST(Station, S11_IsUnknownUntilTheLatchIsRead) {
  Rig rig;
  EXPECT_EQ(rig.standing, Standing::unknown);
  rig.station->joined(rig.now);
  EXPECT_FALSE(rig.station->open()) << "subscribed is not enough";
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  EXPECT_TRUE(rig.free());
  EXPECT_TRUE(rig.station->open());
}

TEST(Station, S7_AMissingForgedOrOldLatchIsAStop) {
  for (const auto& text : std::vector<std::optional<std::string>>{std::nullopt, "", "running",
                                                                  Rig().latch(3, LatchState::running, "b"),
                                                                  Rig().latch(6, LatchState::running)}) {
    Rig rig(7);
    rig.station->joined(rig.now);
    rig.station->latch(text, rig.now);
    EXPECT_EQ(rig.standing, Standing::present) << text.value_or("none");
    EXPECT_FALSE(rig.station->open());
  }
}

TEST(Station, SaysHowLongItTookFromTheStopToItsOutputs) {
  Rig rig;
  rig.join(3, LatchState::running);
  rig.guard(LatchState::running, 9);
  EXPECT_EQ(rig.station->safe_state().commanded_ms, -1);
  rig.stop(1);
  rig.local.cut_done = rig.now + 7ms;
  rig.now += 20ms;
  rig.stop(1);  // a copy is not the beginning
  rig.guard(LatchState::tripped, 10, bus_source);
  EXPECT_EQ(rig.station->safe_state().commanded_ms, 7);
}

// Every second only its beginning is asked for.
TEST(Station, S7_S11_ALatchThatIsAsBeforeCountsAsRead) {
  Rig rig;
  EXPECT_EQ(rig.station->latch_head(), "") << "nothing was vouched for yet";
  rig.join(3, LatchState::running);
  const std::string head = rig.station->latch_head();
  EXPECT_EQ(head, estop::latch_head(rig.latch(3, LatchState::running)));
  for (int i = 0; i < 20; ++i) {
    rig.now += 1s;
    rig.station->heard(rig.now);
    rig.station->latch_as_before(rig.now);
    rig.station->tick(rig.now);
    ASSERT_TRUE(rig.free()) << i;
  }
  rig.station->left();
  rig.station->joined(rig.now);
  EXPECT_FALSE(rig.station->open());
  rig.station->latch_as_before(rig.now);
  EXPECT_TRUE(rig.station->open()) << "the same latch, read on a new connection";
  rig.stop(1);
  rig.station->latch_as_before(rig.now);
  EXPECT_EQ(rig.standing, Standing::present) << "the latch of before the stop releases nothing";
  for (const auto& unknown : std::vector<std::optional<std::string>>{std::nullopt, "running"}) {
    rig.station->latch(unknown, rig.now);
    EXPECT_EQ(rig.station->latch_head(), "") << "what nobody vouches for is read whole again";
  }
}

TEST(Station, S9_EveryStopIsObeyed_S10_ACopyIsNot) {
  Rig rig;
  rig.join(3, LatchState::running);
  rig.stop(1);
  EXPECT_EQ(rig.standing, Standing::present);
  rig.guard(LatchState::tripped, 1, "bus");
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  EXPECT_EQ(rig.standing, Standing::present) << "the latch is older than the stop";
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::ready), rig.now);
  EXPECT_TRUE(rig.free());
  rig.stop(1);
  EXPECT_TRUE(rig.free()) << "a late copy of a stop that was released";
  rig.station->stop({.unreadable = "it is not JSON"}, "not JSON", rig.now);
  EXPECT_EQ(rig.standing, Standing::present);
}

TEST(Station, S11_GoesSafeWhenItCannotHearTheBus) {
  Rig rig;
  rig.join(3, LatchState::running);
  rig.station->left();
  rig.now += 2999ms;
  rig.station->tick(rig.now);
  EXPECT_TRUE(rig.free());
  rig.now += 1ms;
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.standing, Standing::present);
  rig.join(3, LatchState::running);
  EXPECT_TRUE(rig.free());
}

// A connection that is made again and again and never lives until the latch has been read.
TEST(Station, S11_GoesSafeWhenItCannotReadTheLatch) {
  Rig rig;
  rig.join(3, LatchState::running);
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(rig.free()) << i;
    rig.now += 500ms;
    rig.station->left();
    rig.station->joined(rig.now);
    rig.station->tick(rig.now);
  }
  rig.now += 500ms;
  rig.station->joined(rig.now);
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.standing, Standing::present);
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  EXPECT_TRUE(rig.free());
}

TEST(Station, S11_AStopThatWasReleasedMeanwhileStillTripsIt) {
  Rig rig;
  rig.join(3, LatchState::running);
  rig.guard(LatchState::running, 5);
  std::vector<Standing> seen;
  rig.station->left();
  rig.now += 1s;
  rig.station->joined(rig.now);
  const auto before = rig.said.size();
  rig.station->latch(rig.latch(4, LatchState::running), rig.now);
  EXPECT_TRUE(rig.free());
  ASSERT_GT(rig.said.size(), before);
  EXPECT_EQ(rig.said.back().substr(0, 4), "free") << "it was present in between";
}

TEST(Station, AnOwnTripStopsEverybodyUntilTheLatchShowsIt) {
  Rig rig(3, R"({"tripped":4,"stops":[]})");
  rig.guard(LatchState::tripped, 4);
  EXPECT_EQ(rig.stops(), 0) << "an old trip that was found at the start, and was told when it happened";
  rig.join(3, LatchState::running);
  rig.guard(LatchState::running, 4);
  rig.guard(LatchState::tripped, 5);
  ASSERT_EQ(rig.stops(), 1);
  const auto heard = estop::judge_stop(rig.published.back().second);
  EXPECT_EQ(heard.unreadable, "");
  EXPECT_EQ(heard.reason, CauseCode::button_press);
  rig.station->latch(rig.latch(3, LatchState::running), rig.now);
  EXPECT_EQ(rig.stops(), 2) << "whoever keeps the latch has not heard it";
  EXPECT_EQ(estop::judge_stop(rig.published.back().second).id, heard.id);
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  EXPECT_EQ(rig.stops(), 2);
}

TEST(Station, ATripByTheBusIsNotSentBackToIt) {
  Rig rig;
  rig.join(3, LatchState::running);
  rig.guard(LatchState::running, 4);
  rig.stop(1);
  rig.guard(LatchState::tripped, 5, "bus");
  EXPECT_EQ(rig.stops(), 0);
}

struct StationRelease : testing::Test {
  Rig rig;
  StationRelease() {
    rig.join(3, LatchState::running);
    rig.guard(LatchState::running, 4);
    rig.stop(1);
    rig.guard(LatchState::tripped, 5, "bus");
    rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  }
};

TEST_F(StationRelease, GoesThroughItsThreeWords) {
  rig.say(rig.release(estop::Action::acknowledge, 4, 5, 1));
  ASSERT_EQ(rig.words.size(), 1U);
  rig.station->answered(true, "", rig.now);
  EXPECT_EQ(rig.result(), "accepted");
  EXPECT_FALSE(rig.free()) << "an acknowledgement changes nothing else";
  rig.say(rig.release(estop::Action::reset, 4, 5, 2));
  rig.say(rig.release(estop::Action::start, 4, 5, 3));
  ASSERT_EQ(rig.words.size(), 2U) << "one after the other";
  EXPECT_TRUE(rig.free());
  rig.station->answered(false, "settling", rig.now);
  rig.now += 100ms;
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.words.size(), 2U);
  rig.now += 100ms;
  rig.station->tick(rig.now);
  ASSERT_EQ(rig.words.size(), 3U) << "said again";
  rig.station->answered(true, "", rig.now);
  rig.guard(LatchState::ready, 5);
  ASSERT_EQ(rig.words.size(), 4U);
  EXPECT_EQ(rig.words.back(), estop::Action::start);
}

TEST_F(StationRelease, RefusesReplaysOldEpochsOtherStartsAndOtherKeys) {
  rig.say(rig.release(estop::Action::acknowledge, 4, 5, 1), "b");
  EXPECT_EQ(rig.result(), "") << "a wrong signature gets no answer";
  EXPECT_EQ(rig.said.back().substr(0, 15), "release_refused");
  rig.say(rig.release(estop::Action::acknowledge, 3, 5, 1));
  EXPECT_NE(rig.result().find("epoch 3"), std::string::npos);
  rig.say(rig.release(estop::Action::acknowledge, 4, 4, 1));
  EXPECT_NE(rig.result().find("tripped again"), std::string::npos);
  auto other = rig.release(estop::Action::acknowledge, 4, 5, 1);
  other.boot_nonce = "fedcba9876543210";
  rig.say(other);
  EXPECT_NE(rig.result().find("another start"), std::string::npos);
  EXPECT_TRUE(rig.words.empty());
  rig.say(rig.release(estop::Action::acknowledge, 4, 5, 1));
  rig.station->answered(true, "", rig.now);
  rig.say(rig.release(estop::Action::acknowledge, 4, 5, 1));
  EXPECT_NE(rig.result().find("taken before"), std::string::npos);
  EXPECT_EQ(rig.words.size(), 1U);
}

// Its epochs, what it owed and what it had taken are gone with the disk. Somebody had listened, and says the
// words once more that had released it before.
TEST_F(StationRelease, S9_S10_ReplaysAfterTheStationLostItsDiskAreRefused) {
  std::vector<estop::Release> heard;
  for (const auto action : {estop::Action::acknowledge, estop::Action::reset, estop::Action::start})
    heard.push_back(rig.release(action, 4, 5, heard.size() + 1));
  Rig empty;
  empty.station = std::make_unique<Station>(
      Station::Settings{.instance = "a", .boot_nonce = "fedcba9876543210", .keys = keys_of("a")},
      empty.doer());
  empty.station->begin(empty.now);
  empty.guard(LatchState::tripped, 5);
  empty.join(4, LatchState::running);
  empty.said.clear();
  for (const auto& word : heard) {
    empty.say(word);
    EXPECT_NE(empty.result().find("another start"), std::string::npos) << empty.result();
  }
  EXPECT_TRUE(empty.words.empty());
  EXPECT_EQ(
      std::ranges::count_if(empty.said, [](const auto& one) { return one.starts_with("release_refused"); }),
      3)
      << "each is journalled";
}

// The controller says "reset" while a stop that it has not heard yet is on its way: this station has heard
// it.
TEST_F(StationRelease, IsRefusedAfterAStopThatTheControllerHadNotHeardYet) {
  auto release = rig.release(estop::Action::reset, 4, 5, 1);
  rig.stop(2);
  rig.say(release);
  EXPECT_NE(rig.result().find("stopped again"), std::string::npos);
  EXPECT_TRUE(rig.words.empty());
  release = rig.release(estop::Action::reset, 4, 5, 2);
  rig.say(release);
  rig.station->answered(false, "settling", rig.now);
  rig.stop(3);
  rig.now += 1s;
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.words.size(), 1U) << "a stop ends what was under way";
}

// A station that learned of the stop from the latch hears the repeats of it later.
TEST_F(StationRelease, IsNotDisturbedByRepeatsOfTheStopThatTheLatchNames) {
  const auto release = rig.release(estop::Action::reset, 4, 5, 1);
  rig.stop(99);
  rig.say(release);
  EXPECT_EQ(rig.words.size(), 1U);
}

TEST_F(StationRelease, EndsWithANewTrip) {
  rig.say(rig.release(estop::Action::reset, 4, 5, 1));
  rig.station->answered(false, "settling", rig.now);
  rig.guard(LatchState::tripped, 6);
  rig.now += 1s;
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.words.size(), 1U);
  EXPECT_NE(rig.result().find("stopped again"), std::string::npos);
}

// Released at the station itself while a stop of the bus was on its way, and that stop gets here as the words
// that release it: nobody who said them knew that this station runs.
TEST_F(StationRelease, S11_TellsAStationThatRunsOfTheStopThatItMissed) {
  rig.station->latch(rig.latch(4, LatchState::ready), rig.now);
  const auto word = rig.release(estop::Action::reset, 5, 5, 1);
  rig.guard(LatchState::running, 5);
  ASSERT_TRUE(rig.free());
  rig.say(word);
  EXPECT_EQ(rig.standing, Standing::present);
  EXPECT_NE(rig.result().find("missed"), std::string::npos);
  rig.guard(LatchState::tripped, 6, "bus");
  rig.station->latch(rig.latch(5, LatchState::running), rig.now);
  EXPECT_TRUE(rig.free());
  EXPECT_TRUE(rig.words.empty());
}

// The words of an epoch wait for something to settle, and a later stop, which did not come as a message, is
// learned from the latch: what still waits was said before it.
TEST_F(StationRelease, S10_AWordThatWaitsEndsWithTheNextEpoch) {
  rig.say(rig.release(estop::Action::reset, 4, 5, 1));
  rig.say(rig.release(estop::Action::start, 4, 5, 2));
  rig.station->answered(false, "settling", rig.now);
  rig.station->latch(rig.latch(5, LatchState::tripped), rig.now);
  rig.say(rig.release(estop::Action::reset, 5, 5, 3));
  rig.station->latch(rig.latch(5, LatchState::ready), rig.now);
  rig.now += 200ms;
  rig.station->tick(rig.now);
  ASSERT_FALSE(rig.words.empty());
  EXPECT_EQ(rig.words.back(), estop::Action::reset);
  rig.station->answered(true, "", rig.now);
  rig.guard(LatchState::ready, 5);
  rig.now += 1s;
  rig.station->heard(rig.now);
  rig.station->tick(rig.now);
  EXPECT_EQ(rig.words.back(), estop::Action::reset) << "nobody has said start in epoch 5";
  EXPECT_NE(rig.result().find("stopped again"), std::string::npos);
}

// Its outputs went safe because a peer said goodbye. The start that the controller says again, because it has
// not seen the station run, was for what ran before.
TEST_F(StationRelease, S4_IsNotUsedTwiceWhenTheOutputsWentSafeQuietly) {
  const auto again = rig.release(estop::Action::start, 4, 5, 3);
  rig.say(rig.release(estop::Action::reset, 4, 5, 1));
  rig.guard(LatchState::ready, 5);
  rig.say(rig.release(estop::Action::start, 4, 5, 2));
  rig.station->answered(true, "", rig.now);
  rig.guard(LatchState::running, 5);
  rig.guard(LatchState::ready, 5);
  const auto words = rig.words.size();
  rig.say(again);
  EXPECT_EQ(rig.words.size(), words);
  EXPECT_NE(rig.result().find("stopped again"), std::string::npos);
}

TEST_F(StationRelease, IsRefusedBeforeTheLatchIsReadAndGivesUpInTime) {
  rig.station->joined(rig.now);
  rig.say(rig.release(estop::Action::reset, 4, 5, 1));
  EXPECT_NE(rig.result().find("not read"), std::string::npos);
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.say(rig.release(estop::Action::reset, 4, 5, 1));
  rig.now += 10s;
  rig.station->heard(rig.now);
  rig.station->tick(rig.now);
  EXPECT_NE(rig.result().find("nobody answered"), std::string::npos);
}

TEST(Station, RemembersTheLargestEpochThatWasVouchedFor) {
  Rig rig;
  rig.join(9, LatchState::tripped);
  rig.station->latch(rig.latch(50, LatchState::tripped, "b"), rig.now);
  EXPECT_EQ(rig.remembered, std::vector<Epoch>{9});
  rig.station->latch(rig.latch(8, LatchState::running), rig.now);
  EXPECT_EQ(rig.standing, Standing::present);
}

TEST(Station, AFloodOfStopsLeavesTheSameState) {
  Rig rig;
  rig.join(3, LatchState::running);
  for (unsigned i = 1; i <= 20'000; ++i) rig.stop(i);
  EXPECT_EQ(rig.standing, Standing::present);
  EXPECT_EQ(rig.said.size(), 1U) << "the first is kept, the others change nothing";
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::ready), rig.now);
  EXPECT_TRUE(rig.free());
}

}  // namespace
}  // namespace standstill::station
