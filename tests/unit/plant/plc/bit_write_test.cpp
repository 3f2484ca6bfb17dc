#include <gtest/gtest.h>

#include <random>

#include "plant/plc/bit_write.hpp"
#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::Wire;

s7::Address bit(unsigned number) {
  return {s7::Area::db, 1, 4, static_cast<std::uint8_t>(number), s7::Type::boolean, 1, 0};
}

// Writes its own half of one byte, and says which part of the way comes next.
struct Writer {
  Wire wire;
  unsigned first;  // of its four bits
  std::mt19937& random;
  unsigned meant = 0;    // its bits, as last acknowledged
  unsigned waiting = 0;  // with the one that is on its way
  bool under_way = false;
  int done = 0;

  Writer(sim::PlcCpu& cpu, unsigned first_bit, std::mt19937& numbers)
      : wire(cpu), first(first_bit), random(numbers) {
    wire.connect();
  }
  void step() {
    if (!under_way) return begin();
    if (wire.answers.empty()) return wire.carry_out();
    ASSERT_TRUE(wire.carry_back());
  }
  void begin() {
    const unsigned own = first + static_cast<unsigned>(random() % 4);
    const bool on = random() % 2 == 0;
    waiting = (meant & ~(1U << own)) | (on ? 1U << own : 0U);
    under_way = true;
    write_bit(
        wire.session, bit(own), on, {}, [this] { return wire.now; },
        [this](const Outcome<BitWritten>& outcome) {
          ASSERT_TRUE(outcome);
          EXPECT_FALSE(outcome->by_whole_byte);
          under_way = false;
          meant = waiting;
          ++done;
        });
  }
};

// Two writers, each with its own half of one byte, their requests and answers in any order on the wire.
TEST(PlcBitWrite, AHundredThousandWritesOfTwoWritersDisturbNoNeighbour) {
  sim::PlcCpu cpu({});
  std::mt19937 random(11);
  Writer low(cpu, 0, random);
  Writer high(cpu, 4, random);
  int overlapping = 0;
  while (low.done + high.done < 100'000) {
    Writer& one = random() % 2 == 0 ? low : high;
    ASSERT_NO_FATAL_FAILURE(one.step());
    if (low.under_way && high.under_way) ++overlapping;
    const unsigned byte = s7::get8(cpu.memory().blocks().at(1), 4);
    if (!low.under_way) {
      ASSERT_EQ(byte & 0x0FU, low.meant) << low.done;
    }
    if (!high.under_way) {
      ASSERT_EQ(byte & 0xF0U, high.meant) << high.done;
    }
  }
  EXPECT_GT(overlapping, 50'000) << "they were hardly ever at work at the same time";
}

TEST(PlcBitWrite, FallsBackToItsByteOnlyWhenTheTypeIsRefused) {
  Wire wire;
  wire.connect();
  wire.cpu.manners().bit_writes = false;
  ASSERT_TRUE(wire.cpu.memory().set("DB1.DBB4", "0xA5"));
  std::optional<Outcome<BitWritten>> got;
  write_bit(
      wire.session, bit(1), true, {}, [&] { return wire.now; },
      [&](Outcome<BitWritten> outcome) { got = std::move(outcome); });
  ASSERT_TRUE(wire.exchange());
  ASSERT_TRUE(got && *got);
  EXPECT_TRUE((*got)->by_whole_byte);
  EXPECT_FALSE((*got)->neighbours_changed);
  EXPECT_EQ(s7::get8(wire.cpu.memory().blocks().at(1), 4), 0xA7);

  // Denied is denied: nothing is tried that the PLC did not want.
  wire.cpu.manners().writable = false;
  got.reset();
  const auto before = wire.cpu.requests();
  write_bit(
      wire.session, bit(1), false, {}, [&] { return wire.now; },
      [&](Outcome<BitWritten> outcome) { got = std::move(outcome); });
  ASSERT_TRUE(wire.exchange());
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().kind, Failure::refused);
  EXPECT_TRUE(got->error().text.starts_with("plc:102: DB1.DBX4.1: the PLC denies access"))
      << got->error().text;
  EXPECT_EQ(wire.cpu.requests(), before + 1);
}

// The documented window of the fall-back: between reading and writing the byte. It cannot be closed; what
// happened in it is told.
TEST(PlcBitWrite, TheWindowOfTheFallBackIsTold) {
  Wire wire;
  wire.connect();
  wire.cpu.manners().bit_writes = false;
  ASSERT_TRUE(wire.cpu.memory().set("DB1.DBB4", "0"));
  std::optional<Outcome<BitWritten>> got;
  write_bit(
      wire.session, bit(0), true, {}, [&] { return wire.now; },
      [&](Outcome<BitWritten> outcome) { got = std::move(outcome); });
  int answers = 0;
  for (wire.carry_out(); !wire.answers.empty(); wire.carry_out()) {
    // 0: the bit is refused, 1: the byte is read, 2: it is written, 3: read once more.
    if (++answers == 3) {
      ASSERT_TRUE(wire.cpu.memory().set("DB1.DBX4.5", "true"));
    }
    ASSERT_TRUE(wire.carry_back());
  }
  ASSERT_TRUE(got && *got);
  EXPECT_TRUE((*got)->by_whole_byte);
  EXPECT_TRUE((*got)->neighbours_changed);
  EXPECT_EQ(s7::get8(wire.cpu.memory().blocks().at(1), 4), 0x21);
}

}  // namespace
}  // namespace standstill::plc
