// What is no usable watchdog device is refused with a sentence. Devices themselves: tests/hil.
#include "output/line/watchdog_device.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::output {
namespace {

TEST(WatchdogDevice, AMissingOneIsNeitherOpenedNorMade) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "watchdog9";
  const auto device = WatchdogDevice::open(path, 5s);
  ASSERT_FALSE(device.has_value());
  EXPECT_NE(device.error().find(path), std::string::npos) << device.error();
  EXPECT_NE(device.error().find("is its driver loaded?"), std::string::npos) << device.error();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(WatchdogDevice, WhatIsNoWatchdogIsRefused) {
  const auto device = WatchdogDevice::open("/dev/null", 5s);
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error(), "/dev/null is no watchdog device; `ls /dev/watchdog*` lists them");
}

}  // namespace
}  // namespace standstill::output
