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

// Two writers, each with its own half of one byte, in any order on the wire: no neighbour is ever disturbed.
TEST(PlcBitWrite, AHundredThousandWritesOfNeighboursDisturbNone) {
  Wire wire;
  wire.connect();
  std::mt19937 random(11);
  std::uint8_t meant = 0;
  for (int round = 0; round < 50'000; ++round) {
    const unsigned own = random() % 4;
    const unsigned others = 4 + random() % 4;
    const bool on = random() % 2 == 0;
    const bool others_on = random() % 2 == 0;
    int done = 0;
    const auto count = [&](const Outcome<BitWritten>& outcome) {
      ASSERT_TRUE(outcome);
      EXPECT_FALSE(outcome->by_whole_byte);
      ++done;
    };
    const auto clock = [&] { return wire.now; };
    write_bit(wire.session, bit(own), on, {}, clock, count);
    wire.carry_out();
    // The other writer comes while the first one's answer is still on its way.
    const s7::Bytes value{std::byte{others_on ? std::uint8_t{1} : std::uint8_t{0}}};
    ASSERT_EQ(wire.cpu.memory().write(s7::bit_range(s7::Area::db, 1, 4, others), value), s7::ItemCode::good);
    ASSERT_TRUE(wire.exchange());
    ASSERT_EQ(done, 1);
    meant = static_cast<std::uint8_t>((meant & ~(1U << own)) | (on ? 1U << own : 0U));
    meant = static_cast<std::uint8_t>((meant & ~(1U << others)) | (others_on ? 1U << others : 0U));
    ASSERT_EQ(s7::get8(wire.cpu.memory().blocks().at(1), 4), meant) << round;
  }
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
