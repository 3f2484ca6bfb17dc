// Whole programs (supervisor, guard, cutters) with a Modbus device and a broker: outputs, what proves them,
// and readings on their way out.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/mosquitto.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_meter.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

// A board with relays and contacts, which is a meter too.
std::string board(std::uint16_t port) {
  return "[[link]]\nid = \"board\"\nkind = \"modbus-tcp\"\nhost = \"127.0.0.1\"\nport = " +
         std::to_string(port) +
         "\npoll_ms = 100\ntimeout_ms = 5000\nsilence_ms = 20000\nregisters = [ { name = \"current\", "
         "address = 12, "
         "type = \"int32\", word_order = \"low_first\", scale = 0.001, unit = \"A\" } ]\n";
}
std::string coil(std::uint16_t port, const std::string& more) {
  return "[[output]]\nid = \"pump\"\nkind = \"modbus-coil\"\nhost = \"127.0.0.1\"\nport = " +
         std::to_string(port) + "\naddress = 3\ntimeout_ms = 5000\nprobe_ms = 1000\n" + more;
}
const std::string contact =
    "readback = { kind = \"modbus-input\", link = \"board\", address = 3, expect = false, expect_run = true, "
    "within_ms = 10000 }\n";

std::string output(PlantRig& rig, const std::string& id, const std::string& key) {
  for (int i = 0; i < 4; ++i)
    if (rig.look("/outputs/" + std::to_string(i) + "/id") == id)
      return rig.look("/outputs/" + std::to_string(i) + "/" + key);
  return "none";
}

