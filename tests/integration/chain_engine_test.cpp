// Whole programs with a locomotive beside the layout: its values in watches, its log in the journal, its
// emergency stop as a stage.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/plant_rig.hpp"
#include "support/sim_engine.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

std::string engine(const std::string& line, const std::string& more = "") {
  return "[[link]]\nid = \"engine\"\nkind = \"loco\"\ndevice = \"" + line +
         "\"\ncritical = false\nsilence_ms = 20000\nreconnect = { first_ms = 100, max_ms = 500 }\n" + more;
}

double value(PlantRig& rig, const std::string& name) {
  const auto tags = nlohmann::json::parse(rig.get("/api/v1/tags").body, nullptr, false);
  for (const auto& tag : tags.is_array() ? tags : nlohmann::json::array())
    if (tag["link"] == "engine" && tag["name"] == name && tag["quality"] == "good") return tag["value"];
  return -1;
}

TEST(ChainEngine, AStageIsItsEmergencyStop) {
  SimPeer peer;
  SimEngine sim;
  PlantRig rig(
      {.port = peer.port(),
       .more = engine(sim.line(),
                      "[[watch]]\nid = \"hot\"\nkind = \"limit\"\nsource = \"engine.boiler\"\nhigh = 140.0\n"
                      "valid = [0.0, 150.0]\nstale_ms = 20000\n[[stage]]\nat_ms = 0\nsend = { link = "
                      "\"engine\", command = \"stop\" }\n")});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(rig.until([&] { return value(rig, "boiler") > 90; })) << rig.get("/api/v1/tags").body;
  ASSERT_TRUE(rig.until([&] { return value(rig, "running") == 1; })) << rig.get("/api/v1/tags").body;
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  rig.post("/api/v1/stop");
  EXPECT_TRUE(rig.until([&] { return value(rig, "tripped") == 1; })) << rig.journal();
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("EMERGENCY_STOP(operator)") != std::string::npos; }))
      << rig.journal();
}

TEST(ChainEngine, ItsShutdownTripsThePlantAndIsInTheJournalWithItsLog) {
  SimPeer peer;
  SimEngine sim;
  PlantRig rig({.port = peer.port(),
                .more = engine(sim.line(),
                               "[[watch]]\nid = \"parked\"\nkind = \"limit\"\nsource = \"engine.tripped\"\n"
                               "high = 1.0\nvalid = [0.0, 1.0]\nstale_ms = 20000\n")});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(rig.until([&] { return value(rig, "running") == 1; })) << rig.get("/api/v1/tags").body;
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  sim.tell("fault boiler-open");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }))
      << rig.get("/api/v1/tags").body;
  EXPECT_EQ(rig.look("/first_out/source"), "parked");
  EXPECT_TRUE(rig.until([&] {
    const std::string journal = rig.journal();
    return journal.find("LOG 2 SENSOR_FAULT(boiler: at the low rail)") != std::string::npos &&
           journal.find("trip boiler sensor_fault") != std::string::npos;
  })) << rig.journal();
}

TEST(ChainEngine, AnybodyStopsItAndAnOperatorSetsItUpWhileItIsTripped) {
  SimPeer peer;
  SimEngine sim;
  PlantRig rig({.port = peer.port(), .more = engine(sim.line())});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  const auto look = [&] {
    return nlohmann::json::parse(rig.get("/api/v1/engines/engine").body, nullptr, false);
  };
  ASSERT_TRUE(rig.until([&] { return look().value("state", "") == "running"; })) << look().dump();
  ASSERT_TRUE(rig.until([&] { return look()["variables"][18]["known"] == true; })) << look().dump();
  EXPECT_EQ(look()["variables"][18]["cv"], 42);
  EXPECT_EQ(look()["variables"][18]["value"], 110.0);
  const std::string path = "/api/v1/engines/engine/variables", wish = R"({"cv":42,"value":105})";
  EXPECT_EQ(ask(rig.socket(), "POST", path, wish).status, 401) << "nobody has said who he is";
  const auto refused = rig.post(path, wish);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.body.find("stop it first"), std::string::npos) << refused.body;
  EXPECT_EQ(ask(rig.socket(), "POST", "/api/v1/engines/engine/stop").status, 200);
  ASSERT_TRUE(rig.until([&] { return look()["refusal"].is_null(); })) << look().dump();
  const auto done = rig.post(path, wish);
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_NE(done.body.find("from 110 to 105"), std::string::npos) << done.body;
  EXPECT_EQ(rig.post(path, R"({"cv":42,"value":"131"})").status, 400);
  EXPECT_EQ(look()["variables"][18]["value"], 105.0);
  EXPECT_EQ(rig.get("/api/v1/engines/layout").status, 404);
  const std::string journal = rig.journal();
  EXPECT_NE(journal.find("variable"), std::string::npos);
  EXPECT_NE(journal.find("from 110 to 105 °C (by "), std::string::npos) << journal;
}

TEST(ChainEngine, S7_AnEngineThatVanishesHasNoGoodValueAndReturns) {
  SimPeer peer;
  auto sim = std::make_unique<SimEngine>();
  const std::string line = sim->line();
  PlantRig rig({.port = peer.port(), .more = engine(line)});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(rig.until([&] { return value(rig, "boiler") > 90; }));
  sim->end();
  EXPECT_TRUE(rig.until([&] { return value(rig, "boiler") == -1; })) << rig.get("/api/v1/tags").body;
  sim->start();
  EXPECT_TRUE(rig.until([&] { return value(rig, "boiler") > 90; })) << rig.get("/api/v1/state").body;
}

}  // namespace
}  // namespace standstill::test
