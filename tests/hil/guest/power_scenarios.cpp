// Power cuts. `Work` lives through trips and releases on a disk whose writes are logged, and writes down what
// it has seen, behind the file system of the same disk. The host makes disks of that log as power cuts may
// leave them; `NextBoot` starts from each of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

bool is_snapshot(const json& event, std::uint64_t epoch) {
  return event.value("kind", "") == "snapshot" && event.value("code", "") == "written" &&
         event.value("source", "").ends_with("_e" + std::to_string(epoch));
}

// What a next boot must know: the plant's state, and the newest event that the journal has shown, by all that
// tells it from others; it shows what it has written, and nothing else. "snapshot": the one that the journal
// says is written, once it says so. Before that a power cut may take it.
json known_now(const Chain& chain, const char* state) {
  const std::uint64_t epoch = chain.epoch();
  const json journal = chain.journal();
  json known{{"state", state}, {"epoch", epoch}, {"events", journal.size()}};
  if (journal.empty()) return known;
  for (const char* key : {"id", "kind", "boot_ns", "boot_id"}) known["last"][key] = journal.back()[key];
  for (const json& event : journal)
    if (is_snapshot(event, epoch)) known["snapshot"] = event["source"];
  return known;
}

// The very event, and as many before it as there were.
void expect_nothing_lost(const Chain& chain, const json& known) {
  const json& last = known["last"];
  const auto is_last = [&](const json& event) {
    return std::ranges::all_of(last.items(),
                               [&](const auto& item) { return event[item.key()] == item.value(); });
  };
  json journal;
  EXPECT_TRUE(until(
      [&] {
        journal = chain.journal();
        return !journal.empty();
      },
      5s));
  const auto found = std::ranges::find_if(journal, is_last);
  EXPECT_NE(found, journal.end()) << "the journal has lost an event that it had shown: " << known.dump()
                                  << journal.dump(1);
  EXPECT_GE(std::distance(journal.begin(), found) + 1, known["events"].get<std::ptrdiff_t>())
      << "the journal has lost what came before " << last.dump();
}

void expect_snapshots_whole(const json& known) {
  bool there = false;
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator("/var/state/snapshots", none)) {
    if (file.path().extension() != ".json") continue;
    const json plant = json::parse(read_file(file.path()), nullptr, false);
    EXPECT_TRUE(plant.is_object() && plant.contains("timestamp")) << "torn: " << file.path();
    there = there || file.path().stem() == known.value("snapshot", "");
  }
  EXPECT_TRUE(there || !known.contains("snapshot"))
      << "the journal told of it, and it is gone: " << known.dump();
}

TEST(Power, Work) {
  ASSERT_TRUE(until([] { return ::access("/dev/vda", F_OK) == 0; }));
  ASSERT_EQ(::mount("/dev/vda", "/var", "ext4", 0, nullptr), 0) << std::strerror(errno);
  SimChip chip;
  Chain chain(track, "/var/state");
  chain.start_and_wait();
  const auto seen = [&](const char* state) { write_down(known_now(chain, state)); };
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(chain.to_running()) << chain.about();
    ASSERT_TRUE(until([&] { return chip.high(0); }));
    seen("running");
    chain.stop();
    ASSERT_TRUE(until([&] { return chain.is("tripped"); }));
    seen("tripped");
    ASSERT_TRUE(until([&] { return known_now(chain, "tripped").contains("snapshot"); })) << chain.about();
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
    expect_nothing_lost(chain, known);
    expect_snapshots_whole(known);
    EXPECT_TRUE(chain.to_running()) << chain.about();
  }
  EXPECT_EQ(::umount("/var"), 0) << std::strerror(errno);
}

INSTANTIATE_TEST_SUITE_P(After, PowerCut, testing::Range(0, 16));

}  // namespace
}  // namespace standstill::hil
