// A supervisor that comes back finds a plant that others have looked after: it says nothing twice, and what
// it says of time is about this session and this stop.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "os/clock.hpp"
#include "support/places.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

std::size_t pictures(const PlantRig& rig) {
  std::size_t found = 0;
  for (const auto& file : std::filesystem::directory_iterator(rig.state_dir + "/snapshots"))
    found += file.path().extension() == ".json" ? 1U : 0U;
  return found;
}

// What the plant looks like when a new supervisor comes is not what it looked like at the trip: a second
// picture would be the "latest", and a server that came back with stale positions would be compared with
// itself.
TEST(ChainAgain, S13_ATripIsPicturedAndToldOnceThoughItsSupervisorDies) {
  SimPeer peer;
  const TemporaryFolder beside;
  const std::string bell = beside / "alerts";
  PlantRig rig({.port = peer.port(),
                .more = "[[alert]]\nid = \"bell\"\nkind = \"program\"\non = [\"trip\", \"ack\", \"reset\"]\n"
                        "command = [\"/bin/sh\", \"-c\", \"cat >> " +
                        bell + "; echo >> " + bell + "\"]\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch() + 1;
  EXPECT_EQ(rig.post("/api/v1/stop").status, 200);
  const std::string of_epoch = "\"epoch\":" + std::to_string(epoch);
  EXPECT_TRUE(rig.until([&] { return rig.journalled("snapshot", epoch) == 1; })) << rig.journal();
  EXPECT_TRUE(rig.until([&] { return PlantRig::read(bell).find(of_epoch) != std::string::npos; }));
  const std::size_t before = pictures(rig);
  const std::string told = PlantRig::read(bell);
  const std::string latest = PlantRig::pick(rig.get("/api/v1/snapshots/latest").body, "/timestamp");

  ::kill(rig.supervisor(), SIGKILL);
  rig.end(0);
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  EXPECT_EQ(rig.epoch(), epoch);
  // Something new is told after whatever would be told twice.
  EXPECT_TRUE(rig.until([&] { return rig.word("ack", epoch).status == 200; }));
  EXPECT_TRUE(rig.until([&] {
    return count(PlantRig::read(bell), "\"event\":\"ack\"") > count(told, "\"event\":\"ack\"");
  })) << PlantRig::read(bell);
  EXPECT_EQ(PlantRig::read(bell).substr(0, told.size()), told);
  const std::string since = PlantRig::read(bell).substr(told.size());
  EXPECT_EQ(count(since, "\"event\""), 1U) << since;
  EXPECT_NE(since.find(of_epoch), std::string::npos) << since;
  EXPECT_EQ(pictures(rig), before);
  EXPECT_EQ(rig.journalled("snapshot", epoch), 1) << rig.journal();
  EXPECT_EQ(PlantRig::pick(rig.get("/api/v1/snapshots/latest").body, "/timestamp"), latest);
}

// One that died before it had taken the picture leaves that to the next.
TEST(ChainAgain, S13_ATripThatKilledItsSupervisorIsPicturedAndToldByTheNext) {
  SimPeer peer;
  const TemporaryFolder beside;
  PlantRig rig(
      {.port = peer.port(),
       .more = "[[alert]]\nid = \"bell\"\nkind = \"program\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> " +
               (beside / "alerts") + "\"]\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch() + 1;
  ::kill(rig.supervisor(), SIGKILL);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  rig.end(0);
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.epoch(), epoch);
  EXPECT_TRUE(rig.until([&] { return rig.journalled("snapshot", epoch) == 1; })) << rig.journal();
  EXPECT_EQ(rig.journalled("trip", epoch), 1) << rig.journal();
  EXPECT_TRUE(rig.until([&] {
    return PlantRig::read(beside / "alerts").find("supervisor_lost") != std::string::npos;
  })) << PlantRig::read(beside / "alerts");
}

// The guard before it tripped; this one has no trip of its own to count from.
TEST(ChainAgain, S9_AStopSaysHowLongThisStopTook) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  const pid_t first = rig.guard();
  ::kill(first, SIGKILL);
  EXPECT_TRUE(rig.until([&] { return rig.guard() > 0 && rig.guard() != first && rig.state() == "tripped"; }));
  EXPECT_TRUE(rig.until([&] { return rig.look("/outputs/0/readback") != "?" && rig.all_safe(); }));
  const std::string out = rig.folder / "stopped";
  const std::int64_t began = os::wall_ns();
  const int ended = std::system((test::program_folder() + "/standstill -c " + (rig.folder / "c.toml") +
                                 " --json stop > " + out + " 2>&1")
                                    .c_str());
  const std::int64_t took_ms = (os::wall_ns() - began) / 1'000'000;
  EXPECT_EQ(WEXITSTATUS(ended), 0) << PlantRig::read(out);
  const std::string ms = PlantRig::pick(PlantRig::read(out), "/ms");
  EXPECT_NE(ms, "?") << PlantRig::read(out);
  EXPECT_LE(std::strtoll(ms.c_str(), nullptr, 10), took_ms) << PlantRig::read(out);
}

// It agrees with the snapshot to the last train, and means nothing.
TEST(ChainAgain, S7_WhatALostServerSaidLastIsNotThePlantAsItIs) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch() + 1;
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return rig.journalled("snapshot", epoch) == 1; })) << rig.journal();
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") != "online"; }));
  const std::string compare =
      "/api/v1/compare?snapshot=" + PlantRig::pick(rig.get("/api/v1/snapshots").body, "/snapshots/0/id");
  const auto refused = rig.get(compare);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.body.find("not the layout as it is"), std::string::npos) << refused.body;
  const std::string list = rig.get("/api/v1/checklist").body;
  EXPECT_NE(list.find("have not been compared"), std::string::npos) << list;
  EXPECT_EQ(list.find("agree on everything"), std::string::npos) << list;
  const auto by_command = [&] {
    return WEXITSTATUS(std::system((test::program_folder() + "/standstill -c " + (rig.folder / "c.toml") +
                                    " compare latest > " + (rig.folder / "said") + " 2>&1")
                                       .c_str()));
  };
  EXPECT_EQ(by_command(), 4) << PlantRig::read(rig.folder / "said");
  EXPECT_NE(PlantRig::read(rig.folder / "said").find("not the layout as it is"), std::string::npos);
  peer.tell("restart 1");
  EXPECT_TRUE(rig.until([&] { return rig.get(compare).status == 200; }));
  EXPECT_LE(by_command(), 1) << PlantRig::read(rig.folder / "said");
}

