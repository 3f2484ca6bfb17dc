#include "plant/layout/station_watch.hpp"

#include <gtest/gtest.h>

#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

ObjectPtr state(std::string_view body) {
  NameCache names;
  Decoder decoder{std::string(body), names};
  while (decoder.read(1000) == Decoder::Step::more) {
  }
  return decoder.reports().at(0).object;
}

struct Scenario {
  StationWatch watch;
  Instant now = start;
  bool running = true;

  bool told(std::string_view body) {
    now += 10ms;
    return watch.update(now, *state(body), running);
  }
  [[nodiscard]] std::string codes() const {
    std::string all;
    for (const auto& cause : watch.causes()) all += std::string(name(cause.code)) + "@" + cause.station + " ";
    return all;
  }
};

TEST(StationWatch, power_that_goes_while_running_is_a_cause_until_it_returns) {
  Scenario s;
  EXPECT_FALSE(s.told(R"(<state power="true" trackbus="true"/>)"));
  EXPECT_TRUE(s.told(R"(<state power="false" trackbus="true"/>)"));
  EXPECT_EQ(s.codes(), "power_lost@ ");
  EXPECT_FALSE(s.watch.causes()[0].detail.empty());
  EXPECT_FALSE(s.told(R"(<state power="false"/>)")) << "still the same cause";
  EXPECT_TRUE(s.told(R"(<state power="true"/>)"));
  EXPECT_EQ(s.codes(), "");
}

TEST(StationWatch, what_never_was_on_is_not_lost) {
  Scenario s;
  s.told(R"(<state power="false" trackbus="false"/>)");
  s.told(R"(<state iid="vcs-1" power="false" trackbus="false"/>)");
  EXPECT_EQ(s.codes(), "");
}

TEST(StationWatch, switching_off_while_not_running_is_no_cause) {
  Scenario s;
  s.running = false;
  s.told(R"(<state power="true" trackbus="true"/>)");
  s.told(R"(<state power="false" trackbus="false" emergency="true"/>)");
  EXPECT_EQ(s.codes(), "");
  EXPECT_TRUE(s.watch.started(s.now)) << "but an emergency that still stands is one when the plant starts";
  EXPECT_EQ(s.codes(), "device_fault@ ");
}

TEST(StationWatch, the_track_bus_and_an_emergency_have_their_own_codes) {
  Scenario s;
  s.told(R"(<state iid="a" power="true" trackbus="true" emergency="false"/>)");
  s.told(R"(<state iid="a" power="true" trackbus="false" emergency="true"/>)");
  EXPECT_EQ(s.codes(), "link_lost@a device_fault@a ");
  s.told(R"(<state iid="a" trackbus="true"/>)");
  EXPECT_EQ(s.codes(), "device_fault@a ");
  s.told(R"(<state iid="a" emergency="false"/>)");
  EXPECT_EQ(s.codes(), "");
}

TEST(StationWatch, each_station_is_judged_by_itself) {
  Scenario s;
  s.told(R"(<state iid="a" power="true"/>)");
  s.told(R"(<state iid="b" power="true"/>)");
  s.told(R"(<state iid="b" power="false"/>)");
  s.told(R"(<state iid="a" power="true"/>)");
  EXPECT_EQ(s.codes(), "power_lost@b ");
}

TEST(StationWatch, the_first_report_of_a_station_is_compared_with_that_of_the_whole) {
  Scenario s;
  s.told(R"(<state power="true"/>)");
  s.told(R"(<state iid="vcs-1" power="false"/>)");
  EXPECT_EQ(s.codes(), "power_lost@vcs-1 ");
}

TEST(StationWatch, health_of_the_plan_is_no_hardware) {
  Scenario s;
  s.told(R"(<state power="true" healthy="true"/>)");
  EXPECT_FALSE(s.told(R"(<state power="true" healthy="false"/>)"));
  EXPECT_EQ(s.codes(), "");
}

TEST(StationWatch, the_recorded_session_loses_power_once) {
  Play play;
  Scenario s;
  std::vector<std::string> seen;
  for (const auto& body : recordings::bodies(recordings::from_server("03-session-commands-A")))
    if (body.starts_with("<state") && s.told(body)) seen.push_back(s.codes());
  EXPECT_EQ(seen, std::vector<std::string>{"power_lost@vcs-1 "}) << "by the <sys cmd=\"stop\"/> at its end";
}

TEST(StationWatch, inventing_stations_costs_no_memory) {
  Scenario s;
  for (int i = 0; i < 1000; ++i) s.told("<state iid=\"" + std::to_string(i) + "\" power=\"true\"/>");
  for (int i = 0; i < 1000; ++i) s.told("<state iid=\"" + std::to_string(i) + "\" power=\"false\"/>");
  EXPECT_EQ(s.watch.causes().size(), 64U);
}

}  // namespace
}  // namespace standstill::layout
