#include "kernel/permit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace standstill {
namespace {

constexpr Instant start = instant_from_ns(1'000'000'000'000);
constexpr std::uint64_t plan = 7;

constexpr PermitJudge judge() { return {500ms, plan}; }

static_assert(!judge().fresh(start) && !judge().heard() && judge().deadline() == never);
static_assert([] {
  PermitJudge one = judge();
  return one.accept({1, start, plan}, start) && one.fresh(start + 499ms) && !one.fresh(start + 500ms) &&
         one.deadline() == start + 500ms;
}());

TEST(Permit, IsJudgedByItsContentNotByItsArrival) {
  PermitJudge one = judge();
  ASSERT_TRUE(one.accept({1, start, plan}, start + 400ms));
  EXPECT_EQ(one.age(start + 400ms), 400ms) << "the time counts from when it was sent";
  EXPECT_FALSE(one.fresh(start + 500ms));
}

TEST(Permit, AQueueReadAfterAPauseProvesNothing) {
  PermitJudge one = judge();
  ASSERT_TRUE(one.accept({1, start, plan}, start));
  // The guard stood still for 3 s; the supervisor died one second after it fell silent.
  const Instant now = start + 3s;
  for (std::uint64_t i = 2; i < 22; ++i) EXPECT_FALSE(one.accept({i, start + 50ms * i, plan}, now)) << i;
  EXPECT_FALSE(one.fresh(now));
}

TEST(Permit, ADuplicateOrAnOlderOneExtendsNothing) {
  PermitJudge one = judge();
  ASSERT_TRUE(one.accept({5, start, plan}, start));
  EXPECT_FALSE(one.accept({5, start + 100ms, plan}, start + 100ms));
  EXPECT_FALSE(one.accept({4, start + 100ms, plan}, start + 100ms));
  EXPECT_FALSE(one.accept({6, start, plan}, start + 100ms)) << "newer number, older time";
  EXPECT_EQ(one.deadline(), start + 500ms);
}

TEST(Permit, OneFromTheFutureComesFromAnotherClock) {
  PermitJudge one = judge();
  EXPECT_FALSE(one.accept({1, start + 1ns, plan}, start));
  EXPECT_FALSE(one.heard());
}

TEST(Permit, TimesThatNoClockCanShowDoNotOverflow) {
  PermitJudge one = judge();
  EXPECT_FALSE(one.accept({1, Instant::min(), plan}, start));
  EXPECT_FALSE(one.accept({1, Instant::max(), plan}, start));
  EXPECT_FALSE(sent_within(500ms, Instant::min(), start));
  EXPECT_FALSE(sent_within(500ms, start - 500ms, start));
  EXPECT_TRUE(sent_within(500ms, start - 500ms + 1ns, start));
}

TEST(Permit, OneForAnotherPlanIsNone) {
  PermitJudge one = judge();
  EXPECT_FALSE(one.accept({1, start, plan + 1}, start));
  EXPECT_FALSE(one.fresh(start));
}

TEST(Permit, ANewConnectionStartsAtItsOwnNumberAndHasEarnedNothing) {
  PermitJudge one = judge();
  ASSERT_TRUE(one.accept({1000, start, plan}, start));
  one.new_connection();
  EXPECT_FALSE(one.fresh(start));
  EXPECT_TRUE(one.accept({1, start + 10ms, plan}, start + 10ms));
  EXPECT_TRUE(one.fresh(start + 10ms));
}

TEST(Permit, NeverFreshLaterThanTheNewestSendTimeAllows) {
  EXPECT_TRUE(rc::check("fresh only within the time-out of something that was sent", [] {
    PermitJudge one = judge();
    Instant now = start;
    Instant newest_sent = Instant::min();
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 300), rc::gen::inRange(-900, 100)));
    std::uint64_t sequence = 0;
    for (const auto& [wait, offset] : steps) {
      now += std::chrono::milliseconds(wait);
      const Instant sent = now + std::chrono::milliseconds(offset);
      if (sent <= now) newest_sent = std::max(newest_sent, sent);
      (void)one.accept({*rc::gen::inRange<std::uint64_t>(0, 3) + sequence++, sent, plan}, now);
      if (one.fresh(now)) RC_ASSERT(newest_sent > now - 500ms);
    }
  }));
}

TEST(LoopGap, SaysOnlyWhatIsLongerThanItsLimit) {
  LoopGap gap(100ms);
  EXPECT_EQ(gap.turn(start), 0ms) << "the first turn has no past";
  EXPECT_EQ(gap.turn(start + 100ms), 0ms);
  EXPECT_EQ(gap.turn(start + 200ms + 1ns), 100ms + 1ns);
  EXPECT_EQ(gap.turn(start + 250ms), 0ms) << "said once";
  EXPECT_EQ(gap.last(), start + 250ms);
}

}  // namespace
}  // namespace standstill
