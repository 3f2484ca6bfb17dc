#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <limits>
#include <sstream>

#include "plant/meter/blocks.hpp"
#include "support/places.hpp"

namespace standstill::meter {
namespace {

using link::Quality;

Register reg(ValueType type, double scale = 1.0, bool low_first = false) {
  Register made;
  made.name = "value";
  made.type = type;
  made.scale = scale;
  made.low_word_first = low_first;
  return made;
}

TEST(MeterProfile, em340_is_the_makers_table) {
  std::ifstream file(standstill::test::test_data() + "/meter/em340.csv");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const Profile profile = em340();
  std::size_t row = 0;
  for (; std::getline(file, line); ++row) {
    std::istringstream cells(line);
    std::array<std::string, 5> cell;
    for (auto& one : cell) std::getline(cells, one, ',');
    ASSERT_LT(row, profile.registers.size());
    const Register& known = profile.registers[row];
    EXPECT_EQ(known.address, std::stoul(cell[0], nullptr, 16)) << line;
    EXPECT_EQ(known.name, cell[1]);
    EXPECT_EQ(known.type, value_type(cell[2])) << line;
    EXPECT_EQ(known.scale, std::stod(cell[3])) << line;
    EXPECT_EQ(known.unit, cell[4]);
    EXPECT_TRUE(known.low_word_first);
    EXPECT_EQ(known.function, 3);
  }
  EXPECT_EQ(row, profile.registers.size());
  EXPECT_EQ(row, 42U);
}

TEST(MeterRegister, words_become_numbers) {
  using Words = std::vector<std::uint16_t>;
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::int16, 0.1), Words{0xFFFF}).value, -0.1);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::uint16), Words{0xFFFF}).value, 65535);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::int32, 0.1, true), Words{0x0901, 0x0000}).value, 230.5);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::int32, 0.1, true), Words{0xFFFF, 0xFFFF}).value, -0.1);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::int32), Words{0x0001, 0x0000}).value, 65536);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::float32), Words{0x4365, 0x8000}).value, 229.5);  // IEEE 754
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::float32, 1, true), Words{0x8000, 0x4365}).value, 229.5);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::float64), Words{0x406C, 0xB000, 0, 0}).value, 229.5);
  EXPECT_DOUBLE_EQ(decode(reg(ValueType::int64), Words{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE}).value, -2);
}

TEST(MeterRegister, S7_what_is_no_value_says_so) {
  using Words = std::vector<std::uint16_t>;
  Register wide = reg(ValueType::int32, 0.1, true);
  EXPECT_EQ(decode(wide, Words{0xFFFF, 0x7FFF}).quality, Quality::good);
  wide.top_is_overflow = true;
  EXPECT_EQ(decode(wide, Words{0xFFFF, 0x7FFF}).quality, Quality::overflow);
  EXPECT_EQ(decode(wide, Words{0xFFFE, 0x7FFF}).quality, Quality::good);
  EXPECT_EQ(decode(reg(ValueType::float32), Words{0x7FC0, 0}).quality, Quality::overflow);  // NaN
  EXPECT_EQ(decode(reg(ValueType::float32), Words{0x7F80, 0}).quality, Quality::overflow);  // infinity
  Register bounded = reg(ValueType::int16);
  bounded.valid = std::pair(0.0, 100.0);
  EXPECT_EQ(decode(bounded, Words{100}).quality, Quality::good);
  EXPECT_EQ(decode(bounded, Words{101}).quality, Quality::out_of_range);
  EXPECT_EQ(decode(bounded, Words{0xFFFF}).quality, Quality::out_of_range);
}

TEST(MeterBlocks, every_register_is_read_once_with_few_requests) {
  const Profile profile = em340();
  const auto blocks = plan_blocks(profile, std::vector<bool>(profile.registers.size(), true));
  std::vector<int> read(profile.registers.size());
  for (const Block& block : blocks) {
    EXPECT_LE(block.count, profile.most);
    for (const std::size_t value : block.values) {
      ++read[value];
      const Register& one = profile.registers[value];
      EXPECT_GE(one.address, block.address);
      EXPECT_LE(one.address + width(one.type), block.address + block.count);
    }
  }
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], 1) << profile.registers[i].name;
  EXPECT_LE(blocks.size(), 5U);
}

TEST(MeterBlocks, gaps_are_bridged_up_to_a_limit_and_functions_are_not_mixed) {
  std::vector<Register> list(4, reg(ValueType::int16));
  list[1].address = 6;   // five words between
  list[2].address = 13;  // six
  list[3].address = 14;
  list[3].function = 4;
  const Profile profile = profile_of(list);
  const auto blocks = plan_blocks(profile, {true, true, true, true});
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].count, 7);
  EXPECT_EQ(blocks[1].address, 13);
  EXPECT_EQ(blocks[2].function, 4);
}

TEST(MeterBlocks, halves_leave_the_gap_out_and_overlaps_keep_every_value_whole) {
  const Profile profile = em340();
  const auto blocks = plan_blocks(profile, std::vector<bool>(profile.registers.size(), true));
  const Block& block = blocks.front();
  const auto halves = split(profile, block);
  ASSERT_TRUE(halves);
  EXPECT_EQ(halves->first.values.size() + halves->second.values.size(), block.values.size());
  EXPECT_FALSE(split(profile, Block{3, 0, 2, {0}}));
  int possible = 0;
  for (std::uint16_t length = 1; length <= block.count; ++length) {
    const auto parts = overlap(profile, block, length);
    if (!parts) continue;
    ++possible;
    EXPECT_EQ(parts->first.count, length);
    EXPECT_EQ(parts->second.count, length);
    EXPECT_EQ(parts->first.values.size() + parts->second.values.size(), block.values.size());
    for (const Block* part : {&parts->first, &parts->second})
      for (const std::size_t value : part->values) {
        EXPECT_GE(profile.registers[value].address, part->address);
        EXPECT_LE(profile.registers[value].address + 2, part->address + part->count);
      }
  }
  EXPECT_GE(possible, 5);
}

}  // namespace
}  // namespace standstill::meter
