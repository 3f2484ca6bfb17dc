// Dates, reports and the recovery procedure.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "record/calendar.hpp"
#include "record/recovery_checklist.hpp"
#include "record/reports.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using nlohmann::json;
using test::Scratch;

constexpr std::int64_t noon = 1'769'860'800'000'000'000;  // 2026-01-31T12:00:00Z

TEST(Calendar, FileDates) {
  EXPECT_EQ(file_date(noon), "20260131_120000");
  EXPECT_EQ(file_date(noon + 999'999'999), "20260131_120000");
  EXPECT_EQ(file_date(-5), "19700101_000000");
  EXPECT_EQ(parse_file_date("20260131_120000"), noon / ns_per_s);
  EXPECT_EQ(parse_file_date("20240229_235959"), 1'709'251'199);
  for (const char* bad : {"", "20260229_000000", "20261301_000000", "20260131 120000", "20260131_240000",
                          "2026-131_120000", "20260131_1200000", "+0260131_120000"})
    EXPECT_FALSE(parse_file_date(bad)) << bad;
}

TEST(Calendar, Since) {
  EXPECT_EQ(parse_since("90s", noon), noon - 90 * ns_per_s);
  EXPECT_EQ(parse_since("2h", noon), noon - 7200 * ns_per_s);
  EXPECT_EQ(parse_since("3d", noon), noon - 3 * ns_per_day);
  for (const char* same : {"2026-01-31T12:00", "2026-01-31 12:00:00", "2026-01-31T12:00:00.250Z"})
    EXPECT_EQ(parse_since(same, 0), noon) << same;
  EXPECT_EQ(parse_since("2026-01-31", 0), noon - 12 * 3600 * ns_per_s);
  for (const char* bad : {"", "h", "2w", "-1h", "yesterday", "2026-01-32", "2026-01-31T", "2026-01-31Tx",
                          "2026-01-31T1:00", "2026-01-31T12:00:00.x", "99999999999s"})
    EXPECT_FALSE(parse_since(bad, noon)) << bad;
}

TEST(Reports, WrittenListedAndRead) {
  Scratch dir;
  EXPECT_TRUE(list_reports(dir.path())->empty());
  const auto first = write_report(dir.path(), ReportKind::prooftest, "track-power", noon, true, {{"ms", 4}});
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(first->path, dir / "reports/prooftest_20260131_120000_track-power.json");
  ASSERT_TRUE(write_report(dir.path(), ReportKind::prooftest, "track-power", noon, false, {{"ms", 5}}));
  ASSERT_TRUE(write_report(dir.path(), ReportKind::prooftest, "track-power", noon + ns_per_day / 2, false,
                           {{"ms", 6}}));
  ASSERT_TRUE(
      write_report(dir.path(), ReportKind::drill, "../lay out", noon + ns_per_s, false, json::object()));
  std::ofstream(dir / "reports/prooftest_20260201_120000_track-power.json") << "torn";
  const auto all = list_reports(dir.path(), ReportKind::prooftest, "track-power");
  ASSERT_EQ(all->size(), 4U);
  EXPECT_EQ((*all)[2].copy, 2U);
  EXPECT_EQ(list_reports(dir.path())->size(), 5U);
  EXPECT_EQ((*list_reports(dir.path(), ReportKind::drill))[0].subject, "..-lay-out");
  const auto body = load_report(dir.path(), first->id);
  ASSERT_TRUE(body) << body.error();
  EXPECT_EQ(*body, json({{"ms", 4},
                         {"kind", "prooftest"},
                         {"subject", "track-power"},
                         {"passed", true},
                         {"at", "2026-01-31T12:00:00.000Z"}}));
  EXPECT_EQ(last_passed(dir.path(), ReportKind::prooftest, "track-power"),
            noon);  // the torn and the failed do not count
  EXPECT_EQ(last_passed(dir.path(), ReportKind::prooftest, "track power"), 0);
  EXPECT_FALSE(load_report(dir.path(), "../operators"));
  EXPECT_FALSE(load_report(dir.path(), "drill_20260131_120000_a/../../b"));
  EXPECT_FALSE(write_report(dir.path(), ReportKind::drill, "x", noon, true, json::array()));
}

TEST(Reports, WhenTheNextProofTestIsDue) {
  const auto fresh = proof_test_due(noon, 0, 30, noon);
  EXPECT_FALSE(fresh.overdue);
  EXPECT_EQ(fresh.days, 30);
  EXPECT_FALSE(proof_test_due(noon, 0, 30, noon + 30 * ns_per_day - 1).overdue);
  EXPECT_TRUE(proof_test_due(noon, 0, 30, noon + 30 * ns_per_day).overdue);
  EXPECT_TRUE(proof_test_due(0, 0, 30, noon).overdue);
  EXPECT_FALSE(proof_test_due(0, noon, 30, noon + ns_per_day).overdue);
  EXPECT_FALSE(proof_test_due(0, 0, 0, noon).overdue);
  const auto doubtful = proof_test_due(noon, 0, 30, noon - 2 * ns_per_day);
  EXPECT_TRUE(doubtful.clock_doubtful && doubtful.overdue);
}

ChecklistPlant club() {
  ChecklistPlant plant;
  plant.site = "club-layout";
  plant.state = "tripped";
  plant.epoch = 7;
  plant.cause = "layout lost: the connection ended without a goodbye";
  plant.snapshot_id = "emergency_20260131_120000_e7";
  plant.outputs = {{"track-power", "gpio", "safe", "confirmed", "read-back line 27 low"},
                   {"mains", "http", "safe", "none", ""},
                   {"siren", "gpio", "safe", "failed", "read-back"}};
  plant.links = {{"layout", "rocrail", "lost", "127.0.0.1:8051", true}};
  plant.blockers = {"layout is lost"};
  return plant;
}

TEST(Checklist, TheOrderCannotBeWrong) {
  const auto list = recovery_checklist(club(), json{});
  ASSERT_EQ(list.steps.size(), 6U);
  const std::vector<std::string> words{"power is off", "fell silent", "Compare",
                                       "Acknowledge",  "Reset",       "Start"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(list.steps[i].number, static_cast<int>(i) + 1);
    EXPECT_NE(list.steps[i].title.find(words[i]), std::string::npos) << list.steps[i].title;
  }
  EXPECT_EQ(list.steps[5].command, "standstill start --epoch 7 --operator NAME");
}

// Only a read-back makes a position of an output "measured"; what nobody measured asks for eyes.
TEST(Checklist, MeasuredBelievedAndUnknownAreToldApart) {
  auto plant = club();
  const auto items = recovery_checklist(plant, json{}).steps[0].items;
  EXPECT_EQ(items[0].known, Known::measured);
  EXPECT_FALSE(items[0].needs_attention);
  EXPECT_EQ(items[1].known, Known::believed);
  EXPECT_TRUE(items[1].needs_attention);
  EXPECT_TRUE(items[2].needs_attention);
  EXPECT_NE(items[2].system_says.find("NOT effective"), std::string::npos);
  plant.outputs[0].commanded = "run";  // confirmed to run is not safe
  EXPECT_TRUE(recovery_checklist(plant, json{}).steps[0].items[0].needs_attention);
  plant.outputs.clear();
  EXPECT_TRUE(recovery_checklist(plant, json{}).steps[0].items[0].needs_attention);
}

TEST(Checklist, EveryTrainWithBlockAndSpeedAtTheTrip) {
  const json snapshot{
      {"epoch", 6},
      {"locomotives",
       {{{"id", "BR01"}, {"speed", 40}, {"block", "bk1"}, {"destblock", "bk2"}, {"direction", true}},
        {{"id", "V100"}, {"speed", 0}, {"block", "bk3"}, {"direction", false}},
        {{"id", 5}, {"speed", nullptr}},
        "rubbish"}}};
  auto plant = club();
  plant.compared = true;
  plant.differences = {{"sw", "sw1", "state", "straight", "turnout", "Set it back by hand."}};
  const auto list = recovery_checklist(plant, snapshot);
  const auto& items = list.steps[2].items;
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0].system_says, "at the trip: block bk1, on its way to bk2, speed 40, forward");
  EXPECT_TRUE(items[0].needs_attention);
  EXPECT_EQ(items[1].system_says, "at the trip: block bk3, speed 0, backward");
  EXPECT_FALSE(items[1].needs_attention);
  EXPECT_EQ(items[2].known, Known::unknown);
  EXPECT_NE(items[2].system_says.find("speed not known"), std::string::npos);
  EXPECT_NE(items[4].text.find("sw sw1, state: the snapshot says straight"), std::string::npos);
  EXPECT_NE(to_text(list).find("this snapshot is of epoch 6, the plant is in epoch"), std::string::npos);
}

TEST(Checklist, AnyDocumentMakesAPageOfTheWidthAsked) {
  for (const json& odd :
       {json{}, json(5), json::array({1}), json{{"locomotives", 3}}, json{{"locomotives", {nullptr}}},
        json{{"model", nullptr}}, json{{"epoch", {1}}, {"age_ms", 1.5}}}) {
    const auto list = recovery_checklist({}, odd);
    std::istringstream page(to_text(list, 60));
    for (std::string line; std::getline(page, line);)
      EXPECT_LE(line.size(), 66U) << line;  // the signature line is 66
    EXPECT_NE(to_text(list).find("UNKNOWN"), std::string::npos);
    EXPECT_EQ(to_json(list)["steps"].size(), 6U);
  }
}

}  // namespace
}  // namespace standstill::record
