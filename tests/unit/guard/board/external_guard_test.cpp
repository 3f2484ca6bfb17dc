#include "guard/board/external_guard.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "unit/guard/board/bench.hpp"

namespace standstill::guard {
namespace {

using permit::Want;
using test::Bench;

TEST(ExternalGuard, S3_S4_ABoardThatKnowsNothingIsTrippedAndOpen) {
  Bench bench;
  bench.run_for(1s);
  EXPECT_FALSE(bench.energised());
  ASSERT_TRUE(bench.last.has_value());
  EXPECT_EQ(bench.last->state, LatchState::tripped);
  EXPECT_EQ(bench.last->first_out, CauseCode::no_record);
  EXPECT_EQ(bench.last->epoch, 1U);
}

TEST(ExternalGuard, ClosesOnARunThatNamesItsEpochAndKeepsClosedWhilePermitsCome) {
  Bench bench;
  bench.to_running();
  EXPECT_TRUE(bench.energised());
  EXPECT_EQ(bench.last->state, LatchState::running);
  EXPECT_TRUE(bench.last->permit_good);
  EXPECT_FALSE(bench.last->faulty);
  const int edges = bench.pump_edges;
  bench.run_for(1min);
  EXPECT_TRUE(bench.energised());
  EXPECT_EQ(bench.pump_edges - edges, 60'000 / 5);  // a change every cycle
  EXPECT_EQ(bench.last->refused, 0);
  EXPECT_EQ(bench.last->unreadable, 0);
}

TEST(ExternalGuard, ReleaseAloneClosesNothing) {
  Bench bench;
  bench.want = Want::release;
  bench.run_for(10s);
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.last->state, LatchState::ready);
  EXPECT_EQ(bench.pump_edges, 0);
}

TEST(ExternalGuard, ARunForAnotherEpochClosesNothing) {
  for (const Epoch wrong : {0U, 2U, 0xFFFF'FFFFU}) {
    Bench bench;
    bench.epoch = wrong;
    bench.want = Want::run;
    bench.run_for(2s);
    EXPECT_FALSE(bench.energised()) << wrong;
    EXPECT_EQ(bench.last->refusal, Refusal::wrong_epoch) << wrong;
    // Nor when people have released the present one.
    bench.epoch.reset();
    bench.want = Want::release;
    bench.run_for(300ms);
    ASSERT_EQ(bench.last->state, LatchState::ready);
    bench.epoch = wrong;
    bench.want = Want::run;
    bench.run_for(1s);
    EXPECT_FALSE(bench.energised()) << wrong;
    EXPECT_EQ(bench.last->refusal, Refusal::wrong_epoch) << wrong;
  }
}

// Cable cut, host frozen, adapter unplugged: nothing comes any more.
TEST(ExternalGuard, S2_SilenceOpensWithinTheTimeOut) {
  for (const std::uint16_t ms : std::initializer_list<std::uint16_t>{100, 250, 500, 2000}) {
    Bench bench;
    bench.timeout_ms = ms;
    bench.to_running();
    ASSERT_TRUE(bench.energised()) << ms;
    bench.cable = false;
    const Instant from = bench.now;
    while (bench.energised() && bench.now - from < 10s) bench.turn();
    EXPECT_LE(bench.now - from, std::chrono::milliseconds(ms)) << ms;
    // And no sooner than one answer less: one lost frame is no reason.
    EXPECT_GE(bench.now - from, std::chrono::milliseconds(ms) - permit::board_says_every - 10ms) << ms;
    const int edges = bench.pump_edges;
    bench.run_for(50ms);
    EXPECT_EQ(bench.pump_edges, edges);
    EXPECT_EQ(bench.last->state, LatchState::tripped);
    EXPECT_EQ(bench.last->first_out, CauseCode::supervisor_lost);
    EXPECT_EQ(bench.last->epoch, 2U);
  }
}

// The guard goes on and the supervisor does not: the same permit again and again extends nothing.
TEST(ExternalGuard, ARepeatedPermitExtendsNothing) {
  Bench bench;
  bench.to_running();
  bench.supervisor = false;
  bench.run_for(500ms);
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.last->first_out, CauseCode::supervisor_lost);
}

// Nor is the first permit of a host believed: only the second proves that somebody makes new ones.
TEST(ExternalGuard, APermitThatIsNotFollowedByAnotherStartsNothing) {
  Bench bench;
  bench.cable = false;
  bench.run_for(200ms);  // relays and button are known by now
  bench.cable = true;
  bench.want = Want::run;
  while (bench.sent.empty()) bench.turn();
  bench.supervisor = false;
  bench.run_for(1s);
  EXPECT_GT(bench.sent.size(), 10U);
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.last->refusal, Refusal::no_permit);
  bench.supervisor = true;
  bench.run_for(100ms);
  EXPECT_TRUE(bench.energised());
}

TEST(ExternalGuard, AfterItsTripTheSameRunClosesNothingEver) {
  Bench bench;
  bench.to_running();
  bench.epoch = bench.last->epoch;  // what a host that knows of no trip goes on to say
  bench.cable = false;
  bench.run_for(600ms);
  ASSERT_FALSE(bench.energised());
  bench.cable = true;
  bench.run_for(1min);
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.last->state, LatchState::tripped);
  EXPECT_EQ(bench.last->refusal, Refusal::wrong_epoch);
}

