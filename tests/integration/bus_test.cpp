// The emergency-stop bus with a real Redis server and two whole plants of real processes: a controller and a
// station. What is sent "by hand" is written out here, as redis-cli would send it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "support/plant_rig.hpp"
#include "support/redis_server.hpp"
#include "support/sim_peer.hpp"
#include "wire/estop/keys.hpp"

namespace standstill::test {
namespace {

using nlohmann::json;

constexpr auto stop_by_hand =
    R"({"envelope":{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("source":{"service":"somebody","instance":"hand","version":"1.0.0"},"schema_version":"v1.0.0",)"
    R"("type":"system.emergency_stop"},"payload":{"reason":"operator_command"}})";

class Bus : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServer::available())
      GTEST_SKIP() << "no Redis server here: install redis-tools (./dev test does)";
    redis = std::make_unique<RedisServer>();
    estop::Secret secret{};
    secret.fill(0x5A);
    const std::string master = estop::Keys::master_file({"k1", secret});
    write("master.key", master);
    write("station.key", estop::Keys::read(master)->station_file("bench-1"));
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    ::chmod((folder / name).c_str(), 0600);
  }
  std::unique_ptr<PlantRig> member(const std::string& instance, bool leads, SimPeer& peer) {
    PlantRig::Options options;
    options.port = peer.port();
    options.more = "[bus]\nkind = \"redis\"\nurl = \"" + redis->url() + "\"\ninstance = \"" + instance +
                   "\"\nrole = \"" + (leads ? "controller" : "station") +
                   "\"\nlease_ms = " + std::to_string(lease_ms) + "\nkey_file = \"" +
                   (folder / (leads ? "master.key" : "station.key")) + "\"\n";
    auto made = std::make_unique<PlantRig>(options);
    made->start_and_wait();
    return made;
  }
  void start_both() {
    controller = member("ctrl-01", true, peers[0]);
    station = member("bench-1", false, peers[1]);
    if (HasFatalFailure()) return;
    // Registered, and it has read the latch that it can check.
    ASSERT_TRUE(confirmed()) << controller->get("/api/v1/state").body << controller->log() << station->log();
  }
  // The station is safe and knows the controller's epoch: what an operator waits for before releasing.
  bool confirmed() {
    return controller->until([&] {
      return controller->look("/stations/0/state") == "tripped" &&
             controller->look("/stations/0/confirmed_epoch") == std::to_string(controller->epoch());
    });
  }
  // The operator's three words at the controller, and nothing at the station.
  void release() {
    ASSERT_TRUE(confirmed()) << both();
    ASSERT_TRUE(controller->until(
        [&] {
          const auto epoch = controller->epoch();
          controller->word("ack", epoch);
          return controller->word("reset", epoch).status == 200 || controller->state() == "ready";
        },
        120s))
        << controller->get("/api/v1/why").body;
    ASSERT_TRUE(controller->until(
        [&] {
          return controller->state() == "running" ||
                 controller->word("start", controller->epoch()).status == 200;
        },
        120s))
        << controller->get("/api/v1/why").body;
    ASSERT_TRUE(
        station->until([&] { return station->state() == "running" && station->all_energised(); }, 120s))
        << station->get("/api/v1/why").body << bus_journal(*station) << bus_journal(*controller);
    ASSERT_TRUE(controller->until([&] { return controller->all_energised(); }));
  }
  static std::string bus_journal(PlantRig& rig) {
    std::string text;
    const json answer = json::parse(rig.journal(), nullptr, false);
    for (const auto& event : answer.value("events", json::array()))
      if (event.value("kind", "") == "bus" || event.value("kind", "") == "refused" ||
          event.value("kind", "") == "ack")
        text += "\n" + event.value("at", "") + " " + event.value("kind", "") + " " + event.value("code", "") +
                " " + event.value("detail", "");
    return text;
  }
  bool all_safe() {
    return station->all_safe() && controller->all_safe() && station->state() == "tripped" &&
           controller->state() == "tripped";
  }
  bool become_safe() {
    return station->until([&] { return all_safe(); }, 60s);
  }
  std::string both() {
    return controller->get("/api/v1/state").body + "\n" + station->get("/api/v1/state").body;
  }

  int lease_ms = 30000;  // a loaded machine must not be taken for a lost bus
  TemporaryFolder folder;
  std::array<SimPeer, 2> peers;
  std::unique_ptr<RedisServer> redis;
  std::unique_ptr<PlantRig> controller, station;
};

TEST_F(Bus, S9_AStopByHandStopsEveryMachineAndOnlyTheOperatorsWordsRunThemAgain) {
  start_both();
  release();
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

TEST_F(Bus, AButtonAtOneStationStopsTheOthers) {
  start_both();
  release();
  if (HasFatalFailure()) return;
  ASSERT_EQ(station->post("/api/v1/stop", R"({"reason":"button_press","description":"red"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "button_press");
}

TEST_F(Bus, S11_AServerThatForgetsEverythingStopsAllUntilTheyAreReleased) {
  start_both();
  release();
  if (HasFatalFailure()) return;
  redis->stop();
  redis->start();  // empty
  ASSERT_TRUE(become_safe()) << both();
  release();
}

TEST_F(Bus, S11_AServerThatStandsStillStopsAllWithinTheLease) {
  lease_ms = 4000;
  start_both();
  if (HasFatalFailure()) return;
  release();
  if (HasFatalFailure()) return;
  redis->signal(SIGSTOP);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(station->first_out(), "link_lost");
  redis->signal(SIGCONT);
  EXPECT_TRUE(station->until([&] { return station->look("/links/1/state") == "online"; }));
  EXPECT_TRUE(all_safe()) << "what comes back energises nothing";
  release();
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
