#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "disk_spy.hpp"
#include "record/snapshot.hpp"
#include "record/whole_file.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using json = nlohmann::ordered_json;
using test::Scratch;

constexpr std::int64_t noon = 1'769'860'800'000'000'000;  // 2026-01-31T12:00:00Z, by `date -u -d @1769860800`

auto put(const std::filesystem::path& state_dir, SnapshotKind kind, std::uint32_t epoch, std::int64_t wall_ns,
         const json& document) {
  const std::string text = document.dump(1, ' ', false, json::error_handler_t::replace);
  return write_snapshot(state_dir, kind, epoch, wall_ns, [&](const Sink& sink) {
    for (std::size_t at = 0; at < text.size(); at += 1000) sink(std::string_view(text).substr(at, 1000));
  });
}

auto whole(const std::filesystem::path& state_dir, std::string_view id) {
  return load_snapshot_outline(state_dir, id, [](int, std::string_view) { return true; });
}

TEST(Snapshot, NamesAreTheContracts) {
  Scratch dir;
  const auto first = put(dir.path(), SnapshotKind::emergency, 7, noon, {{"epoch", 7}});
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(first->path, dir / "snapshots/emergency_20260131_120000_e7.json");
  EXPECT_EQ(put(dir.path(), SnapshotKind::emergency, 7, noon, 2)->id, "emergency_20260131_120000_e7_2");
  EXPECT_EQ(put(dir.path(), SnapshotKind::emergency, 7, noon, 3)->id, "emergency_20260131_120000_e7_3");
  EXPECT_EQ(put(dir.path(), SnapshotKind::manual, 7, noon, 4)->id, "manual_20260131_120000_e7");
  EXPECT_EQ(whole(dir.path(), first->id), json({{"epoch", 7}}));  // the first was not overwritten
  EXPECT_EQ(list_snapshots(dir.path())->size(), 4U);
}

TEST(Snapshot, BadTextAndNumbersStillMakeAFile) {
  Scratch dir;
  const auto entry = put(dir.path(), SnapshotKind::manual, 0, noon,
                         {{"name", "caf\xE9"}, {"speed", std::numeric_limits<double>::quiet_NaN()}});
  ASSERT_TRUE(entry);
  const auto back = whole(dir.path(), entry->id);
  ASSERT_TRUE(back) << back.error();
  EXPECT_TRUE((*back)["speed"].is_null());
}

// S13: content on the disk before the name is, and the name before anybody is told.
TEST(Snapshot, S13_SyncThenRenameThenSyncOfTheFolder) {
  Scratch dir;
  ASSERT_TRUE(ensure_folder(dir / "snapshots", 0750));
  test::DiskSpy spy;
  ASSERT_TRUE(put(dir.path(), SnapshotKind::emergency, 7, noon, {}));
  const auto calls = spy.calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_TRUE(calls[0].starts_with("fsync .emergency_20260131_120000_e7.json.unfinished-")) << calls[0];
  EXPECT_EQ(calls[1], "rename emergency_20260131_120000_e7.json");
  EXPECT_EQ(calls[2], "fsync snapshots");
}

TEST(Snapshot, AFailedSyncLeavesNothingBehind) {
  Scratch dir;
  ASSERT_TRUE(ensure_folder(dir / "snapshots", 0750));
  test::DiskSpy spy;
  spy.fail_sync(EIO);
  const auto entry = put(dir.path(), SnapshotKind::emergency, 7, noon, {});
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().find("emergency_20260131_120000_e7.json"), std::string::npos) << entry.error();
  EXPECT_TRUE(std::filesystem::is_empty(dir / "snapshots"));
}

TEST(Snapshot, AFullDiskLeavesNothingBehind) {
  test::SmallDisk disk("256k");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a tmpfs";
  const auto entry = put(disk.path(), SnapshotKind::emergency, 1, noon, std::string(1 << 20, 'x'));
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().find("free some space"), std::string::npos) << entry.error();
  EXPECT_TRUE(std::filesystem::is_empty(disk.path() / "snapshots"));
  EXPECT_TRUE(put(disk.path(), SnapshotKind::emergency, 1, noon, "small"));
}