TEST(MeterChain, S12_a_coil_follows_the_plant_and_its_own_contact_proves_it) {
  SimPeer peer;
  SimMeter meter({.tcp = true});
  PlantRig rig({.port = peer.port(), .more = board(meter.port()) + coil(meter.port(), contact)});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(rig.until([&] { return rig.get("/api/v1/tags").body.find("input-3") != std::string::npos; }))
      << rig.get("/api/v1/tags").body;
  EXPECT_EQ(output(rig, "pump", "commanded"), "run");
  rig.post("/api/v1/stop");
  EXPECT_TRUE(rig.until([&] { return output(rig, "pump", "readback") == "confirmed"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.first_out(), "operator_command");
  EXPECT_EQ(rig.journal().find("trip not effective"), std::string::npos);
}

TEST(MeterChain, S12_a_coil_that_sticks_is_a_trip_that_is_not_effective_and_escalates) {
  SimPeer peer;
  SimMeter meter({.tcp = true});
  // The relay goes only by escalation, so that it shows who cut it.
  PlantRig rig(
      {.port = peer.port(),
       .more = board(meter.port()) +
               coil(meter.port(),
                    "readback = { kind = \"modbus-input\", link = \"board\", address = 3, "
                    "expect = false, within_ms = 1500 }\nescalate = \"relay\"\n") +
               "[[stage]]\nat_ms = 0\noutput = \"pump\"\n[[stage]]\nat_ms = 60000\noutput = \"relay\"\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  // One that sticks before it has closed is safe.
  ASSERT_TRUE(rig.until([&] {
    const auto tags = nlohmann::json::parse(rig.get("/api/v1/tags").body, nullptr, false);
    for (const auto& tag : tags.is_array() ? tags : nlohmann::json::array())
      if (tag["name"] == "input-3") return tag["value"] == 1.0;
    return false;
  })) << rig.get("/api/v1/tags").body;
  meter.tell("weld on");
  rig.post("/api/v1/stop");
  ASSERT_TRUE(rig.until([&] { return output(rig, "pump", "readback") == "failed"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_TRUE(rig.until([&] { return !rig.relay.energised(); }, 30s)) << "escalation cuts what is behind it";
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("not effective") != std::string::npos; }));
}

TEST(MeterChain, S12_a_meter_that_still_sees_current_says_that_the_plug_did_not_obey) {
  SimPeer peer;
  SimMeter meter({.tcp = true});
  Mosquitto broker;
  Subscriber subscriber(broker, "shed/plug/set");
  meter.tell("load 0");
  PlantRig rig(
      {.port = peer.port(),
       .more = board(meter.port()) + "[[output]]\nid = \"plug\"\nkind = \"mqtt\"\nurl = \"" + broker.url() +
               "\"\ntopic = \"shed/plug/set\"\nsafe = \"OFF\"\nrun = \"ON\"\ntimeout_ms = 5000\n"
               "readback = { kind = \"tag\", tag = \"board.current\", below = 0.5, within_ms = 1500 }\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(rig.until([&] {
    const auto heard = subscriber.on("shed/plug/set");
    return !heard.empty() && heard.back() == "ON";
  }));
  meter.tell("load 5");
  ASSERT_TRUE(rig.until([&] {
    const auto tags = nlohmann::json::parse(rig.get("/api/v1/tags").body, nullptr, false);
    for (const auto& tag : tags.is_array() ? tags : nlohmann::json::array())
      if (tag["name"] == "current") return tag["value"].is_number() && tag["value"].get<double>() > 4.0;
    return false;
  })) << rig.get("/api/v1/tags").body;
  rig.post("/api/v1/stop");
  EXPECT_TRUE(rig.until([&] {
    const auto heard = subscriber.on("shed/plug/set");
    return !heard.empty() && heard.back() == "OFF";
  }));
  EXPECT_TRUE(rig.until([&] { return output(rig, "plug", "readback") == "failed"; }))
      << rig.get("/api/v1/state").body;
  meter.tell("load 0");
  EXPECT_TRUE(rig.until([&] { return output(rig, "plug", "readback") == "confirmed"; }))
      << rig.get("/api/v1/state").body;
}

TEST(MeterChain, readings_go_to_the_broker_and_none_is_lost_while_it_is_away) {
  SimPeer peer;
  SimMeter meter({.tcp = true, .serial = "BX77"});
  Mosquitto broker;
  Subscriber subscriber(broker, "#");
  for (int i = 0; i < 2000 && !Subscriber::kept_by(broker); ++i) ::usleep(10'000);
  ASSERT_TRUE(Subscriber::kept_by(broker));
  PlantRig rig(
      {.port = peer.port(),
       .more =
           "[[link]]\nid = \"meter\"\nkind = \"modbus-tcp\"\nhost = \"127.0.0.1\"\nport = " +
           std::to_string(meter.port()) +
           "\npoll_ms = 100\ntimeout_ms = 5000\nsilence_ms = 20000\ncritical = false\nprofile = \"em340\"\n"
           "reconnect = { first_ms = 100, max_ms = 500 }\npublish = { kind = \"mqtt\", url = \"" +
           broker.url() + "\", topic = \"meters\", home_assistant = true }\n"});
  rig.start_and_wait();
  const auto count = [&] { return subscriber.on("meters/BX77").size(); };
  ASSERT_TRUE(rig.until([&] { return count() >= 3; })) << rig.log() << broker.log();
  EXPECT_EQ(subscriber.on("meters/BX77/availability").back(), "online");
  EXPECT_FALSE(subscriber.on("homeassistant/sensor/standstill_BX77/voltage_l1/config").empty());

  meter.tell("unplug");
  ASSERT_TRUE(rig.until([&] { return subscriber.on("meters/BX77/event").size() == 1; }));
  meter.tell("replug");
  ASSERT_TRUE(rig.until([&] { return subscriber.on("meters/BX77/event").size() == 2; }));

  broker.kill();
  const auto waiting = [&] {
    const std::string page = rig.get("/metrics").body;
    const auto at = page.find("standstill_publish_waiting{link=\"meter\"} ");
    return at == std::string::npos ? -1 : std::atoi(page.c_str() + page.find("} ", at) + 2);
  };
  ASSERT_TRUE(rig.until([&] { return waiting() >= 5; })) << rig.get("/metrics").body;
  broker.start();
  ASSERT_TRUE(rig.until([&] { return waiting() == 0; })) << rig.log();
  ASSERT_TRUE(rig.until([&] { return rig.journal().find("broker_online") != std::string::npos; }));

  // Every cycle has its number, readings and news together: none is missing, each has its own time.
  std::map<std::uint64_t, std::string> numbers;
  bool unknown_seen = false;
  for (const char* topic : {"meters/BX77", "meters/BX77/event"})
    for (const auto& text : subscriber.on(topic)) {
      const auto json = nlohmann::json::parse(text);
      numbers.emplace(json["number"].get<std::uint64_t>(), json["at"].get<std::string>());
      if (json.contains("readings"))
        unknown_seen = unknown_seen || json["readings"]["voltage_l1"]["quality"] == "no_link";
    }
  EXPECT_EQ(numbers.rbegin()->first - numbers.begin()->first + 1, numbers.size());
  std::string before;
  for (const auto& [number, at] : numbers) {
    EXPECT_LE(before, at);
    before = at;
  }
  EXPECT_TRUE(unknown_seen) << "a loss says that nothing is known";
  const auto back = nlohmann::json::parse(subscriber.on("meters/BX77/event")[1]);
  EXPECT_EQ(back["event"], "return");
  EXPECT_GT(back["outage_s"].get<double>(), 0.0);

  EXPECT_EQ(rig.end(SIGTERM), 0);
  ASSERT_TRUE(rig.until([&] { return subscriber.on("meters/BX77/availability").back() == "offline"; }));
}

}  // namespace
}  // namespace standstill::test
