#include "client/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

#include "client/triggers.hpp"

namespace standstill::client {
namespace {

using Minutes = std::vector<int>;

std::vector<int> all(std::string_view pattern) {
  const auto parsed = TimePattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  std::vector<int> minutes;
  for (int i = 0; parsed && i < minutes_a_day; ++i)
    if (parsed->matches(i)) minutes.push_back(i);
  return minutes;
}

TEST(TimePattern, TimesOfTheDay) {
  EXPECT_EQ(all("14:30"), Minutes{14 * 60 + 30});
  EXPECT_EQ(all("00:00"), Minutes{0});
  EXPECT_EQ(all("7:05"), Minutes{425});
  EXPECT_EQ(all("*:30").size(), 24U);
  EXPECT_EQ(all("*:30")[1], 90);
  EXPECT_EQ(all("23:*").size(), 60U);
  EXPECT_EQ(all("*/5").size(), 288U);
  EXPECT_EQ(all("*/5")[1], 5);
  EXPECT_EQ(all("*/1440"), Minutes{0});
}

TEST(TimePattern, RefusesWhatIsNoTime) {
  for (const char* wrong : {"", "14", "24:00", "14:60", "14:5", "*/0", "*/1441", "*/", "*/x", "a:30",
                            "14:30 ", ":", "-1:00", "14:-1", "*", "014:30"}) {
    const auto parsed = TimePattern::parse(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_NE(parsed.error().find("\"" + std::string(wrong) + "\""), std::string::npos) << parsed.error();
    EXPECT_NE(parsed.error().find("14:30"), std::string::npos) << "says what would be right";
  }
}

TEST(Glob, MatchesAsAShellDoes) {
  EXPECT_TRUE(glob_matches("fb_*", "fb_12"));
  EXPECT_TRUE(glob_matches("fb_*", "fb_"));
  EXPECT_FALSE(glob_matches("fb_*", "fb1"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_TRUE(glob_matches("bk?", "bk3"));
  EXPECT_FALSE(glob_matches("bk?", "bk13"));
  EXPECT_TRUE(glob_matches("*a*b*c", "xxaxxbxxbxc"));
  EXPECT_FALSE(glob_matches("*a*b*c", "xxaxxbxxbx"));
  EXPECT_TRUE(glob_matches("sw[13]", "sw3"));
  EXPECT_FALSE(glob_matches("sw[13]", "sw2"));
  EXPECT_TRUE(glob_matches("sw[1-9]", "sw5"));
  EXPECT_FALSE(glob_matches("sw[!1-9]", "sw5"));
  EXPECT_TRUE(glob_matches("sw[!1-9]", "swx"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("a[", "a["));
  EXPECT_TRUE(glob_matches("*_[ab]*", "x_cx_bz"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_TRUE(glob_matches("M*ller", "Müller"));
}

TEST(Glob, AHostilePatternTakesNoTime) {
  std::string glob;
  for (int i = 0; i < 200; ++i) glob += "*a";
  glob += "b";
  EXPECT_FALSE(glob_matches(glob, std::string(5000, 'a')));  // exponential matching would not end
}

TEST(ChangeTrigger, AKindMayStandBeforeTheGlob) {
  const auto fb = change_trigger("fb:*1");
  ASSERT_TRUE(fb);
  EXPECT_TRUE(fb->concerns(layout::Kind::fb, "fb1"));
  EXPECT_FALSE(fb->concerns(layout::Kind::bk, "bk1"));
  const auto any = change_trigger("*1");
  ASSERT_TRUE(any);
  EXPECT_TRUE(any->concerns(layout::Kind::bk, "bk1"));
  const auto upper = change_trigger("BR:01");  // no kind is written so: a part of the id
  ASSERT_TRUE(upper);
  EXPECT_TRUE(upper->concerns(layout::Kind::lc, "BR:01"));
  ASSERT_FALSE(change_trigger("fbb:*"));
  EXPECT_NE(change_trigger("fbb:*").error().find("\"fbb\""), std::string::npos);
  EXPECT_FALSE(change_trigger(""));
  EXPECT_FALSE(change_trigger("fb:"));
}

TEST(MinuteHand, EveryMinuteIsEnteredOnce) {
  MinuteHand hand;
  EXPECT_EQ(hand.moved_to(100, false), Minutes{});  // where the clock stands when we come
  EXPECT_EQ(hand.moved_to(100, false), Minutes{});
  EXPECT_EQ(hand.moved_to(101, false), Minutes{101});
  EXPECT_EQ(hand.moved_to(101, false), Minutes{});
  EXPECT_EQ(hand.moved_to(104, false), (Minutes{102, 103, 104}));  // reports were missed
}

TEST(MinuteHand, GoesOverMidnight) {
  MinuteHand hand;
  EXPECT_TRUE(hand.moved_to(1438, false).empty());
  EXPECT_EQ(hand.moved_to(1, false), (Minutes{1439, 0, 1}));
}

TEST(MinuteHand, AClockThatWasSetEntersOneMinute) {
  MinuteHand hand;
  EXPECT_TRUE(hand.moved_to(600, false).empty());
  EXPECT_EQ(hand.moved_to(602, true), Minutes{602});
  EXPECT_EQ(hand.moved_to(607, false).size(), 5U);
  EXPECT_EQ(hand.moved_to(613, false), Minutes{613});  // too far to be a missed report
  EXPECT_EQ(hand.moved_to(612, false), Minutes{612});  // backwards
}

}  // namespace
}  // namespace standstill::client
