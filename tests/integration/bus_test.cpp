// The emergency-stop bus with a real Redis server and two whole plants of real processes: a controller and a
// station. What is sent "by hand" is written out here, as redis-cli would send it.
#include <sstream>

#include "support/bus_rig.hpp"

namespace standstill::test {
namespace {

using Bus = BusRig;

TEST_F(Bus, S9_AStopByHandStopsEveryMachineAndOnlyTheOperatorsWordsRunThemAgain) {
  start_running();
  if (HasFatalFailure()) return;
  const auto starts = station->run_commands();
  EXPECT_EQ(redis->publish("events:emergency_stop", stop_by_hand), ":2") << "both are subscribed";
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "operator_command");
  EXPECT_EQ(station->look("/first_out/source"), "bus");
  // At the station nobody can release what the bus holds.
  station->word("ack", station->epoch());
  EXPECT_EQ(station->word("reset", station->epoch()).status, 409);
  EXPECT_TRUE(station->until([&] {
    return redis->say({"EXISTS", "estop:latch"}) == ":1" &&
           redis->say({"EXISTS", "device:bench-1:alive"}) == ":1";
  }));
  ASSERT_TRUE(confirmed()) << both();
  EXPECT_EQ(station->run_commands(), starts) << "nothing was energised meanwhile";
  release();
  if (HasFatalFailure()) return;
  // S10: a late copy of a stop that was released.
  const auto epoch = station->epoch();
  redis->publish("events:emergency_stop", stop_by_hand);
  // S9: what nobody can read is a stop, too; that this one arrives shows that the copy did nothing before it.
  EXPECT_EQ(station->epoch(), epoch);
  redis->publish("events:emergency_stop", "\xff not JSON\n");
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(station->epoch(), epoch + 1) << "one trip, and not two";
}

TEST_F(Bus, S9_WhatIsTooLongToBeTakenInIsAStop) {
  start_running();
  if (HasFatalFailure()) return;
  redis->publish("events:emergency_stop", std::string(3'000'000, 'x'));
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "safety_interlock") << both();
  release();
}