TEST(ExternalGuard, EveryOrderOfARunPlayedAgainClosesNothing) {
  Bench bench;
  bench.to_running();
  bench.run_for(1s);
  const auto recorded = bench.sent;
  bench.cable = false;
  bench.run_for(600ms);
  ASSERT_FALSE(bench.energised());
  for (const auto& order : recorded) {
    bench.give(order);
    bench.turn();
    ASSERT_FALSE(bench.energised());
  }
  EXPECT_GT(bench.last->refused, 10);
  // Nor after a power-up, when the board's time comes by the same values again.
  bench.boot();
  for (const auto& order : recorded) {
    while (static_cast<std::uint64_t>(to_ns(bench.now)) < order.heard_us * 1000) bench.turn();
    bench.give(order);
    bench.turn();
    ASSERT_FALSE(bench.energised());
  }
}

// A start that was on its way when the power went is for nobody: not even when the board's clock comes by the
// same time again, in the same epoch.
TEST(ExternalGuard, AStartIsForOnePowerUp) {
  Bench bench;
  bench.want = Want::release;
  bench.run_for(300ms);
  ASSERT_EQ(bench.board->state(), LatchState::ready);
  std::vector<permit::Order> undelivered;
  bench.want = Want::run;
  for (int i = 0; i < 20; ++i) {
    bench.cable = false;
    bench.run_for(25ms);
    bench.heard = bench.last;
    undelivered.push_back(bench.order());
  }
  ASSERT_EQ(bench.board->state(), LatchState::ready);
  bench.boot();
  ASSERT_EQ(bench.board->state(), LatchState::ready);
  for (const auto& order : undelivered) {
    while (static_cast<std::uint64_t>(to_ns(bench.now)) < order.heard_us * 1000 + 1'000'000) bench.turn();
    bench.give(order);
    bench.turn();
    ASSERT_FALSE(bench.closed[0]);
  }
  bench.run_for(50ms);
  EXPECT_EQ(bench.last->refused, 20);
}

TEST(ExternalGuard, AnOldOrderOfAnotherHostTakesNothingOver) {
  Bench bench;
  bench.run_for(100ms);
  permit::Order old = bench.sent.front();
  bench.run_for(1s);
  ASSERT_TRUE(bench.board->permit_good(bench.now));
  ++old.host;
  old.sequence += 1000;
  bench.give(old);
  EXPECT_TRUE(bench.board->permit_good(bench.now));
}

TEST(ExternalGuard, APermitThatWasSentEarlierThanTheOneBeforeIsNone) {
  Bench bench;
  bench.to_running();
  bench.sent_ns = 1;
  bench.run_for(500ms);
  EXPECT_FALSE(bench.energised());
}

// A buffer fills while the line is blocked, and is then read at once: all of it is old.
TEST(ExternalGuard, AQueueOfOldPermitsProvesNothing) {
  Bench bench;
  bench.to_running();
  std::vector<permit::Order> queue;
  bench.cable = false;
  for (int i = 0; i < 200; ++i) {
    if (bench.last) bench.heard = bench.last;
    queue.push_back(bench.order());
    if (i < 90) bench.turn();  // 450 ms: it still runs
  }
  ASSERT_TRUE(bench.energised());
  const auto oldest = queue.front();
  // The oldest was made 450 ms ago: it may extend to 500 ms after its own time, and not to 500 ms from now.
  bench.give(oldest);
  bench.run_for(100ms);
  EXPECT_FALSE(bench.energised());
  for (const auto& order : queue) bench.give(order);
  bench.run_for(1s);
  EXPECT_FALSE(bench.energised());
}

