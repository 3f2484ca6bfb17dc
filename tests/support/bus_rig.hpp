// A real Redis server and two whole plants of real processes on it: a controller and a station. What is sent
// "by hand" is written out here, as redis-cli would send it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "support/plant_rig.hpp"
#include "support/redis_server.hpp"
#include "support/sim_peer.hpp"
#include "wire/estop/keys.hpp"

namespace standstill::test {

using nlohmann::json;

inline constexpr auto stop_by_hand =
    R"({"envelope":{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("source":{"service":"somebody","instance":"hand","version":"1.0.0"},"schema_version":"v1.0.0",)"
    R"("type":"system.emergency_stop"},"payload":{"reason":"operator_command"}})";

class BusRig : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServer::available())
      GTEST_SKIP() << "no Redis server here: install redis-tools (./dev test does)";
    redis = server();
    estop::Secret secret{};
    secret.fill(0x5A);
    const std::string master = estop::Keys::master_file({"k1", secret});
    write("master.key", master);
    write("station.key", estop::Keys::read(master)->station_file("bench-1"));
  }
  virtual std::unique_ptr<RedisServer> server() { return std::make_unique<RedisServer>(server_words()); }
  // What a test wants otherwise: further words for the server, and where the bus is.
  virtual std::vector<std::string> server_words() { return {}; }
  virtual std::string where(bool /*leads*/) { return "kind = \"redis\"\nurl = \"" + redis->url() + "\"\n"; }
  // The detail of the newest line of the bus in the journal that has this code.
  std::string event(PlantRig& rig, const std::string& code) {
    const json answer = json::parse(rig.journal(), nullptr, false);
    std::string newest;
    for (const auto& one : answer.value("events", json::array()))
      if (one.value("kind", "") == "bus" && one.value("code", "") == code) newest = one.value("detail", "");
    return newest;
  }
  // How many lines of the bus have it.
  int events(PlantRig& rig, const std::string& code) {
    const json answer = json::parse(rig.journal(), nullptr, false);
    int count = 0;
    for (const auto& one : answer.value("events", json::array()))
      count += one.value("kind", "") == "bus" && one.value("code", "") == code ? 1 : 0;
    return count;
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    ::chmod((folder / name).c_str(), 0600);
  }
  std::unique_ptr<PlantRig> member(const std::string& instance, bool leads, SimPeer& peer) {
    PlantRig::Options options;
    options.port = peer.port();
    options.serial_more = serial_more;
    options.more = "[bus]\n" + where(leads) + "instance = \"" + instance + "\"\nrole = \"" +
                   (leads ? "controller" : "station") + "\"\nlease_ms = " + std::to_string(lease_ms) +
                   "\nkey_file = \"" + (folder / (leads ? "master.key" : "station.key")) + "\"\n" + more;
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
  // The operator's three words at the controller, and nothing at the station. As a person does: what is
  // refused is looked at again, and where the station refuses what the controller has accepted (it was
  // stopped or tripped since it was looked at), everything is stopped and looked at once more.
  void release() {
    for (int rest = 4;; --rest) {
      ASSERT_TRUE(confirmed()) << both();
      const int refusals = events(*controller, "release_refused");
      ASSERT_TRUE(controller->until(
          [&] {
            const std::string state = controller->state();
            const auto epoch = controller->epoch();
            if (state == "ready") return controller->word("start", epoch).status == 200;
            if (state == "running") return true;
            controller->word("ack", epoch);
            controller->word("reset", epoch);
            return false;
          },
          120s))
          << controller->get("/api/v1/why").body;
      const auto runs = [&] { return station->state() == "running" && station->all_energised(); };
      const auto refused = [&] { return events(*controller, "release_refused") > refusals; };
      ASSERT_TRUE(
          station->until([&] { return runs() || refused() || controller->state() != "running"; }, 120s))
          << station->get("/api/v1/why").body << bus_journal(*station) << bus_journal(*controller);
      if (runs()) break;
      ASSERT_GT(rest, 0) << bus_journal(*station) << bus_journal(*controller);
      controller->post("/api/v1/stop", R"({"reason":"operator_command","description":"once more"})");
    }
    ASSERT_TRUE(controller->until([&] { return controller->all_energised(); }));
  }
  // Both running. A test goes no further when it has a fatal failure after this.
  void start_running() {
    start_both();
    if (!HasFatalFailure()) release();
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

  std::string serial_more;  // of both relays
  std::string more;         // further tables of both
  int lease_ms = 30000;     // a loaded machine must not be taken for a lost bus
  TemporaryFolder folder;
  std::array<SimPeer, 2> peers;
  std::unique_ptr<RedisServer> redis;
  std::unique_ptr<PlantRig> controller, station;
};

}  // namespace standstill::test
