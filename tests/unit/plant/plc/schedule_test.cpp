// A logger's schedule: no drift, whatever the link does.
#include "plant/plc/schedule.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::Wire;

TEST(PlcSchedule, KeepsItsBeatWhateverATurnTakes) {
  const Instant start = instant_from_ns(0);
  Schedule schedule(start, 1s);
  schedule.made(start + 100ms);
  EXPECT_EQ(schedule.due(), start + 1s);
  schedule.made(start + 3500ms);  // the turn of 1 s took 2.5 s: 2 s and 3 s are left out
  EXPECT_EQ(schedule.due(), start + 4s);
  EXPECT_EQ(schedule.missed(), 2U);
}

// A day of a logger, an outage every few minutes, in simulated time.
TEST(PlcSchedule, ADayOfLoggingWithOutagesDriftsAndLeaksNothing) {
  Wire wire;
  const Instant start = wire.now;
  Schedule schedule(start, 1s);
  std::mt19937 random(3);
  std::uint64_t rows = 0;
  std::uint64_t good = 0;
  std::size_t most_waiting = 0;
  Instant down_until = start;
  Instant next_outage = start + 1min;
  bool online = false;
  std::size_t in_use_after_an_hour = 0;
  while (schedule.due() < start + 24h) {
    wire.now = schedule.due();
    if (wire.now >= next_outage) {
      down_until = wire.now + std::chrono::seconds(1 + random() % 30);
      next_outage = wire.now + std::chrono::seconds(60 + random() % 300);
      if (online) wire.end();
      online = false;
    }
    if (!online && wire.now >= down_until) {
      wire.connect();
      online = true;
    }
    std::optional<Outcome<Values>> got;
    const auto address = s7::parse_address("DB1.DBD0:DINT").value();
    read_values(wire.session, {address},
                {.on_loss = OnLoss::repeat, .idempotent = false, .give_up = wire.now + 900ms}, wire.now,
                [&](Outcome<Values> outcome) { got = std::move(outcome); });
    if (online) {
      ASSERT_TRUE(wire.exchange());
    } else {
      wire.now += 900ms;
      wire.session.tick(wire.now);
    }
    ASSERT_TRUE(got);
    if (*got) ++good;
    ++rows;
    ASSERT_EQ((schedule.due() - start).count() % 1'000'000'000, 0);
    schedule.made(wire.now);
    if (rows == 3600) in_use_after_an_hour = ::mallinfo2().uordblks;
    most_waiting = std::max(most_waiting, wire.session.waiting());
    ASSERT_EQ(wire.session.output().size(), 0U);
  }
  // (Zero and zero where a sanitizer has a heap of its own, which then looks for leaks itself.)
  EXPECT_LE(::mallinfo2().uordblks, in_use_after_an_hour + 4096) << "it grows from outage to outage";
  EXPECT_EQ(rows, 86'400U);
  EXPECT_EQ(schedule.missed(), 0U);
  EXPECT_GT(good, 70'000U);
  EXPECT_LT(good, 86'000U);
  EXPECT_EQ(most_waiting, 0U);
}

}  // namespace
}  // namespace standstill::plc
