// A chip through the link engine: real threads and files, a folder in place of /sys.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "link/link.hpp"
#include "os/clock.hpp"
#include "plant/sensor/session.hpp"
#include "plant/sensor/transport.hpp"
#include "unit/plant/sensor/tree.hpp"

namespace standstill::sensor {
namespace {

class SensorLink : public testing::Test {
 protected:
  // Waits long: a loaded machine is slow, and none of these tests is about how fast.
  bool until(const std::function<bool()>& condition, Duration limit = 30s) {
    const Instant end = os::now() + limit;
    while (!condition() && os::now() < end) loop.turn(5ms);
    return condition();
  }
  void begin(Duration silence = 20s) {
    link::Timing timing;
    timing.probe = 500ms;
    timing.silence = silence;
    timing.reconnect = {20ms, 1000, 20ms, 0};
    timing.breaker = {1000000, 1s};
    link = std::make_unique<link::Link>(
        loop, session, std::make_unique<Transport>(loop, ChipSettings{"lm75", ""}, tree.folder.path()),
        link::Link::Settings{"engine", "hwmon", true, timing},
        [this](const link::Status& status, link::State, std::string_view) {
          if (status.state != link::State::online) tags.link_gone("engine");
        });
    link->begin();
  }
  [[nodiscard]] const link::Tag& tag(const char* name) { return tags.get(tags.declare("engine", name)); }

  test::SensorTree tree;
  os::Loop loop;
  link::TagTable tags;
  Session session{
      {.link = "engine", .tags = &tags, .wall_ns = [] { return 1LL; }, .poll = 10ms, .on_values = {}}};
  std::unique_ptr<link::Link> link;
};

TEST_F(SensorLink, FollowsTheTemperature) {
  tree.put("hwmon2", "name", "lm75");
  tree.put("hwmon2", "temp1_input", "48500");
  begin();
  ASSERT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
  EXPECT_DOUBLE_EQ(tag("temp1").value, 48.5);
  EXPECT_EQ(tag("temp1").unit, "°C");
  EXPECT_EQ(link->status().state, link::State::online);
  tree.put("hwmon2", "temp1_input", "91000");
  EXPECT_TRUE(until([&] { return tag("temp1").value > 90.9; }));
  EXPECT_EQ(link->status().disconnects, 0U) << link->status().last_error;
}

TEST_F(SensorLink, S7_AChipThatDisappearsHasNoGoodValueAndReturnsUnderAnotherNumber) {
  tree.put("hwmon2", "name", "lm75");
  tree.put("hwmon2", "temp1_input", "48500");
  begin();
  ASSERT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
  tree.remove("hwmon2");
  EXPECT_TRUE(until([&] { return link->status().state == link::State::lost; }));
  EXPECT_EQ(tag("temp1").quality, link::Quality::no_link);
  EXPECT_TRUE(until([&] { return link->status().last_error.find("no sensor chip is called") == 0; }))
      << link->status().last_error;
  tree.put("hwmon2", "name", "cpu_thermal");
  tree.put("hwmon2", "temp1_input", "30000");
  tree.put("hwmon7", "temp1_input", "49000");
  tree.put("hwmon7", "name", "lm75");
  EXPECT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
  EXPECT_DOUBLE_EQ(tag("temp1").value, 49.0);
}

TEST_F(SensorLink, S7_AnOpenSensorIsMarked) {
  tree.put("hwmon2", "name", "lm75");
  tree.put("hwmon2", "temp1_input", "48500");
  begin();
  ASSERT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
  tree.put("hwmon2", "temp1_fault", "1");
  EXPECT_TRUE(until([&] { return tag("temp1").quality == link::Quality::out_of_range; }));
  tree.put("hwmon2", "temp1_fault", "0");
  EXPECT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
}

// Opening a pipe that nobody writes blocks like a read on a stuck bus.
TEST_F(SensorLink, S14_AStuckBusDelaysNobodyAndIsLost) {
  tree.put("hwmon2", "name", "lm75");
  tree.put("hwmon2", "temp1_input", "48500");
  begin(300ms);
  ASSERT_TRUE(until([&] { return tag("temp1").quality == link::Quality::good; }));
  const std::string input = tree.folder / "hwmon2/temp1_input";
  ASSERT_EQ(::mkfifo((input + "_").c_str(), 0600), 0);
  std::filesystem::rename(input + "_", input);
  EXPECT_TRUE(until([&] { return link->status().state == link::State::lost; }));
  EXPECT_LT(loop.take_longest_turn(), 10s);
  EXPECT_TRUE(until([&] { return link->status().last_error.find("its bus is stuck") != std::string::npos; }))
      << link->status().last_error;
  // The bus comes back: the read ends, and the next dial is answered.
  os::Fd writer(::open(input.c_str(), O_WRONLY | O_CLOEXEC));
  writer.reset();
  tree.put("hwmon2", "temp1_input", "50000");
  EXPECT_TRUE(
      until([&] { return tag("temp1").quality == link::Quality::good && tag("temp1").value > 49.9; }));
}

}  // namespace
}  // namespace standstill::sensor