TEST(ChainAgain, TheSnapshotSaysWhenTheSessionBeganAndWhoRanIt) {
  ::setenv("STANDSTILL_TEST_OPERATOR", "R. Neumann", 1);
  std::uint16_t nobody = 0;
  {
    nobody = SimPeer().port();
  }
  PlantRig rig(
      {.port = nobody,
       .more = "[site.metadata]\nshow_name = \"Spring\"\noperator_env = \"STANDSTILL_TEST_OPERATOR\"\n"});
  const std::string earliest = os::rfc3339(os::wall_ns());
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  const std::string latest = os::rfc3339(os::wall_ns());
  ::usleep(20'000);
  const std::string live = rig.get("/api/v1/snapshots/live").body;
  const std::string session = PlantRig::pick(live, "/session_start");
  EXPECT_GE(session, earliest.substr(0, 19));
  EXPECT_LE(session, latest) << "the session began with the first picture of it";
  EXPECT_EQ(PlantRig::pick(live, "/metadata/show_name"), "Spring") << live;
  EXPECT_EQ(PlantRig::pick(live, "/metadata/operator"), "R. Neumann") << live;
  // A loss before the first plan arrived is a trip all the same; it says that there is no plan.
  EXPECT_EQ(PlantRig::pick(live, "/model"), "null") << live;
}

}  // namespace
}  // namespace standstill::test
