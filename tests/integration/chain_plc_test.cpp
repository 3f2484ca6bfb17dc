// The whole chain with a PLC: its link and its heartbeats as watches, a bit of it as an output, read back by
// tag. Supervisor, guard and cutters are the real programs; the PLC is the simulated one.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "support/plant_rig.hpp"
#include "support/plc_peer.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

constexpr const char* valve_tag = "{ name = \"valve\", address = \"DB1.DBX4.0\" }";

struct Wanted {
  std::string tags = valve_tag;
  std::string link{};  // further keys of the link
  std::string readback = "tag = \"press.valve\", expect = 0, expect_run = 1, within_ms = 20000";
  std::string output{};  // further keys of the output
  std::string more{};    // further tables
  int silence_ms = 20000;
  int probe_ms = 1000;  // of the output
};

class ChainPlc : public testing::Test {
 protected:
  void plant(const Wanted& wanted) {
    const std::string port = std::to_string(plc.port());
    rig = std::make_unique<PlantRig>(PlantRig::Options{
        .port = layout.port(),
        .more = "[[link]]\nid = \"press\"\nkind = \"s7\"\nhost = \"127.0.0.1\"\nport = " + port +
                "\npoll_ms = 50\nprobe_ms = 500\nsilence_ms = " + std::to_string(wanted.silence_ms) +
                "\nreconnect = { first_ms = 100, factor = 1.5, max_ms = 500 }\nbreaker = { failures = 10000 "
                "}\ntags = [ " +
                wanted.tags + " ]\n" + wanted.link +
                "\n[[output]]\nid = \"valve\"\nkind = \"s7-bit\"\nhost = \"127.0.0.1\"\nport = " + port +
                "\naddress = \"DB1.DBX4.0\"\nprobe_ms = " + std::to_string(wanted.probe_ms) +
                "\ntimeout_ms = 2000\nreadback = { kind = \"tag\", " + wanted.readback + " }\n" +
                wanted.output + "\n" + wanted.more});
    rig->start_and_wait();
  }
  void running(const Wanted& wanted) {
    ASSERT_NO_FATAL_FAILURE(plant(wanted));
    ASSERT_NO_FATAL_FAILURE(rig->to_running());
    ASSERT_TRUE(rig->until([&] { return bit(true); })) << plc.tell("get DB1.DBX4.0") << rig->log();
  }
  [[nodiscard]] std::string value(const std::string& address) {
    return PlantRig::pick(plc.tell("get " + address), "/value");
  }
  [[nodiscard]] bool bit(bool on) { return value("DB1.DBX4.0") == (on ? "true" : "false"); }
  [[nodiscard]] bool safe() { return bit(false) && rig->all_safe(); }
  [[nodiscard]] std::string state() { return rig->get("/api/v1/state").body + rig->log(); }
  [[nodiscard]] bool cause(const std::string& words) {
    return rig->look("/causes").find(words) != std::string::npos;
  }

  SimPeer layout;
  TemporaryFolder secrets;
  PlcPeer plc{{}, 100ms};
  std::unique_ptr<PlantRig> rig;
};

TEST_F(ChainPlc, S12_ABitIsWrittenByStartAndCutByStopAndReadBackByItsTag) {
  plc.tell("set DB1.DBB4 170");
  ASSERT_NO_FATAL_FAILURE(running({}));
  EXPECT_TRUE(rig->until([&] { return rig->look("/outputs/1/commanded") == "run"; })) << state();
  EXPECT_EQ(value("DB1.DBB4"), "171") << "a neighbour was disturbed";
  EXPECT_EQ(rig->post("/api/v1/stop").status, 200);
  EXPECT_TRUE(rig->until([&] { return safe(); })) << state();
  EXPECT_TRUE(rig->until([&] { return rig->look("/outputs/1/readback") == "confirmed"; })) << state();
  EXPECT_EQ(value("DB1.DBB4"), "170");
  EXPECT_FALSE(cause("output_failed")) << state();
}

TEST_F(ChainPlc, S12_ABitThatIsWrittenAndDoesNothingEscalates) {
  // The contactor's own contact is read back, and it is welded.
  Wanted wanted;
  wanted.tags = "{ name = \"contactor\", address = \"DB1.DBX5.0\" }";
  wanted.readback = "tag = \"press.contactor\", expect = 0, within_ms = 1000";
  wanted.output = "escalate = \"relay\"";
  wanted.more = "[[stage]]\nat_ms = 0\noutput = \"valve\"\n[[stage]]\nat_ms = 60000\noutput = \"relay\"\n";
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  plc.tell("set DB1.DBX5.0 true");
  EXPECT_EQ(rig->post("/api/v1/stop").status, 200);
  EXPECT_TRUE(rig->until([&] { return safe(); })) << state();
  EXPECT_TRUE(rig->until([&] { return rig->look("/outputs/1/readback") == "failed"; })) << state();
  EXPECT_TRUE(rig->until([&] { return rig->journalled("escalated") == 1; })) << rig->journal();
  EXPECT_TRUE(cause("output_failed")) << state();
}

