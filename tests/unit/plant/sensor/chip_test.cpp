#include "plant/sensor/chip.hpp"

#include <gtest/gtest.h>

#include "unit/plant/sensor/tree.hpp"

namespace standstill::sensor {
namespace {

TEST(Chip, IsFoundByItsNameAndNotByItsNumber) {
  const test::SensorTree tree;
  tree.put("hwmon0", "name", "cpu_thermal");
  tree.put("hwmon4", "name", "lm75");
  const auto chip = Chip::find({"lm75", ""}, tree.folder.path());
  ASSERT_TRUE(chip.has_value()) << chip.error();
  EXPECT_EQ(chip->where(), "hwmon4");
}

TEST(Chip, ItsLabelIsANameToo) {
  const test::SensorTree tree;
  tree.put("hwmon0", "name", "lm75");
  tree.put("hwmon0", "label", "boiler");
  EXPECT_TRUE(Chip::find({"boiler", ""}, tree.folder.path()).has_value());
}

TEST(Chip, TwoOfOneNameAreToldApartByTheirAddress) {
  const test::SensorTree tree;
  tree.put("hwmon1", "name", "lm75");
  tree.on_bus("hwmon1", "1-0048");
  tree.put("hwmon2", "name", "lm75");
  tree.on_bus("hwmon2", "1-0049");
  const auto either = Chip::find({"lm75", ""}, tree.folder.path());
  ASSERT_FALSE(either.has_value());
  EXPECT_EQ(either.error(),
            "more than one sensor chip is called 'lm75' (1-0048, 1-0049): say which with 'address'");
  const auto second = Chip::find({"lm75", "1-0049"}, tree.folder.path());
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_EQ(second->where(), "hwmon2");
}

TEST(Chip, AMissingOneIsNamedWithWhatThereIs) {
  const test::SensorTree tree;
  tree.put("hwmon0", "name", "cpu_thermal");
  const auto chip = Chip::find({"lm75", "1-0048"}, tree.folder.path());
  ASSERT_FALSE(chip.has_value());
  EXPECT_EQ(chip.error(), "no sensor chip is called 'lm75' at 1-0048; there are cpu_thermal");
}

TEST(Chip, ReadsEveryInputAndSaysWhatIsWrongWithOne) {
  const test::SensorTree tree;
  tree.put("hwmon0", "name", "lm75");
  tree.put("hwmon0", "temp1_input", "-12500");
  tree.put("hwmon0", "temp1_max", "80000");
  tree.put("hwmon0", "temp2_input", "101000");
  tree.put("hwmon0", "temp2_fault", "1");
  tree.put("hwmon0", "temp10_input", "rubbish");
  tree.put("hwmon0", "pwm1_input", "3");
  const auto chip = Chip::find({"lm75", ""}, tree.folder.path());
  ASSERT_TRUE(chip.has_value()) << chip.error();
  const auto readings = chip->read();
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].input, "temp1");
  EXPECT_EQ(readings[0].raw, -12500);
  EXPECT_EQ(readings[0].error, 0);
  EXPECT_TRUE(readings[1].faulty);
  EXPECT_EQ(readings[2].input, "temp10");
  EXPECT_NE(readings[2].error, 0) << "what is no number is no reading";
}

TEST(Chip, IsGoneWhenItsFolderIs) {
  const test::SensorTree tree;
  tree.put("hwmon3", "name", "lm75");
  tree.put("hwmon3", "temp1_input", "20000");
  const auto chip = Chip::find({"lm75", ""}, tree.folder.path());
  ASSERT_TRUE(chip.has_value()) << chip.error();
  tree.remove("hwmon3");
  // Another chip gets its number: its values must not be taken for the old one's.
  tree.put("hwmon3", "name", "cpu_thermal");
  tree.put("hwmon3", "temp1_input", "45000");
  EXPECT_TRUE(chip->read().empty());
}

// Units and scales: Documentation/hwmon/sysfs-interface, "Temperatures", "Voltages", "Currents", "Power",
// "Fans".
TEST(Measure, IsTheKernels) {
  EXPECT_EQ(measure_of("temp1")->unit, "°C");
  EXPECT_DOUBLE_EQ(measure_of("temp1")->scale, 0.001);
  EXPECT_DOUBLE_EQ(measure_of("in0")->scale, 0.001);
  EXPECT_DOUBLE_EQ(measure_of("power2")->scale, 0.000001);
  EXPECT_DOUBLE_EQ(measure_of("fan12")->scale, 1.0);
  for (const char* none : {"temp", "pwm1", "intrusion0", "temp1x", "", "temp1234"})
    EXPECT_EQ(measure_of(none), nullptr) << none;
}

}  // namespace
}  // namespace standstill::sensor
