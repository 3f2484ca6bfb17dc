#include "link/latency.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::link {
namespace {

struct LatencyTest : testing::Test {
  test::TemporaryFolder folder;
  std::string sys = folder / "sys";
  std::string timer = sys + "/class/tty/ttyUSB7/device/latency_timer";

  LatencyTest() {
    std::filesystem::create_directories(sys + "/class/tty/ttyUSB7/device");
    std::ofstream(folder / "ttyUSB7") << "";
    std::filesystem::create_symlink(folder / "ttyUSB7", folder / "by-id");
  }
};

TEST_F(LatencyTest, is_set_to_one_millisecond_through_any_name_of_the_device) {
  std::ofstream(timer) << "16";
  const auto latency = shorten_latency(folder / "by-id", sys);
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->ms, 1);
  EXPECT_FALSE(latency->refused);
}

TEST_F(LatencyTest, a_device_without_the_timer_has_none) {
  EXPECT_FALSE(shorten_latency(folder / "by-id", sys));
  EXPECT_FALSE(shorten_latency(folder / "nowhere", sys));
}

TEST_F(LatencyTest, who_may_not_set_it_is_told) {
  std::ofstream(timer) << "16\n";
  std::filesystem::permissions(timer, std::filesystem::perms::owner_read);
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everything";
  const auto latency = shorten_latency(folder / "by-id", sys);
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->ms, 16);
  EXPECT_TRUE(latency->refused);
}

}  // namespace
}  // namespace standstill::link