TEST_F(ChainPlc, S2_TheBitBecomesSafeWhoeverDies) {
  ASSERT_NO_FATAL_FAILURE(running({}));
  const auto strike = [&](pid_t target, int signal) {
    ASSERT_GT(target, 1);
    ASSERT_EQ(::kill(target, signal), 0);
    EXPECT_TRUE(rig->until([&] { return safe(); })) << rig->log();
  };
  ASSERT_NO_FATAL_FAILURE(strike(rig->cutter(1), SIGKILL));
  for (const int signal : {SIGKILL, SIGSTOP}) {
    ASSERT_NO_FATAL_FAILURE(rig->to_running());
    ASSERT_TRUE(rig->until([&] { return bit(true); })) << state();
    ASSERT_NO_FATAL_FAILURE(strike(signal == SIGKILL ? rig->guard() : rig->supervisor(), signal));
  }
  ASSERT_EQ(::kill(rig->supervisor(), SIGCONT), 0);
}

TEST_F(ChainPlc, ACpuInStopIsATrip) {
  ASSERT_NO_FATAL_FAILURE(running({}));
  plc.tell("cpu-stop");
  EXPECT_TRUE(rig->until([&] { return safe() && rig->state() == "tripped"; })) << state();
  EXPECT_EQ(rig->first_out(), "device_fault");
  EXPECT_EQ(rig->look("/first_out/source"), "press.cpu");
  EXPECT_EQ(rig->look("/first_out/detail"), "the PLC's CPU is in STOP");
  rig->word("ack", rig->epoch());
  EXPECT_EQ(rig->word("reset", rig->epoch()).status, 409) << "released although the CPU stands";
  plc.tell("cpu-run");
  ASSERT_NO_FATAL_FAILURE(rig->to_running());
}

TEST_F(ChainPlc, AStageStopsTheCpuAndAPersonMayWhileThePlantRuns) {
  Wanted wanted;
  wanted.link = "allow_control = true";
  wanted.more =
      "[[stage]]\nat_ms = 0\nsend = { link = \"press\", command = \"cpu stop\" }\n"
      "[[stage]]\nat_ms = 1\noutput = \"valve\"\n";
  ASSERT_NO_FATAL_FAILURE(plant(wanted));
  const auto send = [&] { return rig->post("/api/v1/links/press/send", R"({"command":"cpu stop"})"); };
  EXPECT_EQ(send().status, 409) << "by hand only while the plant runs";
  ASSERT_NO_FATAL_FAILURE(rig->to_running());
  const auto cpu = [&] { return PlantRig::pick(plc.tell("status"), "/cpu"); };
  EXPECT_EQ(cpu(), "running");
  EXPECT_EQ(rig->post("/api/v1/stop").status, 200);
  EXPECT_TRUE(rig->until([&] { return cpu() == "stopped" && safe(); })) << state();
  EXPECT_TRUE(rig->until([&] { return cause("the PLC's CPU is in STOP"); })) << state();
  plc.tell("cpu-run");
  ASSERT_NO_FATAL_FAILURE(rig->to_running());
  EXPECT_EQ(cpu(), "running") << "nothing of this starts or stops it by itself";
  EXPECT_EQ(send().status, 200);
  EXPECT_TRUE(rig->until([&] { return cpu() == "stopped" && rig->state() == "tripped"; })) << state();
  EXPECT_EQ(rig->look("/first_out/source"), "press.cpu");
  EXPECT_TRUE(rig->until([&] { return safe(); })) << state();
}

TEST_F(ChainPlc, ARestartOfThePlcIsATripAndItComesBack) {
  ASSERT_NO_FATAL_FAILURE(running({}));
  plc.tell("restart 1000");
  EXPECT_TRUE(rig->until([&] { return rig->state() == "tripped"; })) << state();
  // The link and the output have a connection each: whichever ends first is the first-out.
  const std::string first = rig->first_out();
  EXPECT_TRUE(first == "link_lost" || first == "output_failed") << state();
  EXPECT_TRUE(rig->until([&] { return rig->journal().find("link_lost") != std::string::npos; }))
      << rig->journal();
  EXPECT_TRUE(rig->until([&] { return safe(); })) << "said again to the PLC that came back\n" << state();
  EXPECT_TRUE(rig->until([&] { return rig->look("/links/1/state") == "online"; })) << state();
  ASSERT_NO_FATAL_FAILURE(rig->to_running());
  EXPECT_TRUE(rig->until([&] { return bit(true); }));
}

TEST_F(ChainPlc, S7_AHeartbeatThatStandsStillIsATrip) {
  Wanted wanted;
  wanted.tags = std::string(valve_tag) + ", { name = \"counter\", address = \"DB1.DBD0:DINT\" }";
  wanted.link = "heartbeat = { tag = \"counter\", changes_within_ms = 3000 }";
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  plc.tell("program off");  // every question is answered, and nothing changes any more
  EXPECT_TRUE(rig->until([&] { return safe() && rig->state() == "tripped"; })) << state();
  EXPECT_EQ(rig->first_out(), "link_frozen");
  EXPECT_EQ(rig->look("/first_out/source"), "press.cpu");
}