TEST_F(Bus, AButtonAtOneStationStopsTheOthers) {
  start_running();
  if (HasFatalFailure()) return;
  ASSERT_EQ(station->post("/api/v1/stop", R"({"reason":"button_press","description":"red"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "button_press");
}

TEST_F(Bus, S11_AServerThatForgetsEverythingStopsAllUntilTheyAreReleased) {
  start_running();
  if (HasFatalFailure()) return;
  redis->stop();
  redis->start();  // empty
  ASSERT_TRUE(become_safe()) << both();
  release();
}

TEST_F(Bus, S11_AServerThatStandsStillStopsAllWithinTheLease) {
  lease_ms = 4000;
  start_running();
  if (HasFatalFailure()) return;
  redis->signal(SIGSTOP);
  ASSERT_TRUE(become_safe()) << both();
  // Whose lease ends first stops the others, straight.
  EXPECT_TRUE(station->first_out() == "link_lost" || controller->first_out() == "link_lost") << both();
  redis->signal(SIGCONT);
  EXPECT_TRUE(station->until([&] { return station->look("/links/1/state") == "online"; }));
  EXPECT_TRUE(all_safe()) << "what comes back energises nothing";
  release();
}

TEST_F(Bus, S3_S6_WhoeverRestartsWhileTrippedKeepsStateAndFirstCause) {
  start_running();
  if (HasFatalFailure()) return;
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
  ASSERT_TRUE(confirmed()) << both();
  const auto starts = station->run_commands();
  for (PlantRig* rig : {controller.get(), station.get()}) {
    const auto epoch = rig->epoch();
    rig->kill_everything();
    rig->start_and_wait();
    if (HasFatalFailure()) return;
    EXPECT_EQ(rig->state(), "tripped");
    EXPECT_EQ(rig->epoch(), epoch);
    EXPECT_EQ(rig->first_out(), "operator_command");
  }
  EXPECT_TRUE(all_safe()) << both();
  EXPECT_EQ(station->run_commands(), starts);
  release();
}

// A stop by hand that the station hears, and the controller does not: its connection is gone when it is
// published, and back before anybody misses it.
class BusUnheard : public BusRig {
 protected:
  static std::string id_of(int attempt) { return "0f8fad5" + std::to_string(attempt); }
  void stop_unheard(int attempt) {
    const std::string list = redis->ask({"CLIENT", "LIST"});
    // The one with the most channels.
    std::string controllers;
    int most = 0;
    std::istringstream lines(list);
    for (std::string line; std::getline(lines, line);) {
      const auto sub = line.find(" sub="), id = line.find("id=");
      if (sub == std::string::npos || id == std::string::npos) continue;
      if (const int channels = std::stoi(line.substr(sub + 5)); channels > most) {
        most = channels;
        controllers = line.substr(id + 3, line.find(' ', id) - id - 3);
      }
    }
    ASSERT_FALSE(controllers.empty()) << list;
    std::string stop = stop_by_hand;
    stop.replace(stop.find("0f8fad5b"), 8, id_of(attempt));
    redis->at_once({{"CLIENT", "KILL", "ID", controllers}, {"PUBLISH", "events:emergency_stop", stop}});
    ASSERT_TRUE(station->until([&] { return station->state() == "tripped"; })) << both();
  }
  // A machine that stands still for a second trips its plants by itself, and rightly so. What happened then
  // says nothing about a stop, and everything is released and tried once more, a few times.
  bool disturbed(int attempt) {
    const std::string cause = controller->first_out();
    return attempt < 5 && (cause == "loop_overrun" || cause == "supervisor_lost" || cause == "guard_lost");
  }
};

TEST_F(BusUnheard, S11_AStopThatTheControllerDidNotHearIsToldToItByTheStationThatDid) {
  start_running();
  for (int attempt = 1; !HasFatalFailure(); ++attempt) {
    const auto epoch = controller->epoch();
    stop_unheard(attempt);
    if (HasFatalFailure()) return;
    ASSERT_TRUE(become_safe()) << both() << bus_journal(*station) << bus_journal(*controller);
    const bool again = disturbed(attempt);
    if (!again) {
      EXPECT_EQ(controller->first_out(), "operator_command") << "the stop itself, and not the end of a lease";
      EXPECT_EQ(controller->epoch(), epoch + 1);
      ASSERT_TRUE(confirmed()) << both();
    }
    release();
    if (!again) return;
  }
}

TEST_F(BusUnheard, S3_S11_AlsoWhenThatStationBeginsAgainBeforeItHasToldIt) {
  start_running();
  for (int attempt = 1; !HasFatalFailure(); ++attempt) {
    stop_unheard(attempt);
    if (HasFatalFailure()) return;
    // A power failure before anything is on disk takes the stop with it.
    ASSERT_TRUE(station->until([&] {
      return PlantRig::read(station->state_dir + "/bus_owed").find(id_of(attempt)) != std::string::npos ||
             controller->state() == "tripped";
    })) << both();
    station->kill_everything();
    station->start_and_wait();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(become_safe()) << both() << bus_journal(*station) << bus_journal(*controller);
    const bool again = disturbed(attempt);
    if (!again) {
      EXPECT_EQ(controller->first_out(), "operator_command") << "the stop itself, and not the end of a lease";
      ASSERT_TRUE(confirmed()) << both();
    }
    release();
    if (!again) return;
  }
}

TEST_F(Bus, AKeyThatOthersCanReadIsRefused) {
  ::chmod((folder / "station.key").c_str(), 0644);
  PlantRig::Options options;
  options.port = peers[0].port();
  options.more = "[bus]\nkind = \"redis\"\nurl = \"" + redis->url() +
                 "\"\ninstance = \"bench-1\"\nkey_file = \"" + (folder / "station.key") + "\"\n";
  PlantRig rig(options);
  rig.start();
  EXPECT_EQ(rig.end(0), 2);
  EXPECT_NE(rig.log().find("chmod 600"), std::string::npos) << rig.log();
}

}  // namespace
}  // namespace standstill::test
