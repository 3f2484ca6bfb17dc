// Watches and read-backs against a live peer: S7 and S12; the command station behind a living server.
#include <gtest/gtest.h>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

std::string limit(const std::string& tag) {
  return "[[watch]]\nid = \"oil\"\nkind = \"limit\"\nsource = \"layout." + tag +
         "\"\nhigh = 0.5\nvalid = [0.0, 1.0]\nstale_ms = 1000\n";
}

TEST(ChainWatch, S7_ALimitTripsAtItsValue) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .probe_ms = 200, .more = limit("fb1")});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  EXPECT_TRUE(rig.until([&] { return rig.get("/api/v1/tags").body.find("\"fb1\"") != std::string::npos; }));
  peer.tell("set fb1 off");
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  peer.tell("set fb1 on");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }))
      << rig.get("/api/v1/tags").body;
  EXPECT_EQ(rig.first_out(), "limit");
  EXPECT_EQ(rig.look("/first_out/source"), "oil");
}

TEST(ChainWatch, S7_AStaleValueIsASensorFault) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .probe_ms = 200, .silence_ms = 60000, .more = limit("fb1")});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  peer.tell("set fb1 off");
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  peer.tell("hang");  // long before the link itself is called lost
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.first_out(), "sensor_fault");
}

TEST(ChainWatch, ALivingServerWithoutItsCommandStationIsATrip) {
  SimPeer peer({.start_running = true});
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  peer.tell("lose-station");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.look("/first_out/source"), "layout.station");
}

TEST(ChainWatch, S12_ARelayThatFallsSilentEscalatesAndEverybodyIsTold) {
  SimPeer peer;
  const TemporaryFolder beside;
  PlantRig rig({.port = peer.port(),
                .http = true,
                .serial_more = "expect_reply = \"OK\"\nexpect_reply_run = \"OK\"\ntimeout_ms = 300\nescalate "
                               "= \"mains\"\n",
                .more = "[[stage]]\nat_ms = 0\noutput = \"relay\"\n[[stage]]\nat_ms = 60000\noutput = "
                        "\"mains\"\n"  // only
                                       // the
                                       // escalation
                                       // cuts
                                       // it
                                       // in
                                       // time
                        "[[alert]]\nid = \"bell\"\nkind = \"program\"\ncommand = [\"/bin/sh\", \"-c\", \"cat "
                        ">> " +
                        (beside / "alerts") + "\"]\n"});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  rig.relay.answer_with(false);
  EXPECT_EQ(rig.post("/api/v1/stop").status, 200);
  EXPECT_TRUE(rig.until([&] { return !rig.http->energised(); }, 10s)) << "not escalated";
  EXPECT_TRUE(rig.until([&] { return rig.look("/outputs/0/readback") == "failed"; })) << rig.look("/outputs");
  EXPECT_NE(rig.look("/causes").find("output_failed"), std::string::npos) << rig.look("/causes");
  for (const auto& channel : {rig.look("/causes"), rig.get("/api/v1/why").body})
    EXPECT_NE(channel.find("trip not effective"), std::string::npos) << channel;
  EXPECT_TRUE(rig.until([&] { return rig.journalled("escalated") == 1; })) << rig.journal();
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("trip not effective") != std::string::npos; }));
  EXPECT_TRUE(rig.until([&] {
    return PlantRig::read(beside / "alerts").find("trip not effective") != std::string::npos;
  })) << PlantRig::read(beside / "alerts");
  rig.word("ack", rig.epoch());
  const auto refused = rig.word("reset", rig.epoch());
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("relay"), std::string::npos) << refused.body;
}

TEST(ChainWatch, S7_AValueThatNeverCameRefusesStart) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .probe_ms = 200, .more = limit("no-such-feedback")});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  // Not merely unknown: a cause with a name and a sentence, which `why` and the refusal give too.
  EXPECT_TRUE(rig.until([&] { return rig.look("/causes").find("\"oil\"") != std::string::npos; }, 30s))
      << rig.get("/api/v1/state").body;
  EXPECT_NE(rig.look("/causes").find("sensor_fault"), std::string::npos) << rig.look("/causes");
  const std::string sentence = "layout.no-such-feedback has never been read";
  EXPECT_NE(rig.look("/causes").find(sentence), std::string::npos) << rig.look("/causes");
  EXPECT_NE(rig.get("/api/v1/why").body.find(sentence), std::string::npos) << rig.get("/api/v1/why").body;
  EXPECT_EQ(rig.word("ack", rig.epoch()).status, 200);
  const auto refused = rig.word("reset", rig.epoch());
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("oil"), std::string::npos) << refused.body;
  EXPECT_EQ(rig.word("start", rig.epoch()).status, 409);
  EXPECT_EQ(rig.run_commands(), 0);
}

}  // namespace
}  // namespace standstill::test
