// The latch on disk: whatever breaks while it is written, the state found afterwards is the previous one or
// the new one.
#include "guard/latch_store.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "os/clock.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::guard {
namespace {

LatchRecord record(Epoch epoch, LatchState state) {
  return {epoch,
          state,
          epoch % 2 == 0,
          {CauseCode::link_lost, true, "layout", "the connection ended", instant_from_ns(5), 6}};
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class LatchStoreTest : public testing::Test {
 protected:
  test::TemporaryFolder folder;
  const std::string path = folder / "latch";
};

TEST_F(LatchStoreTest, AFreshFolderHasNoRecord) {
  LatchStore store(path);
  EXPECT_FALSE(store.found());
  EXPECT_EQ(store.trouble(), "");
  EXPECT_EQ(read_file(path).size(), 2 * slot_bytes) << "room is taken before anything needs it";
}

TEST_F(LatchStoreTest, S3_WhatWasWrittenIsFound) {
  ASSERT_TRUE(LatchStore(path).write_now(record(41, LatchState::tripped)));
  const LatchStore again(path);
  ASSERT_TRUE(again.found());
  EXPECT_EQ(again.found()->epoch, 41U);
  EXPECT_EQ(again.found()->state, LatchState::tripped);
  EXPECT_EQ(again.found()->first_out.code, CauseCode::link_lost);
  EXPECT_EQ(again.found()->first_out.detail.view(), "the connection ended");
}

TEST_F(LatchStoreTest, TheNewerOfTwoCountsInWhicheverSlotItLies) {
  for (Epoch epoch = 1; epoch <= 5; ++epoch) {
    ASSERT_TRUE(LatchStore(path).write_now(record(epoch, LatchState::ready)));
    EXPECT_EQ(LatchStore(path).found()->epoch, epoch);
  }
  // By hand: the higher counter lies in the first slot, then in the second.
  for (const std::size_t newer : {0U, 1U}) {
    std::string bytes(2 * slot_bytes, '\0');
    const Slot high = make_slot(record(9, LatchState::tripped), 1000),
               low = make_slot(record(8, LatchState::running), 999);
    std::memcpy(bytes.data() + newer * slot_bytes, &high, sizeof high);
    std::memcpy(bytes.data() + (1 - newer) * slot_bytes, &low, sizeof low);
    write_file(path, bytes);
    EXPECT_EQ(LatchStore(path).found()->epoch, 9U);
  }
}

// A write goes to one slot. Power may fail after any byte of it, and disks write sectors in any order.
TEST_F(LatchStoreTest, S3_ATornWriteLeavesThePreviousOrTheNewState) {
  for (Epoch epoch = 1; epoch <= 4; ++epoch) {
    const auto state = epoch % 2 == 0 ? LatchState::running : LatchState::tripped;
    const std::string before = read_file(path);
    ASSERT_TRUE(LatchStore(path).write_now(record(epoch, state)));
    const std::string after = read_file(path);
    const std::string base = before.empty() ? std::string(after.size(), '\0') : before;
    const auto check = [&](const std::string& torn, const std::string& where) {
      write_file(path, torn);
      const LatchStore store(path);
      const Epoch found = store.found() ? store.found()->epoch : 0;
      ASSERT_TRUE(found == epoch || found == epoch - 1) << where << ": " << found;
      ASSERT_TRUE(found != epoch || store.found()->state == state) << where;
    };
    for (std::size_t half = 0; half < 2; ++half)
      for (std::size_t byte = 0; byte <= sizeof(Slot); ++byte) {
        std::string torn = base;  // the first `byte` bytes of each slot are new
        const std::size_t from = half * slot_bytes;
        torn.replace(from, byte, after.substr(from, byte));
        check(torn, "first bytes: " + std::to_string(byte));
        torn = after;  // and the other way round: the last ones arrived first
        torn.replace(from, byte, base.substr(from, byte));
        if (half == (after.substr(slot_bytes) == base.substr(slot_bytes) ? 0U : 1U))
          check(torn, "last bytes: " + std::to_string(byte));
      }
    write_file(path, after);
  }
}

TEST_F(LatchStoreTest, S3_SpoiltBytesNeverBecomeAState) {
  ASSERT_TRUE(LatchStore(path).write_now(record(1, LatchState::tripped)));
  ASSERT_TRUE(LatchStore(path).write_now(record(2, LatchState::ready)));
  const std::string good = read_file(path);
  EXPECT_TRUE(rc::check("a flipped bit costs a slot at most", [&] {
    std::string bad = good;
    const auto at =
        *rc::gen::inRange<std::size_t>(0, sizeof(Slot)) + *rc::gen::element<std::size_t>(0, slot_bytes);
    bad[at] = static_cast<char>(bad[at] ^ 1 << *rc::gen::inRange(0, 8));
    write_file(path, bad);
    const LatchStore store(path);
    RC_ASSERT(store.found().has_value());
    const bool known = (store.found()->epoch == 1 && store.found()->state == LatchState::tripped) ||
                       (store.found()->epoch == 2 && store.found()->state == LatchState::ready);
    RC_ASSERT(known);
  }));
}

TEST_F(LatchStoreTest, S3_ASealedSlotWithAStateThatDoesNotExistIsNotWhole) {
  EXPECT_TRUE(whole(make_slot(record(1, LatchState::running), 1)));
  EXPECT_FALSE(whole(make_slot(record(1, static_cast<LatchState>(3)), 1)));
}

TEST_F(LatchStoreTest, AShortOrForeignFileIsNoRecord) {
  for (const std::size_t length : {0U, 1U, 100U, 4096U, 5000U}) {
    write_file(path, std::string(length, 'x'));
    const LatchStore store(path);
    EXPECT_FALSE(store.found()) << length;
    EXPECT_EQ(store.trouble(), "");
  }
}

TEST_F(LatchStoreTest, AFolderThatIsNotThereIsTroubleAndNothingIsWritten) {
  LatchStore store(folder / "missing/latch");
  EXPECT_FALSE(store.found());
  EXPECT_NE(store.trouble().find("missing/latch"), std::string::npos);
  EXPECT_FALSE(store.write_now(record(1, LatchState::running)));
}

class Writer : public LatchStoreTest {
 protected:
  // The writer's thread is detached and lives as long as its store: for ever.
  LatchStore& store = *new LatchStore(path);
  const int notify = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);  // not closed: the thread may still write to it

  void SetUp() override { ASSERT_TRUE(store.start_writer(notify)); }
  bool until(const std::function<bool()>& condition) {
    for (const Instant end = os::now() + 10s; os::now() < end; std::this_thread::sleep_for(1ms))
      if (condition()) return true;
    return false;
  }
};

TEST_F(Writer, WritesTheNewestAndSaysSo) {
  EXPECT_EQ(store.written(), 0U);
  std::uint64_t ticket = 0;
  for (Epoch epoch = 1; epoch <= 200; ++epoch) {
    const std::uint64_t next = store.submit(record(epoch, LatchState::tripped));
    EXPECT_GT(next, ticket);
    ticket = next;
  }
  EXPECT_TRUE(until([&] { return store.written() == ticket; }));
  EXPECT_EQ(store.tried(), ticket);
  std::uint64_t told = 0;
  EXPECT_EQ(read(notify, &told, sizeof told), static_cast<ssize_t>(sizeof told)) << "nobody was told";
  EXPECT_EQ(LatchStore(path).found()->epoch, 200U);
}

TEST_F(Writer, ATicketThatIsWrittenIsOnDisk) {
  for (Epoch epoch = 1; epoch <= 30; ++epoch) {
    const std::uint64_t ticket = store.submit(record(epoch, LatchState::running));
    ASSERT_TRUE(until([&] { return store.written() >= ticket; }));
    ASSERT_EQ(LatchStore(path).found()->epoch, epoch);
  }
}

}  // namespace
}  // namespace standstill::guard
