#include "sim/loco/cv_page.hpp"
#include "support/places.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "plant/loco/settings.hpp"

namespace standstill::loco {
namespace {

const std::string page = test::source_folder() + "/docs/configuration-variables.md";

TEST(LocoVariables, ThePageIsWhatTheTableSays) {
  if (std::getenv("UPDATE_REFERENCE") != nullptr) std::ofstream(page) << sim::loco::cv_page();
  std::stringstream text;
  text << std::ifstream(page).rdbuf();
  EXPECT_TRUE(text.str() == sim::loco::cv_page())
      << "the table of variables has changed: run this program once with UPDATE_REFERENCE=1";
}

// Written down from the facts about existing engines, not from the table.
TEST(LocoVariables, NumbersRangesAndDefaultsAreTheDocumentedOnes) {
  struct Row {
    std::uint32_t cv;
    std::int32_t low, high, initial;
  };
  for (const Row& row :
       {Row{1, 1, 127, 3}, Row{32, 70, 207, 124}, Row{33, 10, 50, 35}, Row{34, 5, 30, 15},
        Row{35, 100, 220, 207}, Row{41, 60, 90, 75}, Row{42, 90, 130, 110}, Row{43, 200, 280, 250},
        Row{44, 10, 50, 20}, Row{45, 10, 50, 30}, Row{46, 40, 120, 77}, Row{47, 80, 160, 128},
        Row{49, 500, 3000, 1000}, Row{87, 5, 20, 10}, Row{88, 10, 60, 20}}) {
    const Variable& one = variables[static_cast<std::size_t>(index_of(row.cv))];
    EXPECT_EQ(one.low, row.low) << row.cv;
    EXPECT_EQ(one.high, row.high) << row.cv;
    EXPECT_EQ(one.initial, row.initial) << row.cv;
  }
  for (const auto& [cv, initial] : {std::pair{11U, 0},
                                    {29U, 6},
                                    {30U, 1},
                                    {31U, 0},
                                    {37U, 1325},
                                    {38U, 12},
                                    {39U, 203},
                                    {40U, 76},
                                    {51U, 45},
                                    {84U, 1}})
    EXPECT_EQ(variables[static_cast<std::size_t>(index_of(cv))].initial, initial) << cv;
  for (const std::uint32_t wide : {37U, 43U, 49U})
    EXPECT_FALSE(variables[static_cast<std::size_t>(index_of(wide))].fits_dcc()) << wide;
}

TEST(LocoVariables, EveryEndIsTakenAndNothingBeyond) {
  for (const Variable& one : variables) {
    if (one.read_only) {
      EXPECT_FALSE(Settings{}.write(static_cast<std::uint32_t>(one.cv), one.initial).done);
      continue;
    }
    Settings settings;
    const auto cv = static_cast<std::uint32_t>(one.cv);
    EXPECT_FALSE(settings.write(cv, one.low - 1).done) << one.name;
    EXPECT_FALSE(settings.write(cv, one.high + 1).done) << one.name;
    EXPECT_TRUE(settings.write(cv, one.initial).done) << one.name;
  }
}

TEST(LocoVariables, DccCarriesEightBits) {
  Settings settings;
  EXPECT_TRUE(settings.write_dcc(43, 255).done);
  EXPECT_FALSE(settings.write_dcc(49, 200).done);
  EXPECT_NE(settings.write_dcc(49, 200).answer.view().find("by tool or telemetry"), std::string_view::npos);
  EXPECT_TRUE(settings.write_dcc(31, 0xF6).done);  // −10 as two's complement
  EXPECT_EQ(settings[Cv::servo_offset], -10);
  EXPECT_EQ(settings.dcc_byte(31), 0xF6);
  EXPECT_EQ(settings.dcc_byte(49), -1);
}

TEST(LocoVariables, ValuesThatDoNotGoTogetherAreRefused) {
  Settings settings;
  EXPECT_FALSE(settings.write(47, 80).done && settings.write(46, 80).done);
  EXPECT_FALSE(settings.write(35, 140).done);
  EXPECT_TRUE(settings.write(32, 100).done);
  EXPECT_TRUE(settings.write(35, 120).done);
  EXPECT_FALSE(settings.write(32, 101).done);
}

}  // namespace
}  // namespace standstill::loco