TEST_F(ChainPlc, S7_AValueOfBeforeAnOutageIsNotFineAfterIt) {
  Wanted wanted;
  wanted.tags = std::string(valve_tag) + ", { name = \"level\", address = \"DB1.DBD20:DINT\" }";
  wanted.more =
      "[[watch]]\nid = \"flood\"\nkind = \"limit\"\nsource = \"press.level\"\nhigh = 10.0\nvalid = [0.0, "
      "100.0]\nstale_ms = 5000\n";
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  plc.tell("crash");
  plc.tell("put-get off");
  plc.tell("restart 0");  // it comes back, and tells its values no more
  EXPECT_TRUE(rig->until([&] { return rig->state() == "tripped"; })) << state();
  EXPECT_TRUE(rig->until([&] { return rig->look("/links/1/state") == "online" && cause("\"flood\""); }))
      << state();
  EXPECT_TRUE(cause("sensor_fault")) << state();
  rig->word("ack", rig->epoch());
  EXPECT_EQ(rig->word("reset", rig->epoch()).status, 409);
  plc.tell("set DB1.DBD20:DINT 50");  // above its limit meanwhile
  plc.tell("put-get on");
  EXPECT_TRUE(rig->until([&] { return rig->look("/causes").find("\"limit\"") != std::string::npos; }))
      << state();
}

TEST_F(ChainPlc, S8_ANetworkThatSwallowsEverythingIsALossAndTheCutGoesAround) {
  Wanted wanted;
  wanted.silence_ms = 3000;
  wanted.probe_ms = 60000;  // else the output may be the first to notice
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  plc.tell("half-open");  // the link's connection and the cutter's are dead, and no packet says so
  EXPECT_TRUE(rig->until([&] { return rig->state() == "tripped"; })) << state();
  EXPECT_EQ(rig->first_out(), "link_lost");
  EXPECT_TRUE(rig->until([&] { return safe(); })) << "no new connection was tried\n" << state();
}

TEST_F(ChainPlc, ThePlcCanSuperviseStandstill) {
  Wanted wanted;
  wanted.link = "allow_write = true\nwrite_heartbeat = { address = \"DB10.DBW0:INT\", every_ms = 50 }";
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  const std::string first = value("DB10.DBW0:INT");
  EXPECT_TRUE(rig->until([&] { return value("DB10.DBW0:INT") != first; })) << state();
  ASSERT_GT(rig->supervisor(), 1);
  ASSERT_EQ(::kill(rig->supervisor(), SIGSTOP), 0);
  EXPECT_TRUE(rig->until([&] { return safe(); }));
  const std::string stopped = value("DB10.DBW0:INT");
  EXPECT_FALSE(rig->until([&] { return value("DB10.DBW0:INT") != stopped; }, 500ms))
      << "somebody else counts for a supervisor that stands";
  ASSERT_EQ(::kill(rig->supervisor(), SIGCONT), 0);
  EXPECT_TRUE(rig->until([&] { return value("DB10.DBW0:INT") != stopped; })) << state();
  // A heartbeat that the PLC does not take protects nobody, and is said.
  plc.tell("writable off");
  EXPECT_TRUE(rig->until([&] { return cause("the heartbeat is not written"); })) << state();
}

TEST_F(ChainPlc, AProtectedPlcAndOneWithoutStatusLists) {
  std::ofstream(secrets / "plc") << "geheim\n";
  ::chmod((secrets / "plc").c_str(), 0600);
  plc.tell("password geheim");
  plc.tell("status-lists off");
  Wanted wanted;
  const std::string secret = "password_file = \"" + (secrets / "plc") + "\"\nconnection = \"op\"\n";
  wanted.link = secret;
  wanted.output = secret;
  ASSERT_NO_FATAL_FAILURE(plant(wanted));
  EXPECT_TRUE(rig->until([&] { return cause("add a heartbeat to the link"); })) << state();
  EXPECT_EQ(rig->look("/links/1/state"), "online") << state();
  rig.reset();
  wanted.tags = std::string(valve_tag) + ", { name = \"counter\", address = \"DB1.DBD0:DINT\" }";
  wanted.link += "heartbeat = { tag = \"counter\", changes_within_ms = 3000 }";
  ASSERT_NO_FATAL_FAILURE(running(wanted));
  plc.tell("cpu-stop");  // its counter says what its status list does not
  EXPECT_TRUE(rig->until([&] { return safe() && rig->state() == "tripped"; })) << state();
  EXPECT_EQ(rig->first_out(), "link_frozen");
}

TEST_F(ChainPlc, ABitThatIsNotThereRefusesStart) {
  Wanted wanted;
  wanted.output = "";
  ASSERT_NO_FATAL_FAILURE(plant(wanted));
  plc.tell("put-get off");
  EXPECT_TRUE(rig->until([&] { return cause("output_failed"); })) << state();
  rig->word("ack", rig->epoch());
  EXPECT_EQ(rig->word("reset", rig->epoch()).status, 409);
  EXPECT_TRUE(bit(false));
}

}  // namespace
}  // namespace standstill::test
