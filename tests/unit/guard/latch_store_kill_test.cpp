// The latch on disk against a real SIGKILL and a really full disk.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "guard/latch_store.hpp"
#include "os/clock.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::guard {
namespace {

TEST(LatchStoreKill, S3_AKillAtAnyInstantLeavesAWholeRecordThatIsNotOlderThanWhatWasConfirmed) {
  test::TemporaryFolder folder;
  const std::string path = folder / "latch";
  auto* confirmed = static_cast<std::atomic<Epoch>*>(
      mmap(nullptr, sizeof(std::atomic<Epoch>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(confirmed, MAP_FAILED);
  std::mt19937 random(20260131);
  Epoch last = 0;
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      LatchStore store(path);
      for (Epoch epoch = last + 1; epoch <= last + 300; ++epoch) {
        if (!store.write_now({epoch, epoch % 2 == 0 ? LatchState::running : LatchState::tripped, false, {}}))
          break;
        confirmed->store(epoch);
      }
      _exit(0);
    }
    ASSERT_GT(child, 0);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 15000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const LatchStore store(path);
    if (confirmed->load() == 0 && !store.found()) continue;  // killed before its first write was through
    ASSERT_TRUE(store.found()) << "round " << round;
    const Epoch found = store.found()->epoch;
    // Confirmed may lag one behind: the child died between the write and the word about it.
    ASSERT_TRUE(found == confirmed->load() || found == confirmed->load() + 1)
        << found << " and " << confirmed->load();
    ASSERT_EQ(store.found()->state, found % 2 == 0 ? LatchState::running : LatchState::tripped);
    last = found;
    confirmed->store(found);
  }
  EXPECT_GT(last, 0U) << "the children never came to write";
  munmap(confirmed, sizeof *confirmed);
}

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
      GTEST_SKIP() << "needs the right to mount a small tmpfs";
    mounted = true;
  }
  void TearDown() override {
    if (mounted) umount2(folder.path().c_str(), MNT_DETACH);
  }
  void fill() const {
    std::ofstream hog(folder / "hog", std::ios::binary);
    const std::string block(4096, 'x');
    while (hog.write(block.data(), 4096).flush()) {
    }
  }
  test::TemporaryFolder folder;
  bool mounted = false;
};

TEST_F(FullDisk, S3_AnExistingLatchIsWrittenOnAFullDisk) {
  ASSERT_TRUE(LatchStore(folder / "latch").write_now({1, LatchState::running, false, {}}));
  fill();
  LatchStore store(folder / "latch");
  EXPECT_EQ(store.trouble(), "") << "its room was taken when it was made";
  EXPECT_TRUE(store.write_now({2, LatchState::tripped, false, {}}));
  EXPECT_EQ(LatchStore(folder / "latch").found()->epoch, 2U);
}

TEST_F(FullDisk, S3_ANewLatchThatFindsNoRoomIsTroubleAndRefusesToWrite) {
  fill();
  LatchStore store(folder / "latch");
  EXPECT_NE(store.trouble().find("no room"), std::string::npos) << store.trouble();
  EXPECT_FALSE(store.found());
  EXPECT_FALSE(store.write_now({1, LatchState::running, false, {}}));
}

TEST_F(FullDisk, S3_AReadOnlyDiskIsStillRead) {
  ASSERT_TRUE(LatchStore(folder / "latch").write_now({7, LatchState::tripped, false, {}}));
  ASSERT_EQ(mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  LatchStore store(folder / "latch");
  EXPECT_NE(store.trouble(), "");
  ASSERT_TRUE(store.found());
  EXPECT_EQ(store.found()->epoch, 7U);
  EXPECT_FALSE(store.write_now({8, LatchState::ready, false, {}}));
}

// The file is punched so that its preallocated room is gone, as on a file system that copies on write.
TEST_F(FullDisk, S3_AWriteThatFailedIsTriedAgainUntilItSucceeds) {
  auto& store = *new LatchStore(folder / "latch");  // its thread lives for ever
  ASSERT_EQ(store.trouble(), "");
  ASSERT_EQ(truncate((folder / "latch").c_str(), 0), 0);
  fill();
  const int notify = eventfd(0, EFD_CLOEXEC);
  ASSERT_TRUE(store.start_writer(notify));
  const std::uint64_t ticket = store.submit({5, LatchState::tripped, false, {}});
  std::uint64_t told = 0;
  ASSERT_EQ(read(notify, &told, sizeof told), static_cast<ssize_t>(sizeof told));
  EXPECT_EQ(store.tried(), ticket);
  EXPECT_LT(store.written(), ticket) << "a full disk took it";
  ASSERT_EQ(unlink((folder / "hog").c_str()), 0);
  for (const Instant end = os::now() + 10s; store.written() < ticket && os::now() < end;)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(store.written(), ticket) << "the trip was given up";
  EXPECT_EQ(LatchStore(folder / "latch").found()->epoch, 5U);
}

}  // namespace
}  // namespace standstill::guard
