#include "supervise/trends.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace standstill::supervise {
namespace {

link::Tag tag(const char* name, double value, link::Quality quality = link::Quality::good) {
  link::Tag made;
  made.link = "meter";
  made.name = name;
  made.value = value;
  made.quality = quality;
  return made;
}

struct TrendsTest : testing::Test {
  void look(const std::vector<link::Tag>& tags) {
    now += Trends::every;
    wall += 2'000'000'000;
    trends.look(tags, now, wall);
  }
  Trends trends;
  Instant now{};
  std::int64_t wall = 0;
};

TEST_F(TrendsTest, AnOutageIsAGapAndALateComerHasNoPast) {
  look({tag("power", 1)});
  look({tag("power", 2, link::Quality::no_link)});
  look({tag("power", 3), tag("voltage", 230)});
  const auto power = trends.of("meter", "power");
  ASSERT_EQ(power.size(), 3U);
  EXPECT_EQ(power[0].value, 1);
  EXPECT_TRUE(std::isnan(power[1].value));
  EXPECT_EQ(power[2].value, 3);
  EXPECT_EQ(power[2].at_s - power[0].at_s, 4);
  const auto voltage = trends.of("meter", "voltage");
  ASSERT_EQ(voltage.size(), 3U);
  EXPECT_TRUE(std::isnan(voltage[0].value) && std::isnan(voltage[1].value));
  EXPECT_EQ(voltage[2].value, 230);
  EXPECT_TRUE(trends.of("meter", "current").empty());
  EXPECT_TRUE(trends.of("press", "power").empty());
}

TEST_F(TrendsTest, S7_an_outage_between_two_samples_is_a_gap) {
  look({tag("power", 1)});
  trends.look({tag("power", 1, link::Quality::stale)}, now + Trends::every / 4, wall);
  trends.look({tag("power", 2)}, now + Trends::every / 2, wall);
  look({tag("power", 3)});
  look({tag("power", 4)});
  const auto power = trends.of("meter", "power");
  ASSERT_EQ(power.size(), 3U);
  EXPECT_TRUE(std::isnan(power[1].value)) << power[1].value;
  EXPECT_EQ(power[2].value, 4) << "and no longer than that";
}

TEST_F(TrendsTest, NoMoreOftenThanItsTime) {
  look({tag("power", 1)});
  trends.look({tag("power", 2)}, now + Trends::every - Duration(1), wall);
  EXPECT_EQ(trends.of("meter", "power").size(), 1U);
}

TEST_F(TrendsTest, AnHourIsKeptInOrder) {
  for (int i = 0; i < 2000; ++i) look({tag("power", i)});
  const auto power = trends.of("meter", "power");
  ASSERT_EQ(power.size(), Trends::most_samples);
  EXPECT_EQ(power.front().value, 200);
  EXPECT_EQ(power.back().value, 1999);
  for (std::size_t i = 1; i < power.size(); ++i) ASSERT_EQ(power[i].at_s - power[i - 1].at_s, 2) << i;
  look({tag("power", 2000), tag("voltage", 230)});  // comes when the ring is full
  EXPECT_EQ(trends.of("meter", "voltage").back().value, 230);
  EXPECT_EQ(trends.of("meter", "power").back().value, 2000);
}

TEST_F(TrendsTest, TheLastMinuteIsForASnapshot) {
  for (int i = 0; i < 2000; ++i) look({tag("power", i), tag("never", 0, link::Quality::no_link)});
  const auto all = trends.newest(60s);
  ASSERT_EQ(all.size(), 1U) << "what was never known is left out";
  EXPECT_EQ(all[0].name, "power");
  ASSERT_EQ(all[0].samples.size(), 31U);
  EXPECT_EQ(all[0].samples.front().value, 1969) << "what it was a minute before is known";
  EXPECT_EQ(all[0].samples.back().value, 1999);
  EXPECT_EQ(Trends().newest(60s).size(), 0U);
}

TEST_F(TrendsTest, MemoryIsBounded) {
  std::vector<link::Tag> many;
  for (std::size_t i = 0; i < Trends::most_tags + 10; ++i)
    many.push_back(tag(("t" + std::to_string(i)).c_str(), 1));
  look(many);
  EXPECT_EQ(trends.of("meter", "t255").size(), 1U);
  EXPECT_TRUE(trends.of("meter", "t256").empty());
}

}  // namespace
}  // namespace standstill::supervise
