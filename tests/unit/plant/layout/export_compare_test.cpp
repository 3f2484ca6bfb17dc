#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plant/layout/compare.hpp"
#include "plant/layout/export.hpp"
#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

using Json = nlohmann::ordered_json;

Json state_after(std::string_view recording) {
  Play play;
  play.play(recordings::from_server(recording));
  return export_state(play.session.model(), 1.5);
}

const Json& by_id(const Json& list, std::string_view id) {
  for (const auto& object : list)
    if (object["id"] == id) return object;
  throw std::runtime_error("no " + std::string(id));
}

TEST(LayoutExport, has_the_shape_of_a_snapshot) {
  const Json state = state_after("03-session-commands-A");
  EXPECT_EQ(state["timestamp"], 1.5);
  EXPECT_EQ(state["model"]["title"], "Supervisor Test Plan");
  EXPECT_EQ(state["clock"]["hour"], 16);
  EXPECT_EQ(state["clock"]["minute"], 50);
  EXPECT_EQ(state["clock"]["divider"], 1);
  EXPECT_EQ(state["clock"]["freeze"], false);
  EXPECT_EQ(state["power"], false);
  EXPECT_EQ(state["automatic"], false);
  const Json& loco = by_id(state["locomotives"], "BR01");
  EXPECT_EQ(loco["speed"], 0);
  EXPECT_EQ(loco["direction"], false);
  EXPECT_EQ(loco["block"], "bk2");
  EXPECT_TRUE(loco["destblock"].is_null());
  EXPECT_EQ(loco["mode"], "idle");
  EXPECT_EQ(loco["functions"], Json::parse("[true,true,false,false,false,false,false,false,false]"));
  EXPECT_EQ(loco["attributes"]["throttleid"], "");
  const Json& block = by_id(state["blocks"], "bk2");
  EXPECT_EQ(block["occupied"], true);
  EXPECT_EQ(block["reserved"], false);
  EXPECT_EQ(block["loco_id"], "BR01");
  EXPECT_EQ(block["state"], "open");
  EXPECT_EQ(by_id(state["blocks"], "bk3")["state"], "closed");
  EXPECT_EQ(by_id(state["blocks"], "bk3")["occupied"], false);
  EXPECT_EQ(by_id(state["switches"], "sw3w")["state"], "left");
  EXPECT_EQ(by_id(state["signals"], "sg1")["state"], "red");
  EXPECT_EQ(by_id(state["routes"], "rt2")["status"], 0);
  EXPECT_EQ(by_id(state["routes"], "rt2")["nested"][1]["attributes"]["id"], "sw2");
  EXPECT_EQ(by_id(state["feedbacks"], "fb1")["state"], false);
  EXPECT_EQ(by_id(state["outputs"], "co1")["state"], "on");
  EXPECT_EQ(state["boosters"].size(), 1U);
  EXPECT_NO_THROW((void)state.dump());
}

TEST(LayoutExport, says_null_when_no_plan_ever_came) {
  const Json state = state_after("01-connect-passive");
  EXPECT_TRUE(state["model"].is_null());
  EXPECT_EQ(state["locomotives"], Json::array());
  EXPECT_EQ(state["clock"]["hour"], 12);
  EXPECT_TRUE(state["power"].is_null());
  EXPECT_TRUE(export_state(Model{}, 0)["clock"]["hour"].is_null());
}

TEST(LayoutExport, spoilt_characters_are_no_obstacle) {
  Play play;
  play.say("<plan><lclist><lc id=\"M\xfcller\" V=\"1\" x=\"\xff\xfe\"/></lclist></plan>");
  EXPECT_EQ(export_state(play.session.model(), 0)["locomotives"][0]["id"], "Müller");
  EXPECT_NO_THROW((void)play.exported());
}

TEST(LayoutExport, a_block_is_occupied_by_its_feedback_too) {
  Play play;
  play.play(recordings::from_server("02-plan"));
  play.say(R"(<fb id="fb3" state="true"/>)");
  const Json state = export_state(play.session.model(), 0);
  EXPECT_EQ(by_id(state["blocks"], "bk3")["occupied"], true);
  EXPECT_EQ(by_id(state["blocks"], "bk2")["occupied"], false);
  EXPECT_EQ(by_id(state["blocks"], "bk1")["occupied"], true) << "a loco stands in it";
}

