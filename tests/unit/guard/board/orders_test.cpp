// Orders that are almost good: each must change nothing, or open the relays.
#include <gtest/gtest.h>

#include "unit/guard/board/bench.hpp"

namespace standstill::guard {
namespace {

using permit::Want;
using test::Bench;

// The newest order that the bench would send, changed, at a moment when nothing else extends the permit.
template <class Change>
void is_refused(Change&& change) {
  Bench bench;
  bench.to_running();
  ASSERT_TRUE(bench.energised());
  bench.cable = false;
  bench.heard = bench.last;
  const Instant from = bench.now;
  permit::Order order = bench.order();
  change(bench, order);
  for (int i = 0; bench.energised() && i < 400; ++i) {
    bench.give(order);
    bench.turn();
    ++order.sequence;
    ++order.sent_ns;
  }
  EXPECT_FALSE(bench.energised());
  EXPECT_LE(bench.now - from, 500ms);
}

TEST(ExternalGuardOrders, ATimeOfTheFutureIsNotBelieved) {
  is_refused([](Bench& bench, permit::Order& order) {
    order.heard_us = static_cast<std::uint64_t>(to_ns(bench.now)) / 1000 + 10'000'000;
  });
}

// New numbers on an old time: whoever counts on and hears nothing of the board.
TEST(ExternalGuardOrders, TheSameTimeAgainExtendsNothing) {
  is_refused([](Bench& bench, permit::Order& order) { order.heard_us = bench.sent.back().heard_us; });
}

TEST(ExternalGuardOrders, AHostThatOnlyReleasesARunningBoardStopsIt) {
  Bench bench;
  bench.to_running();
  ASSERT_TRUE(bench.energised());
  bench.want = Want::release;
  bench.run_for(30ms);
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.board->first_out().code, CauseCode::safety_interlock);
}

// Flash that says it took the record of the start, and did not.
TEST(ExternalGuardOrders, S3_AStartThatFlashForgetsClosesNothing) {
  Bench bench;
  bench.want = Want::release;
  bench.run_for(300ms);
  ASSERT_EQ(bench.board->state(), LatchState::ready);
  bench.flash.forgets = true;
  bench.want = Want::run;
  for (int i = 0; i < 200; ++i) {
    bench.turn();
    ASSERT_FALSE(bench.closed[0] || bench.closed[1]);
  }
  EXPECT_TRUE(bench.last->faulty);
}

// A start that comes before a welded relay has been found out.
TEST(ExternalGuardOrders, S12_NoStartWhileAContactIsStillClosed) {
  Bench bench;
  bench.to_running();
  bench.welded[1] = true;
  bench.want = Want::trip;
  while (bench.board->state() == LatchState::running) bench.turn();
  const Instant from = bench.now;
  bench.want = Want::run;
  while (bench.now - from < ExternalGuard::relay_follows) {
    bench.turn();
    ASSERT_FALSE(bench.closed[0]) << (bench.now - from).count();
  }
  EXPECT_TRUE(has(bench.last->refusal, Refusal::readback_not_safe));
}

}  // namespace
}  // namespace standstill::guard
