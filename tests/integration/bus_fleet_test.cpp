// Many simulated stations (`standstill sim station`) on a real Redis server with the real controller: who was
// off line for the stop, for the release or for both, who begins again, and whose button it was.
#include "support/bus_rig.hpp"
#include "support/sim_program.hpp"

namespace standstill::test {
namespace {

class BusFleet : public BusRig {
 protected:
  void SetUp() override {
    BusRig::SetUp();
    if (IsSkipped()) return;
    controller = member("ctrl-01", true, peers[0]);
    if (HasFatalFailure()) return;
    fleet = std::make_unique<SimProgram>(
        std::vector<std::string>{"station", "-n", std::to_string(count), "--url", redis->url(), "--key-file",
                                 folder / "master.key", "--lease-ms", "60000"});
    fleet->start();
    ASSERT_TRUE(controller->until([&] { return registered() == count; }, 120s)) << controller->log();
  }
  std::size_t registered() {
    const json answer = json::parse(controller->get("/api/v1/state").body, nullptr, false);
    return answer.value("stations", json::array()).size();
  }
  // Of one simulated station: "state", "relay", "epoch", "first_out", "online".
  json of(const std::string& which) {
    const json answer = json::parse(fleet->tell("state " + which), nullptr, false);
    const auto list = answer.value("stations", json::array());
    return list.empty() ? json::object() : list.front();
  }
  std::size_t energised() {
    return json::parse(fleet->tell("state"), nullptr, false).value("energised", std::size_t{9999});
  }
  bool until(const std::function<bool()>& is) { return controller->until(is, 120s); }
  // The operator at the controller; true when so many relays run then.
  bool release_all(std::size_t run) {
    for (int tries = 0; tries < 4; ++tries) {
      const bool released = until([&] {
        const std::string state = controller->state();
        if (state == "running") return true;
        if (state == "ready") return controller->word("start", controller->epoch()).status == 200;
        controller->word("ack", controller->epoch());
        controller->word("reset", controller->epoch());
        return false;
      });
      if (!released) return false;
      if (controller->until([&] { return energised() == run; }, 30s)) return true;
      stop();  // somebody refused: everything is looked at once more
      if (!until([&] { return energised() == 0; })) return false;
    }
    return false;
  }
  // It is off line, and the controller knows it.
  bool away(const std::string& which) {
    fleet->tell("cut " + which + " on");
    return until([&] {
      const std::string alarm = event(*controller, "missing");
      return alarm.find("silent") != std::string::npos && alarm.find(which) != std::string::npos;
    });
  }
  void stop() { controller->post("/api/v1/stop", R"({"reason":"operator_command"})"); }
  // Every station but these has confirmed the controller's trip, so that a release means it.
  bool confirmed_but(const std::string& absent = "none") {
    return until([&] {
      const json answer = json::parse(controller->get("/api/v1/state").body, nullptr, false);
      const auto epoch = controller->epoch();
      for (const auto& one : answer.value("stations", json::array()))
        if (one.value("instance", "") != absent &&
            (one.value("state", "") != "tripped" || one.value("confirmed_epoch", 0U) != epoch))
          return false;
      return controller->state() == "tripped";
    });
  }

  std::size_t count = 5;
  std::unique_ptr<SimProgram> fleet;
};

TEST_F(BusFleet, S11_OffLineDuringTheStop_DuringTheRelease_AndDuringBoth) {
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(release_all(5)) << fleet->tell("state all");
  // During the stop: it runs on (its lease is long here) until it is back, and then it knows.
  fleet->tell("cut sim-1 on");
  stop();
  ASSERT_TRUE(until([&] { return energised() == 1; })) << fleet->tell("state all");
  EXPECT_EQ(of("sim-1").value("state", ""), "running");
  fleet->tell("cut sim-1 off");
  ASSERT_TRUE(until([&] { return energised() == 0; })) << fleet->tell("state all");
  // During the release: it stays safe when it is back, and comes with the next one.
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(away("sim-2")) << bus_journal(*controller);
  ASSERT_TRUE(release_all(4)) << fleet->tell("state all");
  EXPECT_NE(event(*controller, "release_refused").find("sim-2"), std::string::npos)
      << bus_journal(*controller);
  fleet->tell("cut sim-2 off");
  ASSERT_TRUE(until([&] { return event(*controller, "returned").find("sim-2") != std::string::npos; }))
      << bus_journal(*controller);
  EXPECT_FALSE(controller->until([&] { return energised() == 5; }, 5s)) << fleet->tell("state all");
  stop();
  ASSERT_TRUE(until([&] { return energised() == 0; }));
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(release_all(5)) << fleet->tell("state all");
  // During both: it ran through an epoch that came and went, and trips for it.
  fleet->tell("cut sim-3 on");
  stop();
  ASSERT_TRUE(until([&] { return energised() == 1; }));
  ASSERT_TRUE(confirmed_but("sim-3"));
  ASSERT_TRUE(release_all(5)) << "four that were released and the one that was away: "
                              << fleet->tell("state all");
  fleet->tell("cut sim-3 off");
  ASSERT_TRUE(until([&] { return of("sim-3").value("state", "") == "tripped"; })) << fleet->tell("state all");
  EXPECT_FALSE(of("sim-3").value("relay", true));
}

TEST_F(BusFleet, AButtonOfOneCutsAllAndARestartOfOneStaysSafe) {
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(release_all(5)) << fleet->tell("state all");
  fleet->tell("restart sim-4");
  ASSERT_TRUE(until([&] { return of("sim-4").value("online", false) && energised() == 4; }))
      << fleet->tell("state all");
  EXPECT_EQ(controller->state(), "running") << "who begins again stops nobody";
  EXPECT_EQ(of("sim-4").value("state", ""), "tripped");
  fleet->tell("press sim-5");
  ASSERT_TRUE(until([&] { return energised() == 0 && controller->state() == "tripped"; }));
  EXPECT_EQ(controller->first_out(), "button_press");
  // A button at a station that was tripped before stops the others just the same.
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(away("sim-4")) << bus_journal(*controller);
  ASSERT_TRUE(release_all(4)) << fleet->tell("state all");
  fleet->tell("cut sim-4 off");
  ASSERT_TRUE(until([&] { return of("sim-4").value("online", false); }));
  EXPECT_EQ(of("sim-4").value("state", ""), "tripped");
  fleet->tell("press sim-4");
  ASSERT_TRUE(until([&] { return energised() == 0 && controller->state() == "tripped"; }))
      << fleet->tell("state all") << bus_journal(*controller);
}

TEST_F(BusFleet, AWeldedContactIsNamedByTheController) {
  ASSERT_TRUE(confirmed_but());
  ASSERT_TRUE(release_all(5)) << fleet->tell("state all");
  fleet->tell("weld sim-2 on");
  stop();
  ASSERT_TRUE(until([&] { return energised() == 1; }));
  ASSERT_TRUE(until([&] { return event(*controller, "missing").find("sim-2") != std::string::npos; }))
      << bus_journal(*controller);
  fleet->tell("weld sim-2 off");
  EXPECT_TRUE(until([&] { return energised() == 0; }));
}

}  // namespace
}  // namespace standstill::test
