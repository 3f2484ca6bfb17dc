// The ways on which a stop travels, with real processes: the second path beside a server that stands still,
// Unix sockets, a machine without any server; and commands, which travel only while nobody stops.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>

#include "support/bus_rig.hpp"

namespace standstill::test {
namespace {

// A machine so slow that a minute passes without a word of the server is not what these are about.
class BusPath : public BusRig {
 protected:
  BusPath() { lease_ms = 60000; }
  // "stops are also taken by datagram at 127.0.0.1:40312"
  std::uint16_t second_path(PlantRig& rig) {
    const std::string told = event(rig, "second_path");
    const auto colon = told.rfind(':');
    return colon == std::string::npos ? std::uint16_t{0}
                                      : static_cast<std::uint16_t>(std::stoul(told.substr(colon + 1)));
  }
  // Each has read who else is there.
  bool paths_known() {
    return controller->until([&] {
      return event(*controller, "paths").ends_with(": 1") && event(*station, "paths").ends_with(": 1");
    });
  }
};

TEST_F(BusPath, S9_AStopReachesTheStationAlthoughTheServerStandsStill) {
  start_running();
  if (HasFatalFailure()) return;
  ASSERT_TRUE(paths_known()) << bus_journal(*station) << bus_journal(*controller);
  redis->signal(SIGSTOP);
  ASSERT_EQ(controller->post("/api/v1/stop", R"({"reason":"safety_interlock","description":"door"})").status,
            200);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(station->first_out(), "safety_interlock") << "the stop itself came, and not the end of the lease";
  EXPECT_EQ(station->look("/first_out/source"), "bus");
  EXPECT_TRUE(controller->until([&] { return controller->look("/links/1/state") != "online"; }))
      << "an open connection that is dead is noticed by its probe, long before the lease";
  redis->signal(SIGCONT);
  EXPECT_TRUE(controller->until([&] { return station->look("/links/1/state") == "online"; }));
  release();
}

TEST_F(BusPath, S9_AStationsButtonReachesTheControllerAlthoughTheServerStandsStill) {
  start_running();
  if (HasFatalFailure()) return;
  ASSERT_TRUE(paths_known()) << bus_journal(*station) << bus_journal(*controller);
  redis->signal(SIGSTOP);
  ASSERT_EQ(station->post("/api/v1/stop", R"({"reason":"button_press"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "button_press");
}

TEST_F(BusPath, NobodyWithoutTheKeyStopsOrReleasesByDatagram) {
  start_running();
  if (HasFatalFailure()) return;
  const std::uint16_t port = second_path(*station);
  ASSERT_NE(port, 0) << bus_journal(*station);
  const os::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const auto send = [&](const std::string& text) {
    ::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  };
  const json forged{{"signed", stop_by_hand}, {"key_id", "k1"}, {"mac", std::string(64, 'a')}};
  const auto epoch = station->epoch();
  for (int i = 0; i < 20000; ++i) {
    send(stop_by_hand);
    send(forged.dump());
    if (i % 100 == 0) send(std::string(20000, 'x'));
  }
  ASSERT_TRUE(station->until([&] { return !event(*station, "datagram_refused").empty(); }))
      << bus_journal(*station);
  EXPECT_EQ(station->state(), "running") << bus_journal(*station);
  EXPECT_EQ(station->epoch(), epoch);
  // What comes from a member is obeyed all the same.
  ASSERT_EQ(controller->post("/api/v1/stop", R"({"reason":"operator_command"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
}

TEST_F(BusPath, S4_CommandsSwitchWhatIsMarkedAndOnlyWhileNobodyStops) {
  serial_more = "commandable = true\n";
  start_both();
  if (HasFatalFailure()) return;
  const auto send = [&](const std::string& device, const std::string& command) {
    return controller->post(
        "/api/v1/links/bus/send",
        json{{"command",
              json{{"station", "bench-1"}, {"device", device}, {"command", command}, {"timeout_ms", 20000}}
                  .dump()}}
            .dump());
  };
  auto answer = send("relay", "run");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("E-stop active"), std::string::npos) << answer.body;
  release();
  if (HasFatalFailure()) return;
  answer = send("relay", "safe");
  EXPECT_EQ(answer.status, 200) << answer.body << bus_journal(*station);
  EXPECT_TRUE(station->until([&] { return station->all_safe(); }));
  EXPECT_EQ(station->state(), "running") << "a command is no trip";
  answer = send("relay", "run");
  EXPECT_EQ(answer.status, 200) << answer.body << bus_journal(*station);
  EXPECT_TRUE(station->until([&] { return station->all_energised(); }));
  answer = send("mains", "run");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("E_DEVICE_NOT_FOUND"), std::string::npos) << answer.body;
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
  const auto starts = station->run_commands();
  answer = send("relay", "run");
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("E-stop active"), std::string::npos) << answer.body;
  EXPECT_EQ(station->run_commands(), starts);
}

TEST_F(BusPath, S4_CommandsOfAStreamAreTakenAndThoseFromBeforeAreNot) {
  serial_more = "commandable = true\n";
  const auto request = [](unsigned number, const std::string& command) {
    return R"({"envelope":{"id":"0000000)" + std::to_string(number) +
           R"(-d9cb-469f-a165-70867728950e","timestamp":1769860800,"source":{"service":"somebody",)"
           R"("instance":"hand","version":"1.0.0"},"schema_version":"v1.0.0","type":"device.command.request",)"
           R"("correlation_id":"0f8fad5b-d9cb-469f-a165-70867728950e","reply_to":"responses:hand"},)"
           R"("payload":{"device_id":"relay","command_name":")" +
           command + R"(","timeout_ms":30000}})";
  };
  const auto add = [&](const std::string& text) {
    return redis->say({"XADD", "commands:bench-1", "*", "message", text});
  };
  ASSERT_TRUE(add(request(1, "safe")).starts_with("$"));
  start_running();
  if (HasFatalFailure()) return;
  RedisListener answers(*redis, "responses:hand");
  add(request(2, "safe"));
  const auto success = [&] {
    const json message = json::parse(answers.next(), nullptr, false);
    return message.is_object() && message.at("payload").at("success").get<bool>();
  };
  EXPECT_TRUE(success()) << bus_journal(*station);
  EXPECT_TRUE(station->until([&] { return station->all_safe(); }));
  add(request(3, "run"));
  EXPECT_TRUE(success()) << bus_journal(*station);
  EXPECT_TRUE(station->until([&] { return station->all_energised(); }))
      << "and the command from before the start was not the first of them";
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
  const auto starts = station->run_commands();
  add(request(4, "run"));
  EXPECT_FALSE(success());
  EXPECT_EQ(station->run_commands(), starts);
}

