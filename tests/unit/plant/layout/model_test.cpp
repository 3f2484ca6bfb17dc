#include "plant/layout/model.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <thread>

#include "plant/layout/update.hpp"
#include "plant/layout/views.hpp"
#include "unit/plant/layout/allocations.hpp"
#include "unit/plant/layout/play.hpp"

namespace standstill::layout {
namespace {

ObjectPtr object(Kind kind, std::string_view id, std::string_view v = "0") {
  ObjectBuilder builder;
  builder.start(kind, intern(name(kind)));
  builder.attribute(intern("id"), id);
  builder.attribute(intern("V"), v);
  return builder.finish();
}

TEST(LayoutModel, keeps_every_kind_with_every_attribute_in_order) {
  Play play;
  play.play(recordings::from_server("02-plan"));
  const Model& model = play.session.model();
  for (const auto& [kind, count] : std::map<Kind, std::size_t>{{Kind::fb, 4},
                                                               {Kind::sw, 3},
                                                               {Kind::bk, 4},
                                                               {Kind::sg, 2},
                                                               {Kind::co, 1},
                                                               {Kind::tx, 1},
                                                               {Kind::st, 2},
                                                               {Kind::lc, 3},
                                                               {Kind::car, 1},
                                                               {Kind::train, 1},
                                                               {Kind::sc, 1},
                                                               {Kind::location, 1},
                                                               {Kind::booster, 1},
                                                               {Kind::weather, 1},
                                                               {Kind::zlevel, 1},
                                                               {Kind::state, 1},
                                                               {Kind::automatic, 1},
                                                               {Kind::plan, 1}})
    EXPECT_EQ(model.count(kind), count) << name(kind);
  const auto loco = model.find(Kind::lc, "V200 \"A&B\"");
  ASSERT_TRUE(loco);
  std::string names;
  for (std::size_t i = 0; i < loco->attribute_count(); ++i) names.append(loco->entry(i).name).append(" ");
  EXPECT_EQ(names,
            "id addr V_min V_mid V_max V_mode spcnt prot V dir fn fncnt len mode iid fifotop fx throttleid ");
  EXPECT_TRUE(model.find(Kind::lc, "Müller"));
  const auto route = model.find(Kind::st, "rt2");
  ASSERT_TRUE(route);
  std::string nested;
  for (std::size_t i = route->attribute_count(); i < route->entry_count(); ++i) {
    const auto entry = route->entry(i);
    nested.append(entry.name).append("=").append(entry.value).append(" ");
  }
  EXPECT_EQ(nested, "swcmd= id=sw1 cmd=turnout = swcmd= id=sw2 cmd=turnout = ");
}

TEST(LayoutModel, keeps_what_it_does_not_know) {
  Play play;
  play.say(
      R"(<plan><dreamlist><dream id="d" depth="3"/></dreamlist><otherlist><other id="d" x="1"/></otherlist><tklist><tk x="1"/><tk x="2"/></tklist></plan>)");
  EXPECT_EQ(play.session.model().count(Kind::other), 2U);
  EXPECT_EQ(play.session.model().count(Kind::tk), 2U) << "objects without an id stay apart";
}

TEST(LayoutModel, applies_what_the_server_of_2014_reported) {
  Play play;
  play.play(recordings::from_server("03-session-commands-A"));
  const Model& model = play.session.model();
  const auto br01 = model.find(Kind::lc, "BR01");
  ASSERT_TRUE(br01);
  EXPECT_EQ(br01->get("V_max"), "90") << "modify";
  EXPECT_EQ(Loco{*br01}.speed(), 0);
  EXPECT_FALSE(Loco{*br01}.forward());
  EXPECT_TRUE(Loco{*br01}.function(0)) << "light";
  EXPECT_TRUE(Loco{*br01}.function(1));
  EXPECT_FALSE(Loco{*br01}.function(2));
  EXPECT_EQ(Loco{*br01}.block(), "bk2");
  EXPECT_EQ(Turnout{*model.find(Kind::sw, "sw3w")}.state(), "left");
  EXPECT_FALSE(Turnout{*model.find(Kind::sw, "sw1")}.moving());
  EXPECT_EQ(play.get(Kind::bk, "bk2", "state"), "open");
  EXPECT_EQ(play.get(Kind::bk, "bk3", "state"), "closed");
  EXPECT_TRUE(Output{*model.find(Kind::co, "co1")}.on());
  EXPECT_FALSE(model.find(Kind::fb, "fb9")) << "added, then removed";
  EXPECT_FALSE(all_stations(model, "power"));
  EXPECT_EQ(model.count(Kind::fb), 4U);
}

TEST(LayoutModel, follows_single_updates) {
  Play play;
  play.play(recordings::from_server("02-plan"));
  const Model& model = play.session.model();
  // a closed block stays closed, whatever else is told of it
  play.say(R"(<bk id="bk2" state="closed"/>)");
  play.say(R"(<bk id="bk2" reserved="false"/>)");
  EXPECT_TRUE(Block{*model.find(Kind::bk, "bk2")}.closed());
  // placing, and freeing
  play.say(R"(<bk id="bk4" cmd="loc" locid="Müller"/>)");
  EXPECT_EQ(play.get(Kind::bk, "bk4", "locid"), "Müller");
  play.say(R"(<bk id="bk4" cmd="free" state="open"/>)");
  EXPECT_EQ(play.get(Kind::bk, "bk4", "locid"), "");
  // a loco that moves leaves its block
  play.say(R"(<lc id="BR01" blockid="bk4"/>)");
  EXPECT_EQ(play.get(Kind::bk, "bk1", "locid"), "");
  EXPECT_EQ(play.get(Kind::bk, "bk4", "locid"), "BR01");
  // functions, singly and together
  play.say(R"(<fn id="BR01" fnchanged="3" fnchangedstate="true" f0="false"/>)");
  EXPECT_TRUE(Loco{*model.find(Kind::lc, "BR01")}.function(3));
  play.say(R"(<lc id="BR01" fx="2" fn="true"/>)");
  EXPECT_FALSE(Loco{*model.find(Kind::lc, "BR01")}.function(3));
  EXPECT_TRUE(Loco{*model.find(Kind::lc, "BR01")}.function(2));
  EXPECT_TRUE(Loco{*model.find(Kind::lc, "BR01")}.function(0));
  // two steps of a turnout
  play.say(R"(<sw id="sw1" state="turnout" testing="true"/>)");
  EXPECT_TRUE(Turnout{*model.find(Kind::sw, "sw1")}.moving());
  play.say(R"(<sw id="sw1" state="turnout" testing="false"/>)");
  EXPECT_FALSE(Turnout{*model.find(Kind::sw, "sw1")}.moving());
  // the plan itself
  play.say(R"(<model cmd="add"><fb id="fb9" addr="9"/><st id="rt9"><swcmd id="sw1"/></st></model>)");
  EXPECT_TRUE(model.find(Kind::fb, "fb9"));
  play.say(R"(<model cmd="modify"><st id="rt9" bka="bk1"><swcmd id="sw2"/><swcmd id="sw3w"/></st></model>)");
  EXPECT_EQ(model.find(Kind::st, "rt9")->entry_count(), 8U);
  play.say(R"(<model cmd="remove"><fb id="fb9"/></model>)");
  EXPECT_FALSE(model.find(Kind::fb, "fb9"));
  play.say(R"(<booster id="bst1" load="1200"/>)");
  EXPECT_EQ(play.get(Kind::booster, "bst1", "load"), "1200");
  play.say(R"(<lc id="BR01" addr="33"/>)");
  EXPECT_EQ(model.find(Kind::lc, "BR01")->number("addr"), 33);
  play.say(R"(<st id="rt1" status="1"/>)");
  EXPECT_EQ(Route{*model.find(Kind::st, "rt1")}.status_name(), "locked");
  play.say(R"(<fn id="NOSUCH" fnchanged="1" fnchangedstate="true"/>)");
  EXPECT_FALSE(model.find(Kind::lc, "NOSUCH"));
}

TEST(LayoutModel, the_clock_is_what_time_says) {
  Play play;
  play.say(R"(<clock divider="10" time="1795175820" temp="20" cmd="sync"/>)");
  const auto clock = [&] { return Clock{*play.session.model().find(Kind::clock, {})}; };
  EXPECT_EQ(clock().hour(), 11);
  EXPECT_EQ(clock().minute(), 57);
  EXPECT_EQ(clock().divider(), 10);
  EXPECT_FALSE(clock().frozen());
  play.say(R"(<clock cmd="freeze"/>)");
  EXPECT_TRUE(clock().frozen());
  EXPECT_EQ(clock().hour(), 11);
  play.say(R"(<clock cmd="sync" time="1795175880"/>)");
  EXPECT_TRUE(clock().frozen());
  play.say(R"(<clock cmd="go"/>)");
  EXPECT_FALSE(clock().frozen());
}

TEST(LayoutModel, before_a_plan_only_the_server_itself_is_known) {
  Play play;
  play.say(R"(<lc id="BR01" V="9"/>)");
  play.say(R"(<state power="true"/>)");
  EXPECT_FALSE(play.session.model().has_plan());
  EXPECT_EQ(play.session.model().count(Kind::lc), 0U);
  EXPECT_EQ(play.get(Kind::state, "", "power"), "true");
}

TEST(LayoutModel, several_stations_must_agree_and_a_fresh_state_replaces_them) {
  Play play;
  play.say(R"(<state power="false"/>)");
  play.say(R"(<state iid="a" power="true"/>)");
  EXPECT_TRUE(all_stations(play.session.model(), "power"));
  play.say(R"(<state iid="b" power="false"/>)");
  EXPECT_FALSE(all_stations(play.session.model(), "power"));
  play.say(R"(<state power="true"/>)");
  EXPECT_TRUE(all_stations(play.session.model(), "power"));
  EXPECT_EQ(play.session.model().count(Kind::state), 1U);
}

RC_GTEST_PROP(LayoutModel, does_what_a_map_does_and_copies_are_independent, ()) {
  Model model;
  std::map<std::string, std::string> naive;
  Model copy;
  auto naive_copy = naive;
  const auto same = [](const Model& m, const std::map<std::string, std::string>& n) {
    if (m.count(Kind::lc) != n.size()) return false;
    std::size_t seen = 0;
    m.each(Kind::lc, [&](const Object& o) {
      const auto found = n.find(std::string(o.id()));
      if (found != n.end() && found->second == o.get("V")) ++seen;
    });
    for (const auto& [id, v] : n) {
      const auto found = m.find(Kind::lc, id);
      if (!found || found->get("V") != v) return false;
    }
    return seen == n.size();
  };
  for (int i = *rc::gen::inRange(0, 600); i > 0; --i) {
    const auto id = std::to_string(*rc::gen::inRange(0, 200));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        RC_ASSERT(model.remove(Kind::lc, id) == (naive.erase(id) == 1));
        break;
      case 1:
        copy = model;
        naive_copy = naive;
        break;
      default: {
        const auto v = std::to_string(i);
        RC_ASSERT(model.put(object(Kind::lc, id, v)));
        naive[id] = v;
      }
    }
  }
  RC_ASSERT(same(model, naive));
  RC_ASSERT(same(copy, naive_copy));
}

TEST(LayoutModel, an_update_and_a_copy_cost_the_same_in_small_and_large_plans) {
  const auto cost = [](std::size_t objects) {
    Play play;
    play.say(large_plan(objects));
    EXPECT_EQ(play.session.model().count(), objects + 1);
    const Model copy = play.session.model();  // shared: the update has to copy what it changes
    ASSERT_EQ(play.updates.size(), 0U);
    const auto frame = rocrail::server_frame(R"(<lc id="lc7" V="40" dir="false" blockid="bk3"/>)");
    play.play(rocrail::server_frame(
        R"(<lc id="lc6" V="40" dir="false" blockid="bk3"/>)"));  // names known, buffers grown
    const Model copy2 = play.session.model();
    const std::size_t before = counted::allocations;
    const std::size_t bytes_before = counted::bytes;
    play.play(frame);
    RecordProperty("allocations_" + std::to_string(objects), static_cast<int>(counted::allocations - before));
    EXPECT_LT(counted::allocations - before, 60U) << objects;
    EXPECT_LT(counted::bytes - bytes_before, 16'000U) << objects;
    EXPECT_EQ(copy2.find(Kind::lc, "lc7")->get("V"), "0") << "the copy stays as it was";
    const std::size_t before_copy = counted::allocations;
    const Model third = play.session.model();
    EXPECT_LT(counted::allocations - before_copy, 4 * kind_count) << objects;
  };
  cost(100);
  cost(20'000);
}

TEST(LayoutModel, costs_not_much_more_memory_than_the_text) {
  const auto plan = large_plan(20'000);
  std::size_t bytes = 0;
  Play play;
  play.say(plan);
  for (std::size_t kind = 0; kind < kind_count; ++kind)
    play.session.model().each(static_cast<Kind>(kind), [&](const Object& o) { bytes += o.bytes(); });
  EXPECT_LT(bytes, plan.size() * 3 / 2) << plan.size();
}

TEST(LayoutModel, copies_are_read_and_destroyed_in_other_threads_while_the_original_changes) {
  Play play;
  play.say(large_plan(2000));
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([copy = play.session.model()]() mutable {
      for (int round = 0; round < 20; ++round) {
        std::size_t sum = 0;
        copy.each(Kind::lc, [&](const Object& o) { sum += o.get("V").size(); });
        EXPECT_EQ(sum, 200U);
        copy.put(object(Kind::lc, "lc1", "5"));
        Model another = copy;
        copy = another;
      }
    });
    for (int u = 0; u < 50; ++u) play.say("<lc id=\"lc" + std::to_string(u) + "\" V=\"123\"/>");
    for (int u = 0; u < 50; ++u) play.say("<lc id=\"lc" + std::to_string(u) + "\" V=\"0\"/>");
  }
  for (auto& reader : readers) reader.join();
}

TEST(LayoutModel, S16_refuses_a_plan_beyond_all_measure) {
  std::string plan = "<plan><fblist>";
  for (std::size_t i = 0; i <= Model::max_objects; ++i) plan += "<fb id=\"" + std::to_string(i) + "\"/>";
  Play play;
  play.say(plan + "</fblist></plan>");
  EXPECT_FALSE(play.session.model().has_plan());
  ASSERT_EQ(play.problems.size(), 1U);
  EXPECT_NE(play.problems[0].find("100000"), std::string::npos);
}

}  // namespace
}  // namespace standstill::layout
