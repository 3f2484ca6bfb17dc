// Power goes at every byte of every write and erase: what is read then is what counted before, or what was
// being written, and never less than a trip.
#include "guard/board/latch_slots.hpp"

#include <gtest/gtest.h>

#include "sim/loco/flash.hpp"
#include "unit/guard/board/bench.hpp"

namespace standstill::guard {
namespace {

using sim::loco::MemoryFlash;

LatchRecord record(Epoch epoch, LatchState state) {
  return {epoch, state, state != LatchState::tripped, {.code = CauseCode::supervisor_lost}};
}

TEST(LatchSlots, AnEmptyFlashHoldsNothing) {
  MemoryFlash flash;
  LatchSlots slots(flash);
  EXPECT_FALSE(slots.open().has_value());
  EXPECT_EQ(slots.counter(), 0U);
}

TEST(LatchSlots, TheNewestWholeRecordCountsOverManyTurnsOfBothSectors) {
  MemoryFlash flash;
  for (Epoch epoch = 1; epoch < 1000; ++epoch) {
    LatchSlots slots(flash);
    const auto found = slots.open();
    ASSERT_EQ(found.has_value(), epoch > 1) << epoch;
    if (found) {
      EXPECT_EQ(found->epoch, epoch - 1);
      EXPECT_EQ(found->first_out.code, CauseCode::supervisor_lost);
    }
    slots.make_room();
    ASSERT_TRUE(slots.has_room());
    ASSERT_TRUE(slots.write(record(epoch, LatchState::ready)));
    EXPECT_EQ(slots.counter(), epoch);
  }
  EXPECT_LT(flash.erases, 12U);
}

TEST(LatchSlots, ADamagedRecordDoesNotCount) {
  for (std::size_t byte = 0; byte < LatchSlots::record_bytes; ++byte) {
    MemoryFlash flash;
    LatchSlots slots(flash);
    (void)slots.open();
    ASSERT_TRUE(slots.write(record(1, LatchState::ready)));
    ASSERT_TRUE(slots.write(record(2, LatchState::running)));
    flash.at(0, LatchSlots::record_bytes + byte) ^= 0x10;
    LatchSlots after(flash);
    const auto found = after.open();
    ASSERT_TRUE(found.has_value()) << byte;
    EXPECT_EQ(found->epoch, 1U) << byte;
    // And its place is not written to again.
    ASSERT_TRUE(after.write(record(3, LatchState::tripped))) << byte;
    EXPECT_EQ(LatchSlots(flash).open()->epoch, 3U) << byte;
  }
}

// The whole board, through starts and trips, over the end of a sector: power goes after every single byte
// that flash takes.
TEST(LatchSlots, S3_PowerThatGoesAtAnyByteLeavesALatchThatClosesNothing) {
  int cuts = 0, unclean = 0;
  std::int64_t bytes = 0;
  for (bool all_done = false; !all_done; ++bytes) {
    test::Bench bench;
    // A sector that is nearly full, so that an erase is on the way too.
    LatchSlots filler(bench.flash);
    (void)filler.open();
    const std::size_t all = MemoryFlash::size / LatchSlots::record_bytes;
    for (std::size_t i = 2; i + 9 < all; ++i) ASSERT_TRUE(filler.write(record(41, LatchState::tripped)));
    bench.flash.at(1, 77) = 0x55;  // what lay there once must be erased
    bench.boot();
    bench.flash.lose_power_after(bytes);
    Epoch energised_in = 41;  // epochs only grow
    const auto live = [&](permit::Want want, Duration time) {
      bench.want = want;
      for (const Instant end = bench.now + time; bench.now < end && !bench.flash.powerless();) {
        bench.turn();
        if (bench.energised()) energised_in = bench.board->epoch();
      }
    };
    for (int i = 0; i < 2; ++i) {
      live(permit::Want::release, 300ms);
      live(permit::Want::run, 100ms);
      live(permit::Want::trip, 50ms);
    }
    all_done = !bench.flash.powerless();
    const bool was_energised = bench.energised();
    bench.flash.power_back();
    bench.boot();
    bench.heard.reset();
    ++cuts;
    for (int i = 0; i < 20; ++i) {
      bench.want = permit::Want::trip;
      bench.turn();
      ASSERT_FALSE(bench.energised()) << bytes;
    }
    ASSERT_NE(bench.board->state(), LatchState::running) << bytes;
    // S3: `running` was in flash before the relays closed, so this boot is a trip of its own.
    if (was_energised) {
      ASSERT_EQ(bench.board->state(), LatchState::tripped) << bytes;
    }
    ASSERT_GE(bench.board->epoch(), energised_in) << bytes;
    unclean += bench.board->first_out().code == CauseCode::unclean_end ? 1 : 0;
    bench.to_running();  // and people can start it again
    ASSERT_TRUE(bench.energised()) << bytes;
    if (bytes > 200) bytes += 30;  // in the erase: every 31st
  }
  EXPECT_GT(cuts, 300);
  EXPECT_GE(unclean, 20);
}

}  // namespace
}  // namespace standstill::guard
