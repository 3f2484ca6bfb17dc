// A temperature sensor as the kernel's own driver shows it: lm75 on a simulated I2C bus.
#include <gtest/gtest.h>

#include "hil/guest/chain.hpp"
#include "hil/guest/i2c_bus.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

const std::string plant =
    "[[output]]\nid = \"burner\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
    "[[link]]\nid = \"boiler\"\nkind = \"hwmon\"\nchip = \"lm75b\"\npoll_ms = 100\n"
    "[[watch]]\nid = \"hot\"\nkind = \"limit\"\nsource = \"boiler.temp1\"\nhigh = 85.0\nvalid = [-40.0, "
    "120.0]\n";

TEST(Sensor, S7_TheLimitItselfTrips) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.set(84);
  EXPECT_TRUE(stays([&] { return chip.high(0); }, 1s)) << chain.about();
  sensor.set(85);
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); }, 5s)) << chain.about();
  EXPECT_EQ(chain.first_out(), "limit");
  chain.word("ack");
  EXPECT_NE(chain.word("reset").status, 200) << "S5: still hot";
  sensor.set(30);
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST(Sensor, S7_ASensorThatDisappearsIsAFault) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.unplug();
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); })) << chain.about();
  // The link's end may be told first; the watch on it must say so too.
  EXPECT_TRUE(until([&] { return chain.has_cause("sensor_fault"); }, 5s)) << chain.about();
  sensor.plug();
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST(Sensor, S7_AtARailItIsBrokenNotCold) {
  SimChip chip;
  Lm75 sensor;
  Chain chain(plant);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  sensor.set(-55);
  EXPECT_TRUE(until([&] { return !chip.high(0) && chain.is("tripped"); }, 5s)) << chain.about();
  EXPECT_EQ(chain.first_out(), "sensor_fault");
}

}  // namespace
}  // namespace standstill::hil
