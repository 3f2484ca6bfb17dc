// Real deaths and real full disks.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "record/journal.hpp"
#include "record/journal_reader.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using test::event;

std::string integrity(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  std::string verdict = "cannot open";
  if (sqlite3_open(file.c_str(), &db) == SQLITE_OK) {
    sqlite3_exec(
        db, "PRAGMA integrity_check",
        [](void* out, int, char** cells, char**) {
          *static_cast<std::string*>(out) = cells[0];
          return 0;
        },
        &verdict, nullptr);
  }
  sqlite3_close(db);
  return verdict;
}

// S13: killed at any moment, every acknowledged event is there, in order, and the file is sound.
TEST(JournalDisk, S13_KilledAtRandomLosesNothingAcknowledged) {
  test::Scratch folder;
  const auto file = folder / "journal.db";
  std::mt19937 random(20261120);
  std::uint64_t acknowledged_in_all = 0;
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t pid = test::child([&] {
      ::close(pipe[0]);
      Recorder::Settings settings;
      settings.file = file;
      settings.on_written = [&](std::uint64_t ticket) {
        [[maybe_unused]] const auto wrote = ::write(pipe[1], &ticket, sizeof ticket);
      };
      Recorder recorder(settings);
      for (std::uint64_t i = 1;; ++i) {
        while (recorder.submit(event("round " + std::to_string(round), std::to_string(i))) == 0)
          std::this_thread::sleep_for(1ms);
        if (i % 7 == 0) std::this_thread::sleep_for(100us);
      }
    });
    ASSERT_GT(pid, 0);
    ::close(pipe[1]);
    // from the first acknowledgement on, at a random moment
    std::uint64_t acknowledged = 0;
    ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    for (std::uint64_t ticket = 0;
         ::read(pipe[0], &ticket, sizeof ticket) == static_cast<ssize_t>(sizeof ticket);)
      acknowledged = ticket;
    ::close(pipe[0]);
    acknowledged_in_all += acknowledged;
    auto reader = JournalReader::open(file);
    ASSERT_TRUE(reader) << reader.error();
    const auto events = reader->read({.kind = "round " + std::to_string(round), .limit = 100'000});
    ASSERT_TRUE(events) << events.error();
    ASSERT_GE(events->size(), acknowledged) << "round " << round;
    for (std::size_t i = 0; i < events->size(); ++i)
      ASSERT_EQ((*events)[i].event.detail, std::to_string(i + 1));
    ASSERT_EQ(integrity(file), "ok");
  }
  EXPECT_GT(acknowledged_in_all, 100U);
}

JournalHealth wait_for(const Recorder& recorder, JournalState state) {
  for (int i = 0; i < 6000 && recorder.health().state != state; ++i) std::this_thread::sleep_for(10ms);
  return recorder.health();
}

TEST(JournalDisk, FullDiskIsDegradedAndWritingResumes) {
  test::SmallDisk disk("1m");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a tmpfs";
  std::uint64_t last = 0;
  {
    Recorder::Settings settings;
    settings.file = disk.path() / "journal.db";
    settings.first_retry = 5ms;
    settings.last_retry = 20ms;
    Recorder recorder(settings);
    ASSERT_TRUE(recorder.wait_written(recorder.submit(event("first")), 60s));
    {
      std::ofstream filler(disk.path() / "filler");
      for (int i = 0; i < 1024; ++i) filler << std::string(1024, 'f') << std::flush;
    }
    for (int i = 0; i < 300; ++i) last = recorder.submit(event("while full", std::string(1000, 'e')));
    const auto health = wait_for(recorder, JournalState::degraded);
    EXPECT_EQ(health.state, JournalState::degraded);
    EXPECT_NE(health.reason.find("full"), std::string::npos) << health.reason;
    EXPECT_GT(health.waiting, 0U);
    std::filesystem::remove(disk.path() / "filler");
    ASSERT_TRUE(recorder.wait_written(last, 60s));
    EXPECT_EQ(wait_for(recorder, JournalState::ok).state, JournalState::ok);
  }
  auto reader = JournalReader::open(disk.path() / "journal.db");
  ASSERT_TRUE(reader) << reader.error();
  EXPECT_EQ(reader->read({.kind = "while full"})->size(), 300U);
  EXPECT_EQ(integrity(disk.path() / "journal.db"), "ok");
}

TEST(JournalDisk, ReadOnlyDiskIsDegradedCanBeReadAndEndsInTime) {
  test::SmallDisk disk("4m");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a tmpfs";
  Recorder::Settings settings;
  settings.file = disk.path() / "journal.db";
  settings.first_retry = 5ms;
  settings.last_retry = 20ms;
  settings.close_within = 200ms;
  {
    Recorder recorder(settings);
    ASSERT_TRUE(recorder.wait_written(recorder.submit(event("first")), 60s));
  }
  if (!disk.read_only(true)) GTEST_SKIP() << "cannot remount";
  {
    Recorder recorder(settings);
    const auto health = wait_for(recorder, JournalState::degraded);
    EXPECT_EQ(health.state, JournalState::degraded);
    EXPECT_NE(health.reason.find("read-only"), std::string::npos) << health.reason;
    EXPECT_FALSE(recorder.wait_written(recorder.submit(event("kept in memory")), 50ms));
    auto reader = JournalReader::open(settings.file);
    ASSERT_TRUE(reader) << reader.error();
    EXPECT_EQ(reader->read({})->size(), 1U);
  }
  ASSERT_TRUE(disk.read_only(false));
  Recorder recorder(settings);
  EXPECT_TRUE(recorder.wait_written(recorder.submit(event("again")), 60s));
}

}  // namespace
}  // namespace standstill::record
