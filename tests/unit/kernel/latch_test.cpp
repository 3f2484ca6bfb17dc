// The latch as scenarios: one comment a step, time moves by hand. The rules are S3 to S6 and S10.
#include "kernel/latch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace standstill {
namespace {

constexpr Instant start_time = instant_from_ns(1'000'000'000'000);
constexpr SourceIndex link = 0, oil = 1, operators = 2;

struct Scene {
  Latch<3> latch;
  Instant time = start_time;

  constexpr bool is(SourceIndex source, Standing standing, CauseCode code = CauseCode::link_lost) {
    return latch.report(source, standing, {code, false, "source", "detail", time, 0});
  }
  constexpr bool stop(SourceIndex source = operators) {
    return latch.stop(source, {CauseCode::operator_command, false, "operator", "by hand", time, 0});
  }
  constexpr void all_clear() {
    for (const SourceIndex source : {link, oil, operators})
      (void)is(source, Standing::clear, CauseCode::none);
  }
  constexpr Refusal reset() { return latch.reset(latch.epoch(), time); }
  constexpr Refusal start(Refusal more = Refusal::none) { return latch.start(latch.epoch(), time, more); }

  static constexpr Scene fresh() {
    Scene scene;
    (void)scene.latch.boot(nullptr, scene.time, 0);
    return scene;
  }
  static constexpr Scene ready() {
    Scene scene = fresh();
    scene.all_clear();
    scene.time += 2s;
    (void)scene.latch.acknowledge(scene.latch.epoch());
    (void)scene.reset();
    return scene;
  }
  static constexpr Scene running() {
    Scene scene = ready();
    (void)scene.start();
    return scene;
  }
  // The same plant after this guard was killed.
  [[nodiscard]] constexpr Scene rebooted() const {
    Scene next;
    next.time = time + 1s;
    const LatchRecord record = latch.record();
    (void)next.latch.boot(&record, next.time, 0);
    return next;
  }
};

// --- checked by the compiler
// -----------------------------------------------------------------------------------------

static_assert(Scene::fresh().latch.state() == LatchState::tripped);
static_assert(Scene::fresh().latch.first_out().code == CauseCode::no_record);
static_assert(Scene::ready().latch.state() == LatchState::ready);
static_assert(Scene::running().latch.state() == LatchState::running);
static_assert(Scene::running().latch.epoch() == 1);
static_assert([] {
  Scene scene = Scene::running();
  return scene.is(link, Standing::present) && scene.latch.state() == LatchState::tripped &&
         scene.latch.epoch() == 2;
}());
static_assert([] {  // nothing but the words reaches `running`
  Scene scene = Scene::fresh();
  scene.all_clear();
  scene.time += 1h;
  return scene.start() == Refusal::wrong_state && scene.reset() == Refusal::not_acknowledged;
}());

// --- S3
// -------------------------------------------------------------------------------------------------------------

TEST(Latch, S3_ATripSurvivesTheRestart) {
  Scene scene = Scene::running();
  scene.is(link, Standing::present);
  const Scene later = scene.rebooted();
  EXPECT_EQ(later.latch.state(), LatchState::tripped);
  EXPECT_EQ(later.latch.epoch(), 2U);
  EXPECT_EQ(later.latch.first_out().code, CauseCode::link_lost);
  EXPECT_FALSE(later.latch.first_out().present) << "nobody has looked yet";
}

TEST(Latch, S3_AnEndWhileRunningIsANewTrip) {
  const Scene later = Scene::running().rebooted();
  EXPECT_EQ(later.latch.state(), LatchState::tripped);
  EXPECT_EQ(later.latch.epoch(), 2U);
  EXPECT_EQ(later.latch.first_out().code, CauseCode::unclean_end);
}

TEST(Latch, S3_AnAcknowledgementSurvivesTheRestartAndReadyStaysReady) {
  Scene scene = Scene::fresh();
  ASSERT_EQ(scene.latch.acknowledge(1), Refusal::none);
  EXPECT_TRUE(scene.rebooted().latch.acknowledged());
  EXPECT_EQ(Scene::ready().rebooted().latch.state(), LatchState::ready);
  EXPECT_EQ(Scene::ready().rebooted().latch.epoch(), 1U);
}

TEST(Latch, S3_WhatWasFoundBeforeTheRecordWasReadCounts) {
  // A line that cannot be requested is reported before the latch file is read.
  Scene scene;
  scene.is(oil, Standing::present, CauseCode::output_failed);
  LatchRecord record = Scene::ready().latch.record();
  EXPECT_TRUE(scene.latch.boot(&record, scene.time, 0)) << "ready with a cause present must trip";
  EXPECT_EQ(scene.latch.state(), LatchState::tripped);
  EXPECT_EQ(scene.latch.epoch(), record.epoch + 1);
  EXPECT_EQ(scene.latch.first_out().code, CauseCode::output_failed);

  // And over a trip that was acknowledged: the first-out stays, the acknowledgement does not.
  Scene other;
  other.is(oil, Standing::present, CauseCode::output_failed);
  record = Scene::fresh().latch.record();
  record.acknowledged = true;
  EXPECT_FALSE(other.latch.boot(&record, other.time, 0));
  EXPECT_EQ(other.latch.first_out().code, CauseCode::no_record);
  EXPECT_FALSE(other.latch.acknowledged());
  EXPECT_TRUE(other.latch.source(oil).recorded);
}

TEST(Latch, S3_ALostRecordTakesTheHighestEpochAnybodyRemembers) {
  Scene scene = Scene::fresh();
  scene.latch.acknowledge(1);
  scene.latch.raise_epoch(41);
  EXPECT_EQ(scene.latch.epoch(), 42U);
  EXPECT_FALSE(scene.latch.acknowledged()) << "the acknowledgement named another epoch";
  scene.latch.raise_epoch(7);
  EXPECT_EQ(scene.latch.epoch(), 42U) << "epochs only grow";
  EXPECT_EQ(scene.latch.first_out().code, CauseCode::no_record);

  Scene ready = Scene::ready();
  ready.latch.raise_epoch(100);
  EXPECT_EQ(ready.latch.epoch(), 1U) << "only while tripped";
}

TEST(Latch, S3_TheEpochNeverWraps) {
  Scene scene = Scene::fresh();
  scene.latch.raise_epoch(0xFFFFFFFFU);
  EXPECT_EQ(scene.latch.epoch(), 0xFFFFFFFFU);
  scene.all_clear();
  scene.time += 2s;
  scene.latch.acknowledge(scene.latch.epoch());
  ASSERT_EQ(scene.reset(), Refusal::none);
  EXPECT_TRUE(scene.stop());
  EXPECT_EQ(scene.latch.epoch(), 0xFFFFFFFFU);
}

// --- S4
// -------------------------------------------------------------------------------------------------------------

TEST(Latch, S4_ResetDoesNotStartAndStartNeedsReady) {
  Scene scene = Scene::ready();
  EXPECT_EQ(scene.latch.state(), LatchState::ready);
  scene.all_clear();  // a link that comes back starts nothing
  EXPECT_EQ(scene.latch.state(), LatchState::ready);
  EXPECT_EQ(scene.start(Refusal::no_permit), Refusal::no_permit);
  EXPECT_EQ(scene.latch.state(), LatchState::ready);
  EXPECT_EQ(scene.start(), Refusal::none);
  EXPECT_EQ(scene.start(), Refusal::wrong_state);
}

TEST(Latch, S4_AClosedLinkRefusesStartOnly) {
  Scene scene = Scene::fresh();
  scene.all_clear();
  scene.is(link, Standing::closed, CauseCode::none);
  scene.time += 2s;
  scene.latch.acknowledge(1);
  EXPECT_EQ(scene.reset(), Refusal::none);
  EXPECT_EQ(scene.start(), Refusal::link_closed);
  scene.is(link, Standing::clear, CauseCode::none);
  EXPECT_EQ(scene.start(), Refusal::none);
}

TEST(Latch, S4_AGoodbyeEasesToReadyWithoutAnEpoch) {
  Scene scene = Scene::running();
  EXPECT_TRUE(scene.latch.ease());
  EXPECT_EQ(scene.latch.state(), LatchState::ready);
  EXPECT_EQ(scene.latch.epoch(), 1U);
  EXPECT_FALSE(scene.latch.ease());
  scene.stop();
  EXPECT_FALSE(scene.latch.ease());
  EXPECT_EQ(scene.latch.state(), LatchState::tripped) << "a goodbye must not release";
}

}  // namespace
}  // namespace standstill
