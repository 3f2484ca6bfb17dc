#include "kernel/watch_frozen.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace standstill {
namespace {

constexpr Instant start = instant_from_ns(1'000'000'000'000);

struct Scene {
  FrozenWatch watch{FrozenSettings{"press.counter", 1000ms}};
  Instant time = start;
  constexpr Standing reads(double value, SampleQuality quality = SampleQuality::good) {
    return watch.judge(time, {value, quality, time}).standing;
  }
};

static_assert([] {
  Scene at;
  bool fine = at.reads(1) == Standing::unknown;  // one reading proves nothing
  at.time += 500ms;
  fine = fine && at.reads(2) == Standing::clear;
  at.time += 999ms;
  fine = fine && at.reads(2) == Standing::clear;
  at.time += 1ms;
  return fine && at.reads(2) == Standing::present;  // S7: at the limit
}());

TEST(FrozenWatch, UnknownUntilTheFirstChange) {
  Scene at;
  EXPECT_EQ(at.watch.finding().standing, Standing::unknown);
  EXPECT_EQ(at.watch.deadline(), never);
  EXPECT_EQ(at.reads(17), Standing::unknown);
  EXPECT_EQ(at.watch.deadline(), start + 1000ms);
  at.time += 400ms;
  EXPECT_EQ(at.reads(17), Standing::unknown);
  at.time += 400ms;
  EXPECT_EQ(at.reads(18), Standing::clear);
}

TEST(FrozenWatch, NeverChangingIsFrozen) {
  Scene at;
  (void)at.reads(17);
  at.time += 1200ms;
  const Verdict verdict = at.watch.update(at.time, {17, SampleQuality::good, at.time});
  EXPECT_EQ(verdict.standing, Standing::present);
  EXPECT_EQ(verdict.code, CauseCode::link_frozen);
  EXPECT_EQ(verdict.detail.view(), "press.counter has stood at 17.0 for 1200 ms, must change within 1000 ms");
}

TEST(FrozenWatch, ReturnNeedsTwoChangesInTime) {
  Scene at;
  (void)at.reads(1);
  at.time += 100ms;
  EXPECT_EQ(at.reads(2), Standing::clear);
  // Stands still for 5 s
  at.time += 5s;
  EXPECT_EQ(at.reads(2), Standing::present);
  // One change after the freeze is the end of it, not yet proof of life
  EXPECT_EQ(at.reads(3), Standing::present);
  at.time += 100ms;
  EXPECT_EQ(
      at.watch.update(at.time, {3, SampleQuality::good, at.time}).detail.view(),
      "press.counter changed only after 5000 ms, must change within 1000 ms; its next change in time ends "
      "this");
  EXPECT_EQ(at.reads(4), Standing::clear);
}

TEST(FrozenWatch, AChangeThatCameTooLateIsSeenWithoutAnUpdateInBetween) {
  Scene at;
  (void)at.reads(1);
  at.time += 100ms;
  EXPECT_EQ(at.reads(2), Standing::clear);
  at.time += 1000ms;
  EXPECT_EQ(at.reads(3), Standing::present);
}

TEST(FrozenWatch, RubbishIsNoChange) {
  for (const auto& [value, quality] :
       {std::pair{std::numeric_limits<double>::quiet_NaN(), SampleQuality::good},
        std::pair{std::numeric_limits<double>::infinity(), SampleQuality::good},
        std::pair{9.0, SampleQuality::stale}, std::pair{9.0, SampleQuality::no_link},
        std::pair{9.0, SampleQuality::overflow}}) {
    Scene at;
    (void)at.reads(1);
    at.time += 100ms;
    EXPECT_EQ(at.reads(2), Standing::clear);
    at.time += 600ms;
    EXPECT_EQ(at.reads(value, quality), Standing::clear);
    at.time += 400ms;
    EXPECT_EQ(at.reads(value, quality), Standing::present) << value;
  }
}

TEST(FrozenWatch, CountsFromWhenTheValueWasReadNotFromWhenItArrived) {
  FrozenWatch watch{FrozenSettings{"press.counter", 1000ms}};
  (void)watch.judge(start, {1, SampleQuality::good, start});
  (void)watch.judge(start + 10ms, {2, SampleQuality::good, start + 10ms});
  // Read at 500 ms, handed over only at 900 ms
  EXPECT_EQ(watch.judge(start + 900ms, {3, SampleQuality::good, start + 500ms}).standing, Standing::clear);
  EXPECT_EQ(watch.deadline(), start + 1500ms);
  // An older reading that comes late is no sign of life
  EXPECT_EQ(watch.judge(start + 950ms, {2, SampleQuality::good, start + 10ms}).standing, Standing::clear);
  EXPECT_EQ(watch.deadline(), start + 1500ms);
  EXPECT_EQ(watch.judge(start + 1500ms, {3, SampleQuality::good, start + 500ms}).standing, Standing::present);
}

TEST(FrozenWatch, AReadingFromTheFutureBuysNoTime) {
  FrozenWatch watch{FrozenSettings{"press.counter", 1000ms}};
  (void)watch.judge(start, {1, SampleQuality::good, start});
  EXPECT_EQ(watch.judge(start + 10ms, {2, SampleQuality::good, start + 1h}).standing, Standing::clear);
  EXPECT_EQ(watch.deadline(), start + 1010ms);
}

TEST(FrozenWatch, S7_AReadingThatNeverCameIsACauseOnceItIsOverdue) {
  Scene at;
  const Sample nothing{.awaited = start};
  at.time += 4999ms;
  EXPECT_EQ(at.watch.judge(at.time, nothing).standing, Standing::unknown);
  EXPECT_EQ(at.watch.deadline(), start + 5s);
  at.time += 1ms;
  const Verdict verdict = at.watch.update(at.time, nothing);
  EXPECT_EQ(verdict.standing, Standing::present);
  EXPECT_EQ(
      verdict.detail.view(),
      "press.counter has never been read, although its link could for 5000 ms: does it have a value of that "
      "name?");
  // When it comes after all, it has to prove that it moves.
  EXPECT_NE(at.reads(1), Standing::clear);
  at.time += 500ms;
  EXPECT_EQ(at.reads(2), Standing::clear);
}

}  // namespace
}  // namespace standstill
