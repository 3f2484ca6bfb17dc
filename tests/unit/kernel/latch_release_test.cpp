// The latch, second half: what refuses a release (S5), which cause is shown first (S6), and what repeats
// (S10).
#include <gtest/gtest.h>

#include "kernel/latch.hpp"

namespace standstill {
namespace {

constexpr SourceIndex link = 0, oil = 1, operators = 2;

class Release : public testing::Test {
 protected:
  bool is(SourceIndex source, Standing standing, CauseCode code = CauseCode::link_lost) {
    return latch.report(source, standing, {code, false, "source", "detail", time, 0});
  }
  bool stop() { return latch.stop(operators, {CauseCode::operator_command, false, "operator", "", time, 0}); }
  void all_clear() {
    for (const SourceIndex source : {link, oil, operators}) is(source, Standing::clear, CauseCode::none);
  }
  Refusal reset() { return latch.reset(latch.epoch(), time); }
  void to_ready() {
    all_clear();
    time += 2s;
    latch.acknowledge(latch.epoch());
    ASSERT_EQ(reset(), Refusal::none);
  }

  Instant time = instant_from_ns(1'000'000'000'000);
  Latch<3> latch = [this] {
    Latch<3> made(2s);
    made.boot(nullptr, time, 0);
    return made;
  }();
};

TEST_F(Release, S5_EveryReasonIsListedAtOnce) {
  is(link, Standing::present);
  is(oil, Standing::clear, CauseCode::none);
  EXPECT_EQ(reset(),
            Refusal::not_acknowledged | Refusal::cause_present | Refusal::source_unknown | Refusal::settling);
  EXPECT_EQ(latch.reset(7, time), Refusal::wrong_epoch);
  EXPECT_EQ(latch.acknowledge(7), Refusal::wrong_epoch);
}

TEST_F(Release, S5_TheSettleTimeRunsFromTheLastMomentACauseWasPresent) {
  to_ready();
  is(link, Standing::present);
  latch.acknowledge(latch.epoch());
  time += 1h;
  is(link, Standing::clear);
  EXPECT_EQ(reset(), Refusal::settling);
  time += 2s - 1ns;
  EXPECT_EQ(reset(), Refusal::settling);
  time += 1ns;
  EXPECT_EQ(reset(), Refusal::none);
}

TEST_F(Release, S5_AMomentaryCauseSettlesToo) {
  to_ready();
  stop();
  latch.acknowledge(latch.epoch());
  time += 2s - 1ns;
  EXPECT_EQ(reset(), Refusal::settling);
  time += 1ns;
  EXPECT_EQ(reset(), Refusal::none);
}

TEST_F(Release, S5_ABootSettles) {
  all_clear();
  latch.acknowledge(1);
  EXPECT_EQ(reset(), Refusal::settling);
}

TEST_F(Release, S5_ANewSupervisorKnowsNothing) {
  to_ready();
  latch.forget(link);
  EXPECT_EQ(latch.start(latch.epoch(), time, Refusal::none), Refusal::source_unknown);
  stop();
  latch.acknowledge(latch.epoch());
  time += 2s;
  EXPECT_EQ(reset(), Refusal::source_unknown);
  is(link, Standing::clear);
  EXPECT_EQ(reset(), Refusal::none) << "a source that was never present needs no settle time";
}

TEST_F(Release, S5_APresentCauseIsNotForgotten) {
  is(link, Standing::present);
  latch.forget(link);
  EXPECT_TRUE(has(reset(), Refusal::cause_present));
}

TEST_F(Release, S5_ACauseThatNobodySawEndSettlesFromTheFirstClearLook) {
  to_ready();
  is(link, Standing::present);
  latch.acknowledge(latch.epoch());
  is(link, Standing::unknown);
  time += 10s;
  is(link, Standing::clear);
  EXPECT_EQ(reset(), Refusal::settling);
  time += 2s;
  EXPECT_EQ(reset(), Refusal::none);
}

TEST_F(Release, S5_AnOldTimeStampDoesNotShortenTheSettleTime) {
  to_ready();
  const Instant long_ago = time - 1h;
  stop();
  latch.stop(operators, {CauseCode::operator_command, false, "operator", "late", long_ago, 0});
  latch.report(link, Standing::present, {CauseCode::link_lost, false, "layout", "", time, 0});
  latch.report(link, Standing::clear, {CauseCode::none, false, "layout", "", long_ago, 0});
  latch.acknowledge(latch.epoch());
  EXPECT_EQ(reset(), Refusal::settling);
}

TEST_F(Release, S5_AReportThatComesLateDoesNotShortenTheSettleTime) {
  to_ready();
  const Instant first = time;
  is(link, Standing::present);
  time += 1h;
  is(link, Standing::clear);
  for (const Standing late : {Standing::present, Standing::clear})
    latch.report(link, late, {CauseCode::link_lost, false, "layout", "", first, 0});
  latch.acknowledge(latch.epoch());
  EXPECT_EQ(reset(), Refusal::settling);
}

TEST_F(Release, S5_StartAsksAgain) {
  to_ready();
  latch.forget(oil);
  EXPECT_EQ(latch.start(1, time, Refusal::readback_not_safe),
            Refusal::readback_not_safe | Refusal::source_unknown);
  EXPECT_EQ(latch.start(2, time, Refusal::none), Refusal::wrong_epoch);
}

TEST_F(Release, S6_TheFirstOutIsNeverOverwritten) {
  to_ready();
  EXPECT_TRUE(is(link, Standing::present, CauseCode::link_lost));
  latch.acknowledge(latch.epoch());
  EXPECT_FALSE(is(oil, Standing::present, CauseCode::limit));
  EXPECT_FALSE(stop());
  is(link, Standing::clear);
  EXPECT_FALSE(latch.first_out().present);
  EXPECT_FALSE(is(link, Standing::present, CauseCode::link_frozen));
  EXPECT_EQ(latch.first_out().code, CauseCode::link_lost);
  EXPECT_EQ(latch.epoch(), 2U);
  for (const SourceIndex source : {link, oil, operators})
    EXPECT_TRUE(latch.source(source).recorded) << int{source};
}

TEST_F(Release, S6_ALaterCauseClearsTheAcknowledgement) {
  to_ready();
  is(link, Standing::present);
  latch.acknowledge(latch.epoch());
  EXPECT_TRUE(latch.acknowledged());
  is(link, Standing::present);  // the same cause, said again
  EXPECT_TRUE(latch.acknowledged());
  is(oil, Standing::present);
  EXPECT_FALSE(latch.acknowledged());
  latch.acknowledge(latch.epoch());
  stop();
  EXPECT_FALSE(latch.acknowledged());
}

TEST_F(Release, S6_AnotherCauseOfTheSameSourceIsALaterCause) {
  to_ready();
  is(oil, Standing::present, CauseCode::limit);
  latch.acknowledge(latch.epoch());
  is(oil, Standing::present, CauseCode::sensor_fault);  // never went clear in between
  EXPECT_FALSE(latch.acknowledged());
  EXPECT_EQ(latch.source(oil).cause.code, CauseCode::sensor_fault);
  EXPECT_EQ(latch.first_out().code, CauseCode::limit);
}

TEST_F(Release, S6_ACauseInReadyTripsToo) {
  to_ready();
  EXPECT_TRUE(is(oil, Standing::present, CauseCode::limit));
  EXPECT_EQ(latch.epoch(), 2U);
  EXPECT_TRUE(latch.first_out().present);
}

TEST_F(Release, S6_AStopOfASourceThatIsPresentDoesNotHideIt) {
  to_ready();
  is(oil, Standing::present, CauseCode::limit);
  latch.stop(oil, {CauseCode::device_fault, false, "oil", "", time, 0});
  EXPECT_TRUE(latch.source(oil).cause.present);
}

TEST_F(Release, S6_ACauseWithoutAReadableCodeIsStillACause) {
  to_ready();
  EXPECT_TRUE(is(oil, Standing::present, CauseCode::none));
  EXPECT_EQ(latch.first_out().code, CauseCode::software_error);
  latch.stop(link, {static_cast<CauseCode>(200), false, "", "", time, 0});
  EXPECT_EQ(latch.source(link).cause.code, CauseCode::software_error);
}

TEST_F(Release, S6_WhatNamesNoKnownSourceTripsAllTheSame) {
  to_ready();
  EXPECT_TRUE(latch.report(200, Standing::present, {CauseCode::limit, false, "nobody", "", time, 0}));
  EXPECT_EQ(latch.first_out().source.view(), "nobody");
  EXPECT_FALSE(latch.report(200, Standing::clear, {}));
  EXPECT_FALSE(latch.stop(3, {CauseCode::limit, false, "nobody", "", time, 0})) << "tripped already";
  latch.forget(99);
}

TEST_F(Release, S10_StopsRepeatWithoutEffect) {
  to_ready();
  EXPECT_TRUE(stop());
  const LatchRecord once = latch.record();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(stop());
  EXPECT_EQ(latch.epoch(), once.epoch);
  EXPECT_EQ(latch.state(), once.state);
  EXPECT_EQ(latch.first_out().at, once.first_out.at);
}

TEST_F(Release, S10_WordsForAnOlderEpochDoNothing) {
  to_ready();
  stop();
  all_clear();
  time += 10s;
  EXPECT_EQ(latch.acknowledge(1), Refusal::wrong_epoch);
  EXPECT_FALSE(latch.acknowledged());
  latch.acknowledge(2);
  EXPECT_EQ(latch.reset(1, time), Refusal::wrong_epoch);
  EXPECT_EQ(latch.state(), LatchState::tripped);
  EXPECT_EQ(latch.reset(2, time), Refusal::none);
  EXPECT_EQ(latch.start(1, time, Refusal::none), Refusal::wrong_epoch);
  EXPECT_EQ(latch.reset(2, time), Refusal::wrong_state) << "a late copy of the reset";
}

}  // namespace
}  // namespace standstill