TEST(LayoutCompare, tells_what_a_restarted_server_has_forgotten) {
  const auto found = compare(state_after("14a-before-crash"), state_after("14b-after-restart"));
  std::string all;
  for (const auto& d : found)
    all += d.kind + " " + d.id + " " + d.field + ": " + d.before + " → " + d.now + "\n";
  EXPECT_EQ(all,
            "locomotive BR01 speed: 40 → 0\n"
            "switch sw1 state: turnout → straight\n"
            "switch sw2 state: straight → turnout\n"
            "layout  power: true → false\n");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_NE(found[0].advice.find("BR01: it ran at 40 in bk1"), std::string::npos) << found[0].advice;
  EXPECT_NE(found[1].advice.find("sw1: it stood at turnout"), std::string::npos) << found[1].advice;
  EXPECT_EQ(found[1].severity, Severity::dangerous);
}

TEST(LayoutCompare, finds_nothing_where_nothing_differs) {
  EXPECT_TRUE(compare(state_after("14a-before-crash"), state_after("14a-before-crash")).empty());
  EXPECT_TRUE(compare(state_after("02-plan"), state_after("14b-after-restart")).empty());
}

TEST(LayoutCompare, finds_every_kind_of_difference_most_dangerous_first) {
  Play play;
  play.play(recordings::from_server("02-plan"));
  const Json before = export_state(play.session.model(), 0);
  for (const auto* update :
       {R"(<lc id="BR01" blockid="bk2" dir="false" mode="auto" destblockid="bk3"/>)",
        R"(<bk id="bk3" state="open"/>)", R"(<sg id="sg1" state="green"/>)", R"(<st id="rt1" status="1"/>)",
        R"(<fb id="fb1" state="true"/>)", R"(<co id="co1" state="on"/>)", R"(<state power="true"/>)",
        R"(<model cmd="add"><sw id="new" state="straight"/></model>)",
        R"(<model cmd="remove"><sg id="sg2"/></model>)",
        R"(<fn id="Müller" fnchanged="1" fnchangedstate="true"/>)"})
    play.say(update);
  const auto found = compare(before, export_state(play.session.model(), 0));
  std::string all;
  for (const auto& d : found) {
    all += d.kind + " " + d.id + " " + d.field + ": " + d.before + " → " + d.now + "\n";
    EXPECT_FALSE(d.advice.empty());
  }
  for (const auto* line :
       {"locomotive BR01 block: bk1 → bk2\n", "locomotive BR01 direction: true → false\n",
        "locomotive BR01 mode: idle → auto\n", "locomotive BR01 destblock: none → bk3\n",
        "block bk1 loco_id: BR01 → none\n", "block bk2 loco_id: none → BR01\n",
        "block bk2 occupied: false → true\n", "block bk3 state: closed → open\n",
        "signal sg1 state: red → green\n", "route rt1 status: 0 → 1\n", "feedback fb1 state: false → true\n",
        "output co1 state: off → on\n", "layout  power: false → true\n", "switch new : none → present\n",
        "signal sg2 : present → none\n", "locomotive Müller functions: "})
    EXPECT_NE(all.find(line), std::string::npos) << line << " is missing in\n" << all;
  for (std::size_t i = 1; i < found.size(); ++i) EXPECT_GE(found[i - 1].severity, found[i].severity);
}

TEST(LayoutCompare, survives_what_is_no_snapshot) {
  const Json good = state_after("02-plan");
  for (const auto* text : {"null", "[]", "3", "{}", R"({"model":null})", R"({"model":{},"locomotives":3})",
                           R"({"locomotives":[1,{"id":2},{"id":"BR01"}]})",
                           R"({"locomotives":[{"id":"BR01","speed":{"a":[]}}],"power":"yes"})"}) {
    const Json odd = Json::parse(text);
    EXPECT_NO_THROW((void)compare(odd, good)) << text;
    EXPECT_NO_THROW((void)compare(good, odd)) << text;
  }
  EXPECT_EQ(compare(good, Json::parse(R"({"model":null})")).size(), 1U);
  EXPECT_EQ(compare(state_after("01-connect-passive"), good).at(0).severity, Severity::dangerous);
}

// Loading less must not find less.
TEST(LayoutCompare, of_the_outlines_is_that_of_the_whole) {
  Play before, now;
  before.play(recordings::from_server("03-session-commands-A"));
  now.play(recordings::from_server("02-plan"));
  const auto outline = [](const Play& play) {
    return export_document(play.session.model(), 0, Detail::typed).whole(is_compared);
  };
  const auto whole = compare(export_state(before.session.model(), 0), export_state(now.session.model(), 0));
  const auto found = compare(outline(before), outline(now));
  ASSERT_EQ(found.size(), whole.size());
  EXPECT_GT(found.size(), 3U);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(found[i].id + found[i].field, whole[i].id + whole[i].field);
    EXPECT_EQ(found[i].advice, whole[i].advice);
  }
  EXPECT_FALSE(outline(before)["blocks"][0].contains("attributes"));
  EXPECT_FALSE(outline(before).contains("texts"));
}

}  // namespace
}  // namespace standstill::layout
