// Stop category 1: the layout is asked to stop first, the power goes after it; never later than without
// anybody to ask.
#include <gtest/gtest.h>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

std::string stages(int power_at_ms) {
  return "[[stage]]\nat_ms = 0\nsend = { link = \"layout\", command = \"ebreak\" }\n[[stage]]\nat_ms = " +
         std::to_string(power_at_ms) + "\noutput = \"relay\"\n";
}

TEST(ChainStage, TheLayoutIsToldAndThePowerGoesAfterIt) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .more = stages(300)});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto begun = boot_ns();
  EXPECT_EQ(rig.post("/api/v1/stop").status, 200);
  EXPECT_TRUE(rig.until([&] { return peer.received("ebreak"); }));
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_GE(rig.relay.safe_at() - begun, 290'000'000) << "the stage was skipped";
  EXPECT_TRUE(rig.until([&] { return rig.look("/sequence") == "null"; }));
  EXPECT_TRUE(rig.until([&] { return rig.journalled("stage") >= 1; })) << rig.journal();
}

TEST(ChainStage, ALostLinkIsNotAskedAndCostsNoTime) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .more = stages(30000)});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto begun = boot_ns();
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_LT(rig.relay.safe_at() - begun, 5'000'000'000);
}

TEST(ChainStage, S2_AStageEndsWithTheLinkOrTheSupervisor) {
  for (const bool kill_supervisor : {true, false}) {
    SimPeer peer;
    PlantRig rig({.port = peer.port(), .more = stages(30000)});
    rig.start_and_wait();
    rig.to_running();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(rig.post("/api/v1/stop").status, 200);
    EXPECT_TRUE(rig.until([&] { return peer.received("ebreak"); }));
    ::usleep(100'000);
    EXPECT_TRUE(rig.relay.energised()) << rig.journal();
    if (kill_supervisor)
      ::kill(rig.supervisor(), SIGKILL);
    else
      peer.tell("crash");
    EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, 5s))
        << (kill_supervisor ? "supervisor killed" : "link lost") << " in a stage";
  }
}

// What brakes first and is cut later still is when nobody is left who could send: the guard keeps that time
// by itself.
TEST(ChainStage, AKilledSupervisorLeavesTheOrderOfTheOutputs) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .http = true, .more = "[[stage]]\nat_ms = 1500\noutput = \"relay\"\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto begun = boot_ns();
  ::kill(rig.supervisor(), SIGKILL);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_GE(rig.relay.safe_at() - begun, 1'490'000'000) << "the stage was skipped";
  EXPECT_LT(rig.http->safe_at(), rig.relay.safe_at()) << "what no stage names goes first";
}

// They are what would keep the time.
TEST(ChainStage, S2_AKilledGuardOrCutterLeavesNoStage) {
  for (const bool kill_guard : {true, false}) {
    SimPeer peer;
    PlantRig rig({.port = peer.port(), .more = "[[stage]]\nat_ms = 60000\noutput = \"relay\"\n"});
    rig.start_and_wait();
    rig.to_running();
    ASSERT_FALSE(HasFatalFailure());
    ::kill(kill_guard ? rig.guard() : rig.cutter(1), SIGKILL);
    EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, 20s)) << (kill_guard ? "guard" : "cutter");
  }
}

}  // namespace
}  // namespace standstill::test