TEST(ExternalGuard, ATripIsObeyedInTheSameCycleHoweverOldItIs) {
  Bench bench;
  bench.to_running();
  permit::Order old = bench.sent.front();
  old.want = Want::trip;
  bench.give(old);
  bench.turn();
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.board->first_out().code, CauseCode::safety_interlock);
  EXPECT_EQ(bench.board->epoch(), 2U);
}

TEST(ExternalGuard, AnotherHostPlanOrTimeOutIsNotBelievedWhileRunning) {
  const std::vector<std::pair<const char*, void (*)(Bench&)>> others{
      {"host", [](Bench& bench) { ++bench.host; }},
      {"plan", [](Bench& bench) { ++bench.plan_hash; }},
      {"time-out", [](Bench& bench) { bench.timeout_ms = 2000; }},
      {"epoch", [](Bench& bench) { bench.epoch = 99; }},
  };
  for (const auto& [what, change] : others) {
    Bench bench;
    bench.to_running();
    ASSERT_TRUE(bench.energised());
    change(bench);
    bench.run_for(500ms);
    EXPECT_FALSE(bench.energised()) << what;
    // While safe it is taken up, but for the epoch, which is nobody's to choose.
    if (std::string_view(what) == "epoch") continue;
    bench.to_running();
    EXPECT_TRUE(bench.energised()) << what;
  }
}

TEST(ExternalGuard, S9_TheButtonAndABrokenWireTripAtOnceAndRefuseAStart) {
  Bench bench;
  bench.to_running();
  bench.button_closed = false;
  bench.turn();
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.board->first_out().code, CauseCode::button_press);
  bench.to_running();
  EXPECT_FALSE(bench.energised());
  EXPECT_TRUE(bench.last->button_open && bench.last->faulty);
  EXPECT_TRUE(has(bench.last->refusal, Refusal::cause_present));
  bench.button_closed = true;
  bench.run_for(1s);
  EXPECT_TRUE(bench.energised());
}

TEST(ExternalGuard, S12_AWeldedRelayIsSeenWhenItShouldOpenAndRefusesAStart) {
  Bench bench;
  bench.to_running();
  bench.welded[1] = true;
  bench.want = Want::trip;
  bench.run_for(300ms);
  EXPECT_FALSE(bench.closed[0]);
  EXPECT_TRUE(bench.last->faulty && bench.last->closed[1]);
  bench.to_running();
  EXPECT_FALSE(bench.closed[0]);
  EXPECT_NE(bench.last->refusal, Refusal::none);
}

TEST(ExternalGuard, S12_ARelayThatDoesNotCloseOrFallsOffTrips) {
  Bench bench;
  bench.stuck[0] = true;
  bench.epoch = bench.board->epoch();
  bench.to_running();
  EXPECT_FALSE(bench.closed[1]);
  EXPECT_EQ(bench.last->first_out, CauseCode::output_failed);
  bench.stuck[0] = false;
  bench.epoch.reset();
  bench.to_running();
  ASSERT_TRUE(bench.energised());
  bench.stuck[1] = true;
  bench.run_for(ExternalGuard::relay_follows + 10ms);
  EXPECT_FALSE(bench.closed[0]);
}

TEST(ExternalGuard, S3_PowerThatGoesWhileRunningIsATripAndWhileReadyIsNone) {
  Bench bench;
  bench.to_running();
  bench.boot();
  bench.turn();
  EXPECT_FALSE(bench.energised());
  EXPECT_EQ(bench.board->state(), LatchState::tripped);
  EXPECT_EQ(bench.board->epoch(), 2U);
  EXPECT_EQ(bench.board->first_out().code, CauseCode::unclean_end);
  bench.want = Want::release;
  bench.run_for(300ms);
  ASSERT_EQ(bench.board->state(), LatchState::ready);
  bench.boot();
  bench.run_for(100ms);
  EXPECT_EQ(bench.board->state(), LatchState::ready);
  EXPECT_EQ(bench.board->epoch(), 2U);
  EXPECT_FALSE(bench.energised());
}

