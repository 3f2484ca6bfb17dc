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
  std::vector<std::string> said_within(Duration time) { return said_within(rig, time); }
  static std::vector<std::string> said_within(Rig& rig, Duration time) {
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
  EXPECT_EQ(said_within(3s), Ids{KeptStops::id_for("not JSON", 3)});
}

TEST_F(Held, S10_TheSameThatNobodyCouldReadIsAnotherStopAfterARelease) {
  rig.station->stop({.unreadable = "it is not JSON"}, "not JSON", rig.now);
  trip();
  const Ids before = said_within(3s);
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::running), rig.now);
  rig.guard(LatchState::running, 5);
  rig.station->stop({.unreadable = "it is not JSON"}, "not JSON", rig.now);
  rig.guard(LatchState::tripped, 6, "bus");
  const Ids after = said_within(3s);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_NE(after, before) << "whoever knows the first one would take it for a copy";
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

// ---- a station that begins again; its guard has kept the latch

// The next start of the station, with what the one before wrote, on a bus where nobody has stopped.
struct Again {
  Rig next;
  explicit Again(const std::string& written, CauseCode code = CauseCode::button_press,
                 std::string_view source = "operator")
      : next(3, written) {
    next.local.known = true;
    next.local.epoch = 5;
    next.local.first_out = {code, false, source, "pressed", next.now, 0};
    next.station->local(next.local, next.now);
    next.join(3, LatchState::running);
  }
  Held::Ids later(Duration time) { return Held::said_within(next, time); }
};

TEST_F(Held, S3_S11_AStationThatBeginsAgainStillOwesTheStopThatTheControllerDidNotHear) {
  rig.stop(1);
  trip();
  ASSERT_FALSE(rig.written.empty());
  Again again(rig.written.back(), CauseCode::operator_command, "bus");
  EXPECT_EQ(again.later(3s), Ids{id_of(1)});
  EXPECT_EQ(again.next.published.back().second, text_of(1)) << "the same message";
  again.next.station->latch(again.next.latch(4, LatchState::tripped), again.next.now);
  EXPECT_EQ(again.later(10s), Ids{});
  EXPECT_EQ(Again(again.next.written.back()).later(10s), Ids{}) << "and the start after that owes nothing";
}

TEST_F(Held, S3_S9_SoItDoesWithItsOwn) {
  rig.station->left();
  rig.guard(LatchState::tripped, 5);
  Again again(rig.written.back());
  EXPECT_EQ(again.next.stops(), 1) << "as soon as the latch was read, for nobody else may have heard it";
  const Ids ids = again.later(3s);
  ASSERT_FALSE(ids.empty());
  EXPECT_EQ(ids.front(), estop::judge_stop(rig.published.back().second).id)
      << "under the id it was said with";
}

TEST_F(Held, S3_S9_ATripThatNobodyCameToNoteIsToldByTheNextStart) {
  // The programs or the power ended before the note was on disk, or the note cannot be read.
  for (const auto* note : {"", "{\"tripped\": 4, \"stops\": 7}", "\xff"}) {
    Again again(note);
    const auto& [channel, text] = again.next.published.at(0);
    EXPECT_EQ(channel, estop::stop_channel);
    EXPECT_EQ(estop::judge_stop(text).reason, CauseCode::button_press);
    EXPECT_FALSE(again.later(3s).empty());
    Again heard(note, CauseCode::operator_command, "bus");
    EXPECT_FALSE(heard.later(3s).empty()) << "a stop that it had heard";
  }
}

TEST_F(Held, AStartIsNoStop) {
  for (const auto code : {CauseCode::unclean_end, CauseCode::no_record, CauseCode::resumed,
                          CauseCode::supervisor_lost, CauseCode::guard_lost})
    EXPECT_EQ(Again("", code, "guard").later(5s), Ids{}) << name(code);
  EXPECT_EQ(Again("", CauseCode::link_lost, "bus").later(5s), Ids{}) << "it could not hear the bus";
  EXPECT_EQ(Again(R"({"tripped":5,"stops":[]})").later(5s), Ids{}) << "it was told when it happened";
}

TEST_F(Held, S9_AButtonAtAStationThatIsTrippedAlreadyStopsTheOthers) {
  rig.guard(LatchState::tripped, 5, "bus");
  rig.station->latch(rig.latch(4, LatchState::tripped), rig.now);
  rig.station->latch(rig.latch(4, LatchState::running), rig.now);
  rig.published.clear();
  const Cause pressed{CauseCode::button_press, false, "operator", "pressed", rig.now, 0};
  for (int i = 0; i < 1000; ++i) rig.station->demanded(pressed, rig.now);
  ASSERT_EQ(rig.stops(), 1) << "and no flood";
  EXPECT_EQ(estop::judge_stop(rig.published.front().second).reason, CauseCode::button_press);
  EXPECT_FALSE(said_within(3s).empty()) << "until the retained latch shows a trip after it";
  rig.station->latch(rig.latch(5, LatchState::tripped), rig.now);
  EXPECT_EQ(said_within(10s), Ids{});
}

}  // namespace
}  // namespace standstill::station
