// Power cuts. `Work` lives through trips and releases on a disk whose writes are logged, and writes down what
// it has seen, behind the file system of the same disk. The host makes disks of that log as power cuts may
// leave them; `NextBoot` starts from each of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "hil/guest/chain.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

using nlohmann::json;

constexpr off_t behind_file_system = off_t{60} << 20;
const std::string track =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n";

// One sector, straight to the disk: it is in the log when this returns.
void write_down(const json& known) {
  alignas(4096) static char block[4096];
  std::memset(block, 0, sizeof block);
  const std::string text = known.dump();
  text.copy(block, 512);
  const int disk = ::open("/dev/vda", O_WRONLY | O_DIRECT | O_CLOEXEC);
  const bool written = ::pwrite(disk, block, 512, behind_file_system) == 512;
  ::close(disk);
  ASSERT_TRUE(written) << std::strerror(errno);
}

json read_down(const std::string& device) {
  char block[512]{};
  const int disk = ::open(device.c_str(), O_RDONLY | O_CLOEXEC);
  const bool got = ::pread(disk, block, sizeof block, behind_file_system) == 512;
  ::close(disk);
  return got ? json::parse(std::string(block), nullptr, false) : json();
}

TEST(Power, Work) {
  ASSERT_TRUE(until([] { return ::access("/dev/vda", F_OK) == 0; }));
  ASSERT_EQ(::mount("/dev/vda", "/var", "ext4", 0, nullptr), 0) << std::strerror(errno);
  SimChip chip;
  Chain chain(track, "/var/state");
  chain.start_and_wait();
  const auto seen = [&](const char* state) {
    write_down({{"state", state}, {"epoch", chain.epoch()}, {"events", chain.journal().size()}});
  };
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(chain.to_running()) << chain.about();
    ASSERT_TRUE(until([&] { return chip.high(0); }));
    seen("running");
    chain.stop();
    ASSERT_TRUE(until([&] { return chain.is("tripped"); }));
    seen("tripped");
  }
}

class PowerCut : public testing::TestWithParam<int> {};

TEST_P(PowerCut, S3_S13_NextBoot) {
  const std::string device = std::string("/dev/vd") + static_cast<char>('a' + GetParam());
  ASSERT_TRUE(until([&] { return ::access(device.c_str(), F_OK) == 0; }));
  const json known = read_down(device);
  ASSERT_TRUE(known.is_object()) << known.dump();
  ASSERT_EQ(::mount(device.c_str(), "/var", "ext4", 0, nullptr), 0) << std::strerror(errno);
  {
    SimChip chip;
    Chain chain(track, "/var/state");
    chain.start_and_wait();
    EXPECT_FALSE(chip.high(0));
    const bool ran = known["state"] == "running";
    EXPECT_FALSE(chain.is("running"));
    EXPECT_GE(chain.epoch(), known["epoch"].get<std::uint64_t>() + (ran ? 1 : 0))
        << known.dump() << chain.about();
    EXPECT_TRUE(!ran || chain.is("tripped")) << chain.about();
    EXPECT_TRUE(until([&] { return chain.journal().size() >= known["events"].get<std::size_t>(); }, 5s))
        << "the journal has lost something: " << known.dump() << chain.journal().dump(1);
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator("/var/state/snapshots", none)) {
      if (file.path().extension() != ".json") continue;
      EXPECT_FALSE(json::parse(read_file(file.path()), nullptr, false).is_discarded())
          << "torn: " << file.path();
    }
    EXPECT_TRUE(chain.to_running()) << chain.about();
  }
  EXPECT_EQ(::umount("/var"), 0) << std::strerror(errno);
}

INSTANTIATE_TEST_SUITE_P(After, PowerCut, testing::Range(0, 16));

}  // namespace
}  // namespace standstill::hil
