// An engine that runs for sixty days of simulated time: nothing drifts, wraps or grows. Watered once an hour.
// `./dev soak` runs all of it (about half an hour), the ordinary tests an hour of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "sim/loco/rig.hpp"

namespace standstill::test {
namespace {

using namespace standstill::loco;

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  return 0;
}

TEST(LocoSoak, SixtyDaysWithoutDriftWrapOrLeak) {
  const char* told = std::getenv("STANDSTILL_SOAK_SECONDS");
  const int hours = told != nullptr && std::atol(told) >= 3600 ? 60 * 24 : 1;
  sim::loco::Rig rig;
  ASSERT_TRUE(rig.drive(60));
  int frames = 0;
  rig.hears = [&frames](std::string_view line) { frames += line.starts_with("SPD:") ? 1 : 0; };
  rig.run(600s);
  rig.model.water = 0.12;
  const double pressure = rig.model.pressure();
  const double speed = rig.model.speed;
  long memory = 0;
  for (int hour = 0; hour < hours; ++hour) {
    SCOPED_TRACE("hour " + std::to_string(hour));
    frames = 0;
    for (int part = 0; part < 12; ++part) {
      rig.run(300s);
      rig.said.clear();
      rig.model.water = 0.12;
    }
    ASSERT_EQ(rig.engine().chain().latch().state(), LatchState::running)
        << rig.engine().chain().reason().view();
    ASSERT_NEAR(frames, 3600, 1) << "telemetry is one line a second";
    ASSERT_NEAR(rig.model.pressure(), pressure, 5);
    ASSERT_NEAR(rig.model.speed, speed, 0.05);
    if (hour == 0) memory = resident_kb();
  }
  EXPECT_LT(resident_kb(), memory + 4096);
  // And it still parks as on the first day.
  rig.track.station = false;
  rig.run(2100ms);
  EXPECT_TRUE(rig.engine().chain().sequence().running());
}

}  // namespace
}  // namespace standstill::test
