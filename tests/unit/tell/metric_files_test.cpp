// The dashboard and the alert rules name metrics that exist, with labels and values that exist.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "support/places.hpp"
#include "tell/alert.hpp"
#include "tell/metrics.hpp"

namespace standstill::tell {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(test::source_folder() + "/packaging/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> all(const std::string& text, const char* pattern) {
  std::set<std::string> found;
  const std::regex wanted(pattern);
  for (std::sregex_iterator one(text.begin(), text.end(), wanted), end; one != end; ++one)
    found.insert((*one)[1].str());
  return found;
}

std::string everything() {
  MetricsInput input;
  input.version = "1";
  input.state = "running";
  input.links.push_back({"layout", "rocrail", "online", 1, 1s, 1ms, 1ms, 1, {{"crc", 1}}});
  input.outputs.push_back({"track", true, "confirmed"});
  StageTimes times;
  times.observe("commanded", 1ms);
  input.stages = times.all();
  input.alerts.push_back({.id = "slack", .kind = "webhook"});
  return metrics_text(input);
}

TEST(MetricFiles, NameMetricsThatExist) {
  const auto exist = all(everything(), "\n(standstill_[a-z_]+)");
  ASSERT_GT(exist.size(), 20U);
  for (const char* name : {"grafana/standstill.json", "prometheus/standstill.rules.yml"}) {
    const auto named = all(read(name), "(standstill_[a-z_]+)");
    EXPECT_GT(named.size(), 8U) << name;
    for (const auto& metric : named)
      EXPECT_TRUE(exist.contains(metric)) << name << " names " << metric << ", which is no metric";
  }
}

TEST(MetricFiles, TheDashboardIsReadable) {
  const auto board = nlohmann::json::parse(read("grafana/standstill.json"), nullptr, false);
  ASSERT_TRUE(board.is_object());
  std::set<int> ids;
  for (const auto& panel : board.at("panels")) {
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second);
    EXPECT_FALSE(panel.at("targets").empty()) << panel.at("title");
  }
  EXPECT_GT(ids.size(), 10U);
}

}  // namespace
}  // namespace standstill::tell
