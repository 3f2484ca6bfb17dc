#include "app/watch_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace standstill::app {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

// As a real supervisor answered.
WatchPicture tripped() {
  WatchPicture picture;
  picture.state = ordered_json::parse(
      R"({"site":"club","state":"tripped","epoch":7,"acknowledged":false,)"
      R"("first_out":{"code":"link_lost","source":"layout","detail":"the connection ended without a goodbye","at":"2027-01-15T08:00:00Z"},)"
      R"("causes":[],"links":[{"id":"layout","kind":"rocrail","state":"lost","since":"2027-01-15T08:00:00Z","attempts":3,"last_error":"connection refused","rtt_ms":null}],)"
      R"("outputs":[{"id":"track-power","kind":"serial","commanded":"safe","readback":"confirmed"}],"sequence":null,)"
      R"("guard":{"pid":12,"permit_age_ms":40,"realtime":false},"version":"1"})");
  picture.why = ordered_json::parse(
      R"({"blockers":[{"source":"layout","text":"link_lost: connection refused","advice":"bring the peer back","age_ms":61000}]})");
  picture.events["events"] = ordered_json::array();
  for (int i = 0; i < 30; ++i)
    picture.events["events"].push_back({{"at", "2027-01-15T08:00:" + std::to_string(10 + i) + ".000Z"},
                                        {"kind", "link"},
                                        {"code", "dialing"},
                                        {"source", "layout"},
                                        {"detail", "attempt " + std::to_string(i)}});
  picture.clock = "08:01:00";
  picture.now_wall_ns = 1'800'000'060LL * 1'000'000'000;
  return picture;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

TEST(WatchView, TheWordIsFirstAndWhatIsInTheWayFollows) {
  const auto lines = watch_lines(tripped(), 40, 100, false);
  EXPECT_THAT(lines.front(), testing::StartsWith(" TRIPPED   club, epoch 7, NOT ACKNOWLEDGED"));
  EXPECT_THAT(lines.front(), testing::EndsWith("08:01:00 "));
  EXPECT_EQ(lines.front().size(), 100U);
  EXPECT_EQ(lines.at(2), "Why it is not running");
  EXPECT_THAT(lines.at(3), HasSubstr("layout: link_lost: connection refused (for 61 s)"));
  EXPECT_THAT(lines.at(4), HasSubstr("→ bring the peer back"));
  const std::string all = joined(lines);
  EXPECT_THAT(all, HasSubstr("the connection ended without a goodbye"));
  EXPECT_THAT(all, HasSubstr("track-power"));
  EXPECT_LT(all.find("attempt 29"), all.find("attempt 28")) << "the newest first";
  EXPECT_THAT(lines.back(), HasSubstr("s stops the plant"));
}

TEST(WatchView, WhatHappenedIsToldByTheClockAboveIt) {
  ASSERT_EQ(::setenv("TZ", "UTC-02:00", 1), 0);  // two hours before UTC (POSIX turns the sign around)
  ::tzset();
  const std::string all = joined(watch_lines(tripped(), 40, 100, false));
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_THAT(all, HasSubstr("10:00:39  link dialing  layout  attempt 29"));
}

TEST(WatchView, FitsEveryWindow) {
  for (std::size_t rows = 1; rows < 60; ++rows)
    for (const std::size_t columns : {20U, 40U, 80U, 200U}) {
      const auto lines = watch_lines(tripped(), rows, columns, false);
      ASSERT_LE(lines.size(), rows);
      ASSERT_THAT(lines.front(), HasSubstr("TRIPPED"));
      for (const auto& line : lines) {
        const auto characters = std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
        ASSERT_LE(characters, static_cast<std::ptrdiff_t>(columns)) << line;
      }
    }
}

TEST(WatchView, WhereNobodyAnswersNothingOldIsShown) {
  auto picture = tripped();
  picture.state = nullptr;
  picture.trouble = "no supervisor answers";
  picture.unheard = 12s;
  const std::string all = joined(watch_lines(picture, 40, 100, false));
  EXPECT_THAT(all, HasSubstr(" UNKNOWN   nothing heard for 12 s"));
  EXPECT_THAT(all, HasSubstr("no supervisor answers"));
  EXPECT_THAT(all, HasSubstr("red button"));
  for (const char* old : {"track-power", "link_lost", "attempt", "TRIPPED"})
    EXPECT_THAT(all, Not(HasSubstr(old)));
}

TEST(WatchView, WhatAForeignNameHoldsIsNeverASequenceOfTheTerminal) {
  auto picture = tripped();
  picture.why["blockers"][0]["text"] = "\x1b[2Jgone";
  picture.events["events"][29]["detail"] = "\x1b]0;x\x07";
  picture.state["first_out"]["detail"] = "\x1b[31m";
  EXPECT_THAT(joined(watch_lines(picture, 40, 100, false)), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace standstill::app
