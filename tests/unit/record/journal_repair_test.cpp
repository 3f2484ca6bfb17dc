// Files that are damaged, foreign, newer, gone or too large.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "journal_fixture.hpp"
#include "record/calendar.hpp"
#include "record/journal_database.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using test::event;
using test::Scratch;

void run_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(JournalRepair, NoJournalAndForeignFilesAreSentences) {
  Scratch folder;
  const auto none = JournalReader::open(folder / "journal.db");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().find("there is no journal at"), std::string::npos);
  run_sql(folder / "other.db", "CREATE TABLE t(x)");
  EXPECT_FALSE(JournalReader::open(folder / "other.db"));
}

void expect_new_begun(const Scratch& folder, const std::string& reason) {
  {
    Recorder recorder(settings_for(folder / "journal.db"));
    ASSERT_TRUE(recorder.wait_written(recorder.submit(event("after")), long_enough));
    EXPECT_EQ(recorder.health().moved_aside, 1U);
  }
  const auto events = all_of(folder / "journal.db");
  EXPECT_EQ(with_code(events, "journal_moved_aside"), 1U);
  EXPECT_NE(
      std::find_if(events.begin(), events.end(),
                   [&](const StoredEvent& e) { return e.event.detail.find(reason) != std::string::npos; }),
      events.end())
      << events.front().event.detail;
  int aside = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path()))
    if (file.path().filename().string().starts_with("journal.db.corrupt-")) ++aside;
  EXPECT_EQ(aside, 1);
}

TEST(JournalRepair, DamagedFileIsMovedAside) {
  Scratch folder;
  std::ofstream(folder / "journal.db") << std::string(8192, 'x');
  expect_new_begun(folder, "not a database");
}

TEST(JournalRepair, DamageInTheMiddleIsFoundAtOpening) {
  Scratch folder;
  {
    Recorder recorder(settings_for(folder / "journal.db"));
    for (int i = 0; i < 2000; ++i) recorder.submit(event("filler", std::string(100, 'a')));
    ASSERT_TRUE(recorder.wait_written(2000, long_enough));
  }
  std::fstream file(folder / "journal.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 6);
  file << std::string(4096 * 4, '\xEE');
  file.close();
  expect_new_begun(folder, "damaged");
}

TEST(JournalRepair, ForeignAndNewerDatabasesAreKeptAside) {
  Scratch foreign;
  run_sql(foreign / "journal.db", "CREATE TABLE t(x)");
  expect_new_begun(foreign, "another program");
  Scratch newer;
  {
    Recorder recorder(settings_for(newer / "journal.db"));
  }
  run_sql(newer / "journal.db", "PRAGMA user_version=99");
  expect_new_begun(newer, "later version");
}

TEST(JournalRepair, RemovedWhileRunningIsNoticed) {
  Scratch folder;
  Recorder recorder(settings_for(folder / "journal.db"));
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("before")), long_enough));
  for (const char* part : {"", "-wal", "-shm"})
    std::filesystem::remove(folder / (std::string("journal.db") + part));
  ASSERT_TRUE(recorder.wait_written(recorder.submit(event("after")), long_enough));
  const auto events = all_of(folder / "journal.db");
  EXPECT_EQ(with_code(events, "journal_replaced"), 1U);
  EXPECT_EQ(events.front().event.kind, "after");
}

TEST(JournalRepair, PrunesByAgeButNeverTheNewest) {
  Scratch folder;
  JournalDatabase database(folder / "journal.db");
  ASSERT_EQ(database.open(), JournalDatabase::Result::done);
  std::vector<Event> events;
  for (int i = 0; i < 300; ++i)
    events.push_back(event("old", "", 0, i < 200 ? ns_per_day : 500 * ns_per_day));
  ASSERT_EQ(database.write(events), JournalDatabase::Result::done);
  int removed = 0;
  const auto prune = [&](JournalLimits limits, std::int64_t day) {
    int total = 0;
    do {
      EXPECT_EQ(database.prune(limits, day * ns_per_day, 30, removed), JournalDatabase::Result::done);
      total += removed;
    } while (removed > 0);
    return total;
  };
  EXPECT_EQ(prune({.keep_events = 50}, 400), 0);    // day 1 is not yet 400 days ago
  EXPECT_EQ(prune({.keep_events = 250}, 600), 50);  // the newest 250 stay
  EXPECT_EQ(prune({.keep_events = 50}, 600), 150);
  EXPECT_EQ(prune({.keep_events = 50}, 100'000), 50);  // a clock that jumped far ahead
}

TEST(JournalRepair, PrunesBySize) {
  Scratch folder;
  JournalDatabase database(folder / "journal.db");
  ASSERT_EQ(database.open(), JournalDatabase::Result::done);
  for (int i = 0; i < 10; ++i) {
    std::vector<Event> events(500, event("large", std::string(1000, 'a')));
    ASSERT_EQ(database.write(events), JournalDatabase::Result::done);
  }
  int removed = 0;
  do {
    ASSERT_EQ(database.prune({.keep_bytes = 2 << 20}, 0, 500, removed), JournalDatabase::Result::done);
  } while (removed > 0);
  const auto events = all_of(folder / "journal.db");
  EXPECT_LT(events.size(), 2500U);
  EXPECT_GE(events.size(), 1000U);
  EXPECT_EQ(events.back().id, 5000);
}

}  // namespace
}  // namespace standstill::record
