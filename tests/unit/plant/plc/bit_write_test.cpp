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
// happened in it is told. Answers, 0: the bit is refused, 1: the byte is read, 2: read again, 3: it is
// written, 4: read once more. With one request at a time and with several.
struct BitInItsByte {
  Wire wire;
  std::optional<Outcome<BitWritten>> got;

  explicit BitInItsByte(std::uint16_t outstanding = 8)
      : wire(test::settings_for_test(), {.pdu = 240,
                                         .outstanding = outstanding,
                                         .put_get = true,
                                         .writable = true,
                                         .bit_writes = false,
                                         .password = {}}) {
    wire.connect();
  }
  void begin(const Terms& terms) {
    write_bit(
        wire.session, bit(0), true, terms, [this] { return wire.now; },
        [this](Outcome<BitWritten> outcome) { got = std::move(outcome); });
  }
  // Another one writes bit 5 right before the answer of this number is taken in.
  void disturbed_before(int answer) {
    begin({});
    int answers = 0;
    for (wire.carry_out(); !wire.answers.empty(); wire.carry_out()) {
      if (answers++ == answer) {
        ASSERT_TRUE(wire.cpu.memory().set("DB1.DBX4.5", "true"));
      }
      ASSERT_TRUE(wire.carry_back());
    }
    ASSERT_TRUE(got && *got);
    EXPECT_TRUE((*got)->by_whole_byte);
  }
  [[nodiscard]] unsigned byte() { return s7::get8(wire.cpu.memory().blocks().at(1), 4); }
};

TEST(PlcBitWrite, TheWindowOfTheFallBackIsTold) {
  for (const std::uint16_t outstanding : {std::uint16_t{1}, std::uint16_t{8}}) {
    for (const int before : {0, 1, 2, 3}) {
      BitInItsByte one(outstanding);
      ASSERT_NO_FATAL_FAILURE(one.disturbed_before(before));
      // What is asked in one go has happened when its first answer comes.
      const bool lost = before == 1 || (before == 2 && outstanding == 1);
      EXPECT_EQ(one.byte(), lost ? 0x01U : 0x21U) << before << " of " << outstanding;
      if (before == 0) {
        EXPECT_FALSE((*one.got)->neighbours_changed) << "it was there before the byte was read";
      } else if (before != 2 || outstanding != 1) {  // there, nobody looks
        EXPECT_TRUE((*one.got)->neighbours_changed) << before << " of " << outstanding;
      }
    }
  }
}

// The connection ends between reading the byte and writing it: what was read is of yesterday.
TEST(PlcBitWrite, TheFallBackNeverWritesBehindAnOutageWhatItReadBeforeIt) {
  BitInItsByte one;
  one.begin({.on_loss = OnLoss::repeat, .idempotent = false, .give_up = one.wire.now + 60s});
  for (int answers = 0; answers < 2; ++answers) {
    one.wire.carry_out();
    ASSERT_TRUE(one.wire.carry_back());
  }
  ASSERT_FALSE(one.wire.session.output().empty()) << "the write is ready, and no byte of it leaves";
  one.wire.end();
  EXPECT_FALSE(one.got);
  ASSERT_TRUE(one.wire.cpu.memory().set("DB1.DBB4", "0xF0"));
  one.wire.connect();
  ASSERT_TRUE(one.wire.exchange());
  ASSERT_TRUE(one.got && *one.got);
  EXPECT_EQ(one.byte(), 0xF1U);

  // Once it has left nobody knows, and it is not tried again.
  BitInItsByte other;
  other.begin({.on_loss = OnLoss::repeat, .idempotent = false, .give_up = other.wire.now + 60s});
  for (int answers = 0; answers < 2; ++answers) {
    other.wire.carry_out();
    ASSERT_TRUE(other.wire.carry_back());
  }
  other.wire.carry_out();
  other.wire.end();
  ASSERT_TRUE(other.got && !*other.got);
  EXPECT_EQ((*other.got).error().kind, Failure::uncertain);
  const auto before = other.wire.cpu.requests();
  other.wire.connect();
  EXPECT_EQ(other.wire.cpu.requests(), before + 1) << "the setup, and no write";
}

// The byte is written; that nobody could look at it afterwards does not undo it.
TEST(PlcBitWrite, AFallBackThatCannotBeReadBackIsNotSaidToBeUndone) {
  BitInItsByte one;
  one.begin({.on_loss = OnLoss::repeat, .idempotent = false, .give_up = one.wire.now + 5s});
  for (int answers = 0; answers < 4; ++answers) {
    one.wire.carry_out();
    ASSERT_TRUE(one.wire.carry_back());
  }
  EXPECT_FALSE(one.got);
  EXPECT_EQ(one.byte(), 0x01U);
  one.wire.end();
  one.wire.now += 5s;
  one.wire.session.tick(one.wire.now);
  ASSERT_TRUE(one.got && !*one.got);
  EXPECT_EQ((*one.got).error().kind, Failure::uncertain);
  EXPECT_EQ(
      (*one.got).error().text.find("plc:102: DB1.DBX4.0: the bit was written with its byte, which could "
                                   "not be read back: "),
      0U)
      << (*one.got).error().text;

  BitInItsByte other;
  other.begin({});
  for (int answers = 0; answers < 4; ++answers) {
    other.wire.carry_out();
    ASSERT_TRUE(other.wire.carry_back());
  }
  other.wire.cpu.manners().put_get = false;
  ASSERT_TRUE(other.wire.exchange());
  ASSERT_TRUE(other.got && !*other.got);
  EXPECT_EQ((*other.got).error().kind, Failure::uncertain) << (*other.got).error().text;
}

}  // namespace
}  // namespace standstill::plc
