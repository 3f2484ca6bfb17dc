#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "disk_spy.hpp"
#include "journal_fixture.hpp"
#include "record/event_json.hpp"
#include "record/journal.hpp"
#include "record/journal_reader.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using test::event;
using test::Scratch;

TEST(Journal, KeepsEveryFieldAndTheOrder) {
  Scratch folder;
  std::atomic<std::uint64_t> told{0};
  auto settings = settings_for(folder / "journal.db");
  settings.on_written = [&](std::uint64_t ticket) { told = ticket; };
  {
    Recorder recorder(settings);
    Event whole = event("trip", "the connection ended without a goodbye", 7, 42);
    whole.guard_seq = 18'446'744'073'709'551'615U;
    whole.code = "link_lost";
    whole.source = "layout";
    whole.boot_ns = 123;
    whole.boot_id = "another-boot";
    whole.data = R"({"ms":4})";
    EXPECT_EQ(recorder.submit(whole), 1U);
    EXPECT_EQ(recorder.submit(event("second")), 2U);
    ASSERT_TRUE(recorder.wait_written(2, long_enough));
    EXPECT_EQ(recorder.written_up_to(), 2U);
    EXPECT_EQ(recorder.health().state, JournalState::ok);
    EXPECT_FALSE(recorder.wait_written(3, 1ms));
    EXPECT_FALSE(recorder.wait_written(0, long_enough));
  }
  EXPECT_EQ(told, 2U);
  const auto events = all_of(folder / "journal.db");
  ASSERT_EQ(events.size(), 2U);
  const Event& first = events[0].event;
  EXPECT_EQ(first.kind + first.code + first.source, "triplink_lostlayout");
  EXPECT_EQ(first.detail, "the connection ended without a goodbye");
  EXPECT_EQ(first.guard_seq, 18'446'744'073'709'551'615U);
  EXPECT_EQ(first.epoch, 7U);
  EXPECT_EQ(first.boot_ns, 123);
  EXPECT_EQ(first.wall_ns, 42);
  EXPECT_EQ(first.boot_id, "another-boot");
  EXPECT_EQ(first.data, R"({"ms":4})");
  EXPECT_EQ(events[1].event.boot_id, this_boot_id());
  EXPECT_LT(events[0].id, events[1].id);
}

// S13: an acknowledged event has been fsynced. Needs the spy: killing a process cannot lose what the kernel
// holds.
TEST(Journal, S13_SyncsBeforeItAcknowledges) {
  Scratch folder;
  Recorder recorder(settings_for(folder / "journal.db"));
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("first")), long_enough));
  for (int i = 0; i < 5; ++i) {
    test::DiskSpy spy;
    ASSERT_TRUE(recorder.wait_written(recorder.submit(event("again")), long_enough));
    EXPECT_GE(spy.count("fdatasync journal.db-wal") + spy.count("fsync journal.db-wal"), 1U)
        << "commit " << i;
  }
}

// S13: a disk that fails to sync acknowledges nothing.
TEST(Journal, S13_FailedSyncIsNotAcknowledged) {
  Scratch folder;
  Recorder recorder(settings_for(folder / "journal.db"));
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("first")), long_enough));
  std::uint64_t ticket = 0;
  {
    test::DiskSpy spy;
    spy.fail_sync(EIO);
    ticket = recorder.submit(event("while it fails"));
    for (int i = 0; i < 6000 && recorder.health().state != JournalState::degraded; ++i)
      std::this_thread::sleep_for(10ms);
    const auto health = recorder.health();
    EXPECT_EQ(health.state, JournalState::degraded);
    EXPECT_NE(health.reason.find("journal.db"), std::string::npos) << health.reason;
    EXPECT_EQ(recorder.written_up_to(), ticket - 1);
    spy.fail_sync(0);
  }
  EXPECT_TRUE(recorder.wait_written(ticket, long_enough));
  EXPECT_GE(with_code(all_of(folder / "journal.db"), "journal_recovered"), 1U);
}

TEST(Journal, AsksBySinceEpochKindAndFollows) {
  Scratch folder;
  Recorder recorder(settings_for(folder / "journal.db"));
  for (std::uint32_t i = 1; i <= 20; ++i)
    recorder.submit(event(i % 2 == 0 ? "link" : "trip", "", i / 10, i * 100));
  ASSERT_TRUE(recorder.wait_written(20, long_enough));
  const auto file = folder / "journal.db";
  EXPECT_EQ(all_of(file, {.since_wall_ns = 1500}).size(), 6U);  // at or after
  EXPECT_EQ(all_of(file, {.epoch = 2}).size(), 1U);
  EXPECT_EQ(all_of(file, {.kind = "link"}).size(), 10U);
  EXPECT_EQ(all_of(file, {.since_wall_ns = 1000, .epoch = 1, .kind = "trip"}).size(), 5U);
  auto reader = JournalReader::open(file);
  ASSERT_TRUE(reader);
  const auto newest = reader->read({.limit = 3, .newest = true});
  ASSERT_TRUE(newest && newest->size() == 3U);
  EXPECT_EQ(newest->front().event.wall_ns, 1800);
  EXPECT_EQ(newest->back().event.wall_ns, 2000);
  EXPECT_EQ(reader->last_epoch(), 2U);
  const auto last = reader->last_id();
  ASSERT_TRUE(last);
  EXPECT_TRUE(reader->read({.after_id = *last})->empty());
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("new")), long_enough));
  const auto followed = reader->read({.after_id = *last});
  ASSERT_TRUE(followed && followed->size() == 1U);
  EXPECT_EQ(followed->front().event.kind, "new");
}

