// Whoever applies every change to a copy has what a new export says: on what a real server sent.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "plant/layout/export.hpp"
#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array lists{"locomotives", "blocks", "switches", "signals", "routes", "feedbacks", "outputs"};
constexpr std::array values{"clock", "power", "automatic"};

struct Follower {
  Json state = export_state(Model{}, 0, Detail::typed);
  Model known;
  int reloads = 0, changes = 0;

  void follow(const Model& now) {
    const Json changed = export_changes(known, now);
    known = now;
    if (changed.is_null()) {
      state = export_state(now, 0, Detail::typed);
      ++reloads;
      return;
    }
    for (const auto& [key, value] : changed.items()) {
      ++changes;
      if (!value.is_array() || key == "texts") {
        state[key] = value;
        continue;
      }
      for (const auto& object : value)
        for (auto& mine : state[key])
          if (mine["id"] == object["id"]) mine = object;
    }
  }
};

void follow_recording(std::string_view recording, std::size_t step) {
  Play play;
  Follower follower;
  const std::string stream(recordings::from_server(recording));
  for (std::size_t at = 0; at < stream.size(); at += step) {
    play.play(std::string_view(stream).substr(at, step));
    follower.follow(play.session.model());
    const Json whole = export_state(play.session.model(), 0, Detail::typed);
    for (const char* list : lists)
      ASSERT_EQ(follower.state[list], whole[list]) << recording << " " << list << " at byte " << at;
    for (const char* value : values)
      ASSERT_EQ(follower.state[value], whole[value]) << recording << " " << value << " at byte " << at;
  }
  EXPECT_GT(follower.changes, 0);
  EXPECT_LT(follower.reloads, 20) << "a change is told as one";
}

TEST(LayoutChanges, AddUpToTheWhole) {
  follow_recording("03-session-commands-A", 400);
  follow_recording("03-session-commands-A", 4000);
}

TEST(LayoutChanges, ATrainThatLeavesABlockIsAChangeOfTheBlock) {
  Play play;
  play.play(recordings::from_server("03-session-commands-A"));
  const Model before = play.session.model();
  EXPECT_EQ(export_changes(before, before), Json::object());
  play.say(R"(<lc id="BR01" blockid="bk3" V="20"/>)");
  const Json changed = export_changes(before, play.session.model());
  EXPECT_EQ(changed["locomotives"].size(), 1U);
  EXPECT_EQ(changed["locomotives"][0]["block"], "bk3");
  std::set<std::string> blocks;
  for (const auto& block : changed["blocks"]) blocks.insert(block["id"]);
  EXPECT_EQ(blocks, (std::set<std::string>{"bk2", "bk3"})) << changed.dump();
  EXPECT_FALSE(changed.contains("switches"));
}

TEST(LayoutChanges, AnotherPlanIsNoChange) {
  Play play;
  play.play(recordings::from_server("03-session-commands-A"));
  EXPECT_TRUE(export_changes(Model{}, play.session.model()).is_null());
}

}  // namespace
}  // namespace standstill::layout