// S13: killed at any moment while writing, only whole files are to be seen, and the leftovers go with the
// next one.
TEST(Snapshot, S13_KilledAtRandomIsWholeOrAbsent) {
  Scratch dir;
  json document;
  for (int i = 0; i < 20'000; ++i) document["blocks"].push_back({{"id", i}, {"occupied", true}});
  std::mt19937 random(7);
  for (int round = 0; round < 25; ++round) {
    const pid_t pid = test::child([&] {
      for (std::uint32_t i = 0;; ++i)
        (void)put(dir.path(), SnapshotKind::emergency, i, noon + round * 1'000'000'000LL, document);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    const auto entries = list_snapshots(dir.path());
    ASSERT_TRUE(entries);
    for (const auto& entry : *entries) {
      ASSERT_EQ(whole(dir.path(), entry.id), document) << entry.id;
      std::filesystem::remove(entry.path);
    }
  }
  ASSERT_TRUE(put(dir.path(), SnapshotKind::manual, 0, noon, {}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir / "snapshots"), {}), 1);
}

TEST(Snapshot, IsServedInOneLineAndLoadedAsFarAsItIsWanted) {
  Scratch dir;
  const json document{
      {"blocks",
       {{{"id", "a \"b\\\\\" : c"}, {"attributes", {{"x", " y "}}}, {"nested", {{{"element", "fundef"}}}}},
        {{"id", "attributes"}}}},
      {"metadata", {{"show name", "two  spaces, {\t}"}}}};
  const auto entry = put(dir.path(), SnapshotKind::manual, 0, noon, document);
  ASSERT_TRUE(entry);
  EXPECT_EQ(snapshot_text(dir.path(), entry->id), document.dump());
  json outline = document;
  outline["blocks"][0].erase("attributes");
  outline["blocks"][0].erase("nested");
  outline.erase("metadata");
  const auto loaded = load_snapshot_outline(dir.path(), entry->id, [](int depth, std::string_view name) {
    return (depth == 1 && name == "blocks") || (depth == 3 && name == "id");
  });
  EXPECT_EQ(loaded, outline);
  std::ofstream(entry->path) << R"({"blocks":[)";
  EXPECT_NE(snapshot_text(dir.path(), entry->id).error().find("is not JSON any more"), std::string::npos);
  EXPECT_NE(whole(dir.path(), entry->id).error().find("is not JSON"), std::string::npos);
}

TEST(Snapshot, AnIdNeverLeavesTheFolder) {
  Scratch dir;
  std::ofstream(dir / "operators") << "{}";
  std::ofstream(dir / "secret.json") << "{}";
  ASSERT_TRUE(put(dir.path(), SnapshotKind::emergency, 7, noon, {}));
  for (const char* id :
       {"../secret", "../secret.json", "../operators", "/etc/passwd", "", ".", "..", "emergency_",
        "emergency_20260131_120000_e7/../../secret", "emergency_20260131_120000_e7_1",
        "emergency_20260131_120000_e07", "emergency_20260231_120000_e7",
        "emergency_20260131_120000_e99999999999", "emergency_20260131_120000_e7_",
        "Emergency_20260131_120000_e7", "emergency_20260131_250000_e7"})
    EXPECT_FALSE(whole(dir.path(), id)) << id;
  EXPECT_FALSE(whole(dir.path(), std::string_view("emergency_20260131_120000_e7\0", 29)));
  EXPECT_TRUE(whole(dir.path(), "emergency_20260131_120000_e7"));
  EXPECT_TRUE(whole(dir.path(), "emergency_20260131_120000_e7.json"));
  EXPECT_TRUE(whole(dir.path(), "latest"));
}

TEST(Snapshot, TheCommandLineMayNameFiles) {
  Scratch dir;
  std::ofstream(dir / "mine.json") << R"({"a":1})";
  std::ofstream(dir / "bad.json") << R"({"a":)";
  EXPECT_EQ(load_snapshot_or_file(dir.path(), (dir / "mine.json").string()), nlohmann::json({{"a", 1}}));
  const auto bad = load_snapshot_or_file(dir.path(), (dir / "bad.json").string());
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().find("bad.json is not JSON"), std::string::npos);
  EXPECT_FALSE(load_snapshot_or_file(dir.path(), dir.path().string()));
  EXPECT_FALSE(load_snapshot_or_file(dir.path(), "/dev/zero"));
  const auto none = load_snapshot_or_file(dir.path(), "nothing");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().find("snapshot list"), std::string::npos);
  EXPECT_FALSE(load_snapshot_or_file(dir.path(), "latest"));
}

TEST(Snapshot, ExportIsACopyAndOverwritesNothing) {
  Scratch dir;
  const auto entry = put(dir.path(), SnapshotKind::emergency, 7, noon, {{"a", 1}});
  const auto file = export_snapshot(dir.path(), entry->id, dir.path());
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(*file, dir / "emergency_20260131_120000_e7.json");
  EXPECT_EQ(read_whole(*file, 1000)->size(), entry->bytes);
  EXPECT_FALSE(export_snapshot(dir.path(), entry->id, dir.path()));
}

TEST(Snapshot, PruningKeepsTheNewestByEpochAndByDate) {
  Scratch dir;
  for (std::uint32_t i = 1; i <= 120; ++i)
    ASSERT_TRUE(put(dir.path(), SnapshotKind::emergency, i, noon + i * 1'000'000'000LL, i));
  // a machine that lost its clock: the newest epoch of all, dated 1970
  const auto newest = put(dir.path(), SnapshotKind::emergency, 121, 0, 121);
  std::ofstream(dir / "snapshots/notes.json") << "mine";
  EXPECT_EQ(prune_snapshots(dir.path(), 0), 70U);  // 0 means the 50 that never go, in either order
  const auto left = list_snapshots(dir.path());
  ASSERT_EQ(left->size(), 51U);
  EXPECT_EQ(left->front().id, newest->id);
  EXPECT_EQ(left->back().epoch, 71U);  // number 51 by epoch, 50 by date
  EXPECT_TRUE(std::filesystem::exists(dir / "snapshots/notes.json"));
}

}  // namespace
}  // namespace standstill::record