// The guard's ring is read again after a restart; a guard that restarted uses the same numbers at other
// times.
TEST(Journal, EventsOfTheGuardsRingAreWrittenOnce) {
  Scratch folder;
  Recorder recorder(settings_for(folder / "journal.db"));
  Event ring = event("latch");
  ring.guard_seq = 5;
  ring.boot_ns = 1000;
  recorder.submit(ring);
  recorder.submit(ring);
  ring.boot_ns = 2000;
  recorder.submit(ring);
  recorder.submit(event("own"));
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("own")), long_enough));
  EXPECT_EQ(all_of(folder / "journal.db").size(), 4U);
}

TEST(Journal, MissingFolderIsDegradedAndHealsItself) {
  Scratch folder;
  std::atomic<int> degraded{0};
  auto settings = settings_for(folder / "later/journal.db");
  settings.on_health = [&](const JournalHealth& health) {
    degraded += health.state == JournalState::degraded;
  };
  Recorder recorder(settings);
  const auto ticket = recorder.submit(event("waits"));
  EXPECT_FALSE(recorder.wait_written(ticket, 50ms));
  EXPECT_EQ(recorder.health().state, JournalState::degraded);
  EXPECT_EQ(recorder.health().waiting, 1U);
  std::filesystem::create_directory(folder / "later");
  EXPECT_TRUE(recorder.wait_written(ticket, long_enough));
  EXPECT_EQ(degraded, 1);
}

TEST(Journal, OverflowIsCountedAndSaidInTheJournal) {
  Scratch folder;
  auto settings = settings_for(folder / "later/journal.db");
  settings.queue_events = 64;
  std::size_t accepted = 0;
  {
    Recorder recorder(settings);
    for (int i = 0; i < 5000; ++i) accepted += recorder.submit(event("flood")) != 0 ? 1U : 0U;
    EXPECT_LT(accepted, 5000U);
    EXPECT_EQ(recorder.health().lost, 5000 - accepted);
    std::filesystem::create_directory(folder / "later");
    ASSERT_TRUE(recorder.wait_written(accepted, long_enough));
  }
  const auto events = all_of(folder / "later/journal.db");
  EXPECT_EQ(
      std::count_if(events.begin(), events.end(), [](const auto& e) { return e.event.kind == "flood"; }),
      static_cast<std::ptrdiff_t>(accepted));
  std::uint64_t told = 0;
  for (const auto& stored : events)
    if (stored.event.code == "journal_lost_events")
      told += nlohmann::json::parse(stored.event.data)["lost"].get<std::uint64_t>();
  EXPECT_EQ(told, 5000 - accepted);
}

// Under TSan this is the race check: writers, readers, health and the recorder at once.
TEST(Journal, ManyThreadsWriteAndReadAtOnce) {
  Scratch folder;
  std::atomic<bool> done{false};
  {
    Recorder recorder(settings_for(folder / "journal.db"));
    ASSERT_TRUE(recorder.wait_written(recorder.submit(event("first")), long_enough));
    std::thread watcher([&] {
      auto reader = JournalReader::open(folder / "journal.db");
      ASSERT_TRUE(reader) << reader.error();
      std::int64_t at = 0;
      while (!done) {
        const auto events = reader->read({.after_id = at});
        ASSERT_TRUE(events) << events.error();
        for (const auto& stored : *events) {
          ASSERT_GT(stored.id, at);
          at = stored.id;
        }
        (void)recorder.health();
      }
    });
    std::vector<std::thread> writers;
    for (int w = 0; w < 3; ++w)
      writers.emplace_back([&, w] {
        for (int i = 0; i < 1000; ++i)
          EXPECT_NE(recorder.submit(event("w" + std::to_string(w), std::to_string(i))), 0U);
      });
    for (auto& writer : writers) writer.join();
    EXPECT_TRUE(recorder.wait_written(3001, long_enough));
    done = true;
    watcher.join();
  }
  for (int w = 0; w < 3; ++w) {
    const auto events = all_of(folder / "journal.db", {.kind = "w" + std::to_string(w)});
    ASSERT_EQ(events.size(), 1000U);
    for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].event.detail, std::to_string(i));
  }
}

TEST(Journal, AnEventIsOneLineAndCleanJson) {
  StoredEvent stored{3, event("trip", "a\nb\x1b[2J\xFF", 7, 0)};
  stored.event.data = "not json";
  const auto line = to_line(stored);
  EXPECT_EQ(line.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_NE(line.find("1970-01-01T00:00:00.000Z"), std::string::npos);
  const auto json = nlohmann::json::parse(dump(to_json(stored)));
  EXPECT_EQ(json["data"], "not json");
  EXPECT_EQ(json["epoch"], 7);
  EXPECT_FALSE(json.contains("guard_seq"));
}

}  // namespace
}  // namespace standstill::record
