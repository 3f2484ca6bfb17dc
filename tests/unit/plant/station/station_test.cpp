// The station's role as scenarios in which time is a number.
#include "plant/station/station.hpp"

#include <gtest/gtest.h>

#include "unit/plant/station/bus_keys.hpp"

namespace standstill::station {
namespace {

// As somebody sends it.
std::string text_of(unsigned id) {
  estop::Message message;
  message.envelope.id = id_of(id);
  message.envelope.source = {"standstill", "b", "0.1.0"};
  message.payload = estop::EmergencyStop{};
  return estop::write_message(message).value();
}

struct Rig {
  Instant now = instant_from_ns(1'000'000'000'000);
  Standing standing = Standing::unknown;
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<estop::Action> words;
  std::vector<std::string> said;
  std::vector<Epoch> remembered;
  unsigned next_id = 100;
  std::unique_ptr<Station> station;
  Local local;

  explicit Rig(Epoch remembered_epoch = 0) {
    Doer doer;
    doer.decided = [this](const Finding& finding) { standing = finding.standing; };
    doer.told = [](const Verdict&) {};
    doer.publish = [this](std::string_view channel, const std::string& text) {
      published.emplace_back(channel, text);
    };
    doer.envelope = [this] {
      estop::Envelope made;
      made.id = id_of(next_id++);
      made.source = {"standstill", "a", "0.1.0"};
      return made;
    };
    doer.word = [this](estop::Action action, Epoch, const std::string&) { words.push_back(action); };
    doer.remember = [this](Epoch epoch) { remembered.push_back(epoch); };
    doer.said = [this](std::string_view code, const std::string& detail) {
      said.push_back(std::string(code) + ": " + detail);
    };
    station = std::make_unique<Station>(
        Station::Settings{
            .instance = "a", .largest_epoch = remembered_epoch, .boot_nonce = nonce, .keys = keys_of("a")},
        doer);
    station->begin(now);
  }

  std::string latch(Epoch epoch, LatchState state, const std::string& for_whom = "a") {
    estop::LatchRecord record;
    record.epoch = epoch;
    record.state = state;
    record.code = "operator_command";
    record.controller = "ctrl-01";
    record.stop_id = state == LatchState::tripped ? id_of(99) : "";
    return estop::write_latch(record, master(), {for_whom});
  }
  void join(Epoch epoch, LatchState state) {
    station->joined(now);
    station->latch(latch(epoch, state), now);
  }
  void guard(LatchState state, Epoch epoch, std::string_view source = "operator") {
    local.known = true;
    local.state = state;
    local.epoch = epoch;
    local.acknowledged = false;
    local.first_out = {CauseCode::button_press, true, source, "pressed", now, 0};
    station->local(local, now);
  }
  void stop(unsigned id, bool straight = false) {
    estop::HeardStop heard;
    heard.straight = straight;
    heard.id = id_of(id);
    heard.instance = "b";
    station->stop(heard, text_of(id), now);
  }
  estop::Release release(estop::Action action, Epoch epoch, Epoch station_epoch, std::uint64_t counter) {
    return {action, epoch, station_epoch, "anna", nonce, counter, station->safe_state().stops};
  }
  void say(const estop::Release& release, const std::string& for_whom = "a") {
    estop::Envelope envelope;
    envelope.id = id_of(next_id++);
    envelope.source = {"standstill", "ctrl-01", "0.1.0"};
    station->release(estop::write_release(envelope, release, master(), for_whom), now);
  }
  // What became of the last release: "" when nothing was told.
  std::string result() {
    for (auto one = published.rbegin(); one != published.rend(); ++one)
      if (one->first == estop::result_channel) {
        const auto read = estop::read_result(one->second, master());
        if (!read) return read.error();
        return read->content.accepted ? "accepted" : read->content.reason;
      }
    return "";
  }
  bool free() { return standing == Standing::clear; }
  int stops() {
    return static_cast<int>(std::count_if(published.begin(), published.end(),
                                          [](const auto& one) { return one.first == estop::stop_channel; }));
  }
};

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
  Rig rig;
  rig.guard(LatchState::tripped, 4);
  EXPECT_EQ(rig.stops(), 0) << "an old trip that was found at the start";
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
  EXPECT_EQ(said_within(1200ms), Ids{id_of(1)});
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
