#include "kernel/backoff.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <rapidcheck/gtest.h>

namespace standstill {
namespace {

constexpr std::uint32_t middle = 0x7FFF8000U;  // no jitter, to within the resolution of 16 bits

constexpr bool near(Duration a, Duration b) { return a - b < 1ms && b - a < 1ms; }

constexpr bool grows_to_its_limit() {
  Backoff backoff({.first = 2s, .factor_permille = 1500, .max = 60s, .jitter_permille = 0});
  for (const Duration expected :
       {Duration{2s}, Duration{3s}, Duration{4500ms}, Duration{6750ms}, Duration{10125ms}})
    if (!near(backoff.next(middle), expected)) return false;
  for (int i = 0; i < 100; ++i) static_cast<void>(backoff.next(middle));
  if (backoff.next(middle) != 60s) return false;
  backoff.reset();
  return backoff.next(middle) == 2s;
}
static_assert(grows_to_its_limit());

constexpr bool jitter_reaches_both_ends_and_no_further() {
  Backoff shortest({.first = 10s, .factor_permille = 1000, .max = 10s, .jitter_permille = 100});
  Backoff longest = shortest;
  return shortest.next(0) == 9s && longest.next(0xFFFFFFFFU) == 11s;
}
static_assert(jitter_reaches_both_ends_and_no_further());

TEST(Backoff, TheDefaultIsTwoSecondsTimesOneAndAHalfToSixty) {
  Backoff backoff;
  EXPECT_TRUE(near(backoff.next(middle), 2s));
  EXPECT_TRUE(near(backoff.next(middle), 3s));
  for (int i = 0; i < 20; ++i) static_cast<void>(backoff.next(middle));
  EXPECT_TRUE(near(backoff.next(middle), 60s));
}

RC_GTEST_PROP(Backoff, EveryWaitIsWithinTheJitterOfTheUnscatteredOne, (std::uint32_t seed)) {
  const auto first = std::chrono::milliseconds(*rc::gen::inRange(1, 600'000));
  const auto max = std::chrono::milliseconds(*rc::gen::inRange(1, 86'400'000));
  const auto factor = static_cast<std::uint32_t>(*rc::gen::inRange(1000, 10'001));
  const auto jitter = static_cast<std::uint32_t>(*rc::gen::inRange(0, 1001));
  Backoff scattered({first, factor, max, jitter});
  Backoff plain({first, factor, max, 0});
  JitterSource random(seed);
  Duration before{};
  for (int i = 0; i < 60; ++i) {
    const Duration wait = scattered.next(random.next());
    const Duration centre = plain.next(0);
    const double spread = static_cast<double>(centre.count()) * jitter / 1000.0;
    RC_ASSERT(static_cast<double>(wait.count()) >= static_cast<double>(centre.count()) - spread - 1000.0);
    RC_ASSERT(static_cast<double>(wait.count()) <= static_cast<double>(centre.count()) + spread + 1000.0);
    RC_ASSERT(centre >= before);
    RC_ASSERT(centre <= std::max<Duration>(first, max));
    before = centre;
  }
}

TEST(JitterSource, NeighbouringSeedsDoNotDialInStep) {
  std::uint32_t low = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed)
    if (JitterSource(seed).next() < 0x80000000U) ++low;
  EXPECT_GT(low, 400U);
  EXPECT_LT(low, 600U);
}

}  // namespace
}  // namespace standstill