TEST(ExternalGuard, S3_AStartThatCannotBeWrittenClosesNothing) {
  Bench bench;
  bench.want = Want::release;
  bench.run_for(300ms);
  bench.flash.refuses = true;
  bench.want = Want::run;
  for (int i = 0; i < 200; ++i) {
    bench.turn();
    ASSERT_FALSE(bench.closed[0] || bench.closed[1]);
  }
  EXPECT_TRUE(bench.last->faulty);
}

// Takes nothing any more.
struct WornFlash final : Flash {
  int programs = 0;
  [[nodiscard]] std::size_t sector_size() const override { return 1024; }
  [[nodiscard]] std::size_t sectors() const override { return 2; }
  void read(std::size_t, std::size_t, std::span<std::uint8_t> into) const override {
    std::fill(into.begin(), into.end(), std::uint8_t{0xFF});
  }
  bool program(std::size_t, std::size_t, std::span<const std::uint8_t>) override {
    ++programs;
    return false;
  }
  bool erase(std::size_t) override { return true; }
};

TEST(ExternalGuard, AWornOutFlashIsAFaultAndIsNotTriedForEver) {
  WornFlash flash;
  ExternalGuard board(flash);
  Instant now = instant_from_ns(1'000'000);
  board.boot(now);
  std::optional<permit::BoardStatus> last;
  permit::SerialReader<permit::BoardStatus::size> reader;
  for (int i = 0; i < 10'000; ++i) {
    now += ExternalGuard::cycle;
    board.begin(now);
    EXPECT_FALSE(board.decide(now, {true, {false, false}}).closed);
    board.finish();
    if (const auto bytes = board.status(now))
      for (const std::uint8_t byte : *bytes)
        if (reader.take(byte)) last = permit::status_in(reader.payload());
  }
  ASSERT_TRUE(last.has_value());
  EXPECT_TRUE(last->faulty);
  EXPECT_LE(flash.programs, 10);
}

TEST(ExternalGuard, ALoopThatStoodStillTripsBeforeItReadsWhatHasCome) {
  Bench bench;
  bench.to_running();
  ASSERT_TRUE(bench.heard || bench.last);
  bench.heard = bench.last;
  const auto waiting = bench.order();
  bench.now += 3s;
  bench.board->begin(bench.now);
  EXPECT_EQ(bench.board->state(), LatchState::tripped);
  bench.give(waiting);
  bench.turn();
  EXPECT_FALSE(bench.energised());
}

// Whatever comes on the line, by whoever: closed only while a good permit is younger than the time-out.
TEST(ExternalGuard, IsNeverClosedWithoutAYoungPermit) {
  EXPECT_TRUE(rc::check([] {
    Bench bench;
    bench.to_running();
    Instant good = bench.now;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, std::uint8_t>>>(
        rc::gen::tuple(rc::gen::inRange(0, 9), rc::gen::arbitrary<std::uint8_t>()));
    for (const auto& [what, byte] : steps) {
      const auto some = bench.sent[byte % bench.sent.size()];
      switch (what) {
        case 0:
          bench.cable = false;
          break;
        case 1:
          bench.cable = true;
          break;
        case 2:
          bench.give(some);
          break;
        case 3:
          bench.board->hear(byte, bench.now);
          break;
        case 4:
          bench.supervisor = (byte & 1U) != 0;
          break;
        case 5:
          bench.want = static_cast<Want>(byte % 3);
          break;
        case 6:
          bench.button_closed = byte > 60;
          break;
        case 7:
          bench.boot(), bench.heard.reset();
          break;
        default:
          break;
      }
      for (int i = 0; i < byte; ++i) {
        const auto before = bench.sequence;
        const bool closed_before = bench.energised();
        bench.turn();
        if (bench.sequence != before) good = bench.now;
        if (bench.energised()) {
          RC_ASSERT(bench.now - good <= 500ms);
          RC_ASSERT(bench.board->state() == LatchState::running);
          RC_ASSERT(bench.button_closed);
          if (!closed_before) RC_ASSERT(bench.want == Want::run && bench.cable);
        }
        if (what == 7 && i == 0) good = bench.now;
      }
    }
  }));
}

}  // namespace
}  // namespace standstill::guard