TEST_F(BusPath, AStationThatFallsSilentIsAnAlarmAlsoWithoutATrip) {
  start_running();
  if (HasFatalFailure()) return;
  station->kill_everything();
  ASSERT_TRUE(controller->until([&] { return !event(*controller, "missing").empty(); }))
      << bus_journal(*controller);
  EXPECT_NE(event(*controller, "missing").find("bench-1"), std::string::npos);
}

TEST_F(BusPath, S6_S10_AFloodOfStopsIsOneTripAndKeepsItsFirstCause) {
  start_running();
  if (HasFatalFailure()) return;
  const auto stop = [](unsigned number, const std::string& reason) {
    char id[40];
    std::snprintf(id, sizeof id, "%08x-d9cb-469f-a165-70867728950e", number);
    std::string text = stop_by_hand;
    text.replace(text.find("0f8fad5b-d9cb"), 36, id);
    text.replace(text.find("operator_command"), 16, reason);
    return text;
  };
  const auto memory = [&](pid_t pid) {
    const std::string status = PlantRig::read("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find("VmRSS:");
    return at == std::string::npos ? 0UL : std::stoul(status.substr(at + 6));  // kB
  };
  const auto station_epoch = station->epoch(), controller_epoch = controller->epoch();
  [[maybe_unused]] const auto before = memory(station->supervisor());
  redis->publish("events:emergency_stop", stop(1, "device_fault"));
  std::vector<std::string> many;
  for (unsigned i = 2; i < 20000; ++i) many.push_back(stop(i % 3 == 0 ? i / 2 : i, "software_error"));
  redis->flood("events:emergency_stop", many);
  ASSERT_TRUE(become_safe()) << both();
  redis->flood("events:emergency_stop", many);
  // What comes behind it on the same connection is taken in when the flood was; where that was more than a
  // member takes in, it has left the connection for a new one, and hears this on that one.
  for (PlantRig* rig : {controller.get(), station.get()}) {
    const char* channel = rig == station.get() ? "commands:bench-1" : "commands:ctrl-01";
    ASSERT_TRUE(rig->until([&] {
      redis->publish(channel, "no command");
      return !event(*rig, "command_refused").empty();
    })) << bus_journal(*rig);
  }
  ASSERT_TRUE(confirmed()) << both();
  EXPECT_EQ(station->epoch(), station_epoch + 1);
  EXPECT_EQ(controller->epoch(), controller_epoch + 1);
  EXPECT_EQ(station->first_out(), "device_fault");
  EXPECT_EQ(controller->first_out(), "device_fault");
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
  EXPECT_LT(memory(station->supervisor()), before + 40'000) << "kB; before: " << before;
#endif
  release();
}

TEST_F(BusPath, TheOwnOutputsAreCutBeforeTheStopIsPublished) {
  start_running();
  if (HasFatalFailure()) return;
  RedisListener listener(*redis, "events:emergency_stop");
  const auto epoch = station->epoch() + 1;
  ASSERT_EQ(station->post("/api/v1/stop", R"({"reason":"button_press"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
  const std::string text = listener.next();
  const json message = json::parse(text, nullptr, false);
  ASSERT_TRUE(message.is_object()) << text;
  EXPECT_EQ(message.at("envelope").at("source").at("instance"), "bench-1") << "it was the first to say so";
  std::string cut;
  ASSERT_TRUE(station->until([&] {
    const json answer = json::parse(station->journal("epoch=" + std::to_string(epoch)), nullptr, false);
    for (const auto& one : answer.value("events", json::array()))
      if (one.value("kind", "") == "output_commanded" && one.value("source", "") == "relay")
        cut = one.value("at", "");
    return !cut.empty();
  })) << station->journal();
  // Both are written as 2026-01-31T12:00:00.000Z, so that texts compare as times do.
  EXPECT_LE(cut.substr(0, 23), message.at("envelope").at("timestamp").get<std::string>().substr(0, 23));
}

class BusUnix : public BusRig {
 protected:
  std::vector<std::string> server_words() override {
    return {"--unixsocket", folder / "redis.sock", "--unixsocketperm", "700"};
  }
  std::string where(bool) override {
    return "kind = \"redis\"\nurl = \"unix://" + (folder / "redis.sock") + "\"\n";
  }
};

TEST_F(BusUnix, AServersUnixSocketIsAsGoodAsTcp) {
  start_running();
  if (HasFatalFailure()) return;
  redis->publish("events:emergency_stop", stop_by_hand);
  ASSERT_TRUE(become_safe()) << both();
}

class BusLocal : public BusRig {
 protected:
  std::string where(bool) override {
    return "kind = \"local\"\nsocket = \"" + (folder / "bus.sock") + "\"\n";
  }
};

TEST_F(BusLocal, OneMachineNeedsNoServer) {
  start_running();
  if (HasFatalFailure()) return;
  ASSERT_EQ(station->post("/api/v1/stop", R"({"reason":"button_press"})").status, 200);
  ASSERT_TRUE(become_safe()) << both();
  EXPECT_EQ(controller->first_out(), "button_press");
  release();
}

TEST_F(BusLocal, S11_TheEndOfItsControllerStopsTheStations) {
  lease_ms = 4000;
  start_running();
  if (HasFatalFailure()) return;
  controller->kill_everything();
  ASSERT_TRUE(station->until([&] { return station->state() == "tripped" && station->all_safe(); }, 60s));
  EXPECT_EQ(station->first_out(), "link_lost");
}

}  // namespace
}  // namespace standstill::test
