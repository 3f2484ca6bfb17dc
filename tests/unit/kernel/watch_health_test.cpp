#include "kernel/watch_health.hpp"

#include <gtest/gtest.h>

#include <string>

namespace standstill {
namespace {

using enum Health;
constexpr Instant start = instant_from_ns(1'000'000'000'000);

struct Scene {
  HealthWatch watch;
  Instant time = start;
  constexpr explicit Scene(Duration lasting)
      : watch(HealthSettings{"free memory", CauseCode::memory_low, lasting}) {}
  constexpr Finding says(Health health) { return watch.judge(time, health); }
};

constexpr Finding unknown{Standing::unknown, CauseCode::memory_low, false};
constexpr Finding clear{Standing::clear, CauseCode::none, false};
constexpr Finding pending{Standing::clear, CauseCode::none, true};
constexpr Finding present{Standing::present, CauseCode::memory_low, false};

static_assert(Scene{0ms}.says(unreported) == unknown);
static_assert(Scene{0ms}.says(healthy) == clear);
static_assert(Scene{0ms}.says(unhealthy) == present);

TEST(HealthWatch, MustLast) {
  Scene at(200ms);
  EXPECT_EQ(at.watch.finding(), unknown);
  EXPECT_EQ(at.says(healthy), clear);
  EXPECT_EQ(at.says(unhealthy), pending);
  EXPECT_EQ(at.watch.deadline(), start + 200ms);
  at.time += 199ms;
  EXPECT_EQ(at.says(unhealthy), pending);
  at.time += 1ms;
  EXPECT_EQ(at.says(unhealthy), present);
  EXPECT_EQ(at.watch.detail().view(), "free memory is not healthy for 200 ms, allowed 200 ms");
  EXPECT_EQ(at.watch.deadline(), never);
  EXPECT_EQ(at.says(healthy), clear);
}

TEST(HealthWatch, ClockStartsAgainWhenItRecovers) {
  Scene at(200ms);
  (void)at.says(healthy);
  (void)at.says(unhealthy);
  at.time += 150ms;
  EXPECT_EQ(at.says(healthy), clear);
  at.time += 10ms;
  EXPECT_EQ(at.says(unhealthy), pending);
  at.time += 150ms;
  EXPECT_EQ(at.says(unhealthy), pending);
}

TEST(HealthWatch, BadFromTheStartIsNeverClear) {
  Scene at(200ms);
  EXPECT_EQ(at.says(unhealthy), unknown);
  at.time += 200ms;
  EXPECT_EQ(at.says(unhealthy), present);
}

TEST(HealthWatch, S7AReportThatStopsComingIsTheCause) {
  Scene at(200ms);
  EXPECT_EQ(at.says(healthy), clear);
  EXPECT_EQ(at.says(unreported), present);
  EXPECT_EQ(at.watch.detail().view(), "free memory does not report any more");
  // A first bad report afterwards does not open the way for the duration to run once more
  EXPECT_EQ(at.says(unhealthy), present);
  EXPECT_EQ(at.says(healthy), clear);
}

TEST(HealthWatch, S7_AReportThatNeverCameIsACauseOnceItIsOverdue) {
  Scene at(200ms);
  EXPECT_EQ(at.says(unreported), unknown);
  EXPECT_EQ(at.says(Health::overdue), present);
  EXPECT_EQ(at.watch.detail().view(),
            "free memory has never reported, although its link could: is its name right?");
  EXPECT_EQ(at.says(healthy), clear);
}

}  // namespace
}  // namespace standstill
