// Recording and telling come last and lose nothing: S13, S14; what cannot be switched off or swallowed: S15,
// S16.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

TEST(ChainRecord, S13_WhatWasShownAsWrittenSurvivesAKillInMidFlood) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  std::atomic<bool> flooding = true;
  std::thread flood([&] {
    for (int i = 0; flooding; ++i)
      rig.post("/api/v1/stop", "{\"description\":\"flood " + std::to_string(i) + "\"}");
  });
  // What the journal answers has been written: it is read from the database itself.
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("flood 20") != std::string::npos; }));
  const std::string seen = rig.journal("limit=1000");
  ::kill(rig.supervisor(), SIGKILL);
  flooding = false;
  flood.join();
  rig.end(0);
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  const std::string after = rig.journal("limit=1000");
  int checked = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string event = "flood " + std::to_string(i) + "\"";
    const std::string with_who = "flood " + std::to_string(i) + " (";
    if (seen.find(event) == std::string::npos && seen.find(with_who) == std::string::npos) continue;
    ++checked;
    EXPECT_TRUE(after.find(event) != std::string::npos || after.find(with_who) != std::string::npos)
        << event << " was lost";
  }
  EXPECT_GT(checked, 10);
  int snapshots = 0;
  for (const auto& file : std::filesystem::directory_iterator(rig.state_dir + "/snapshots")) {
    if (file.path().extension() != ".json") continue;
    ++snapshots;
    EXPECT_NE(PlantRig::pick(PlantRig::read(file.path()), "/timestamp"), "?") << file.path() << " is torn";
  }
  EXPECT_GE(snapshots, 1);
}

TEST(ChainRecord, S14_HangingReceiversDelayNoCutAndNoPermit) {
  SimPeer peer;
  std::uint16_t port = 0;
  const int deaf = listen_on_loopback(port);  // takes connections and says nothing
  const std::string all = "on = [\"trip\", \"return\", \"lost\", \"ack\", \"reset\"]\n";
  PlantRig rig(
      {.port = peer.port(),
       .http = true,
       .more =
           "[[alert]]\nid = \"deaf\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:" + std::to_string(port) +
           "/\"\n" + all +
           "[[alert]]\nid = \"nowhere\"\nkind = \"webhook\"\nurl = \"http://no-such-host.invalid/\"\n" + all +
           "[[alert]]\nid = \"stuck\"\nkind = \"program\"\ncommand = [\"/bin/sleep\", \"60\"]\n" + all});
  rig.start_and_wait();
  for (int round = 0; round < 3; ++round) {
    rig.to_running();
    ASSERT_FALSE(HasFatalFailure());
    const auto epoch = rig.epoch();
    const auto begun = boot_ns();
    peer.tell("crash");
    EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
    EXPECT_LT(rig.relay.safe_at() - begun, 1'500'000'000) << "the cut waited for somebody";
    EXPECT_TRUE(rig.until([&] { return rig.epoch() == epoch + 1; }));
    EXPECT_EQ(rig.first_out(), "link_lost") << "a permit was late";
    peer.tell("restart 1");
  }
  EXPECT_LT(std::atoi(rig.look("/guard/permit_age_ms").c_str()), 1000);
  EXPECT_TRUE(rig.until(
      [&] { return rig.get("/api/v1/alerts").body.find("\"failing\":true") != std::string::npos; }, 30s))
      << rig.get("/api/v1/alerts").body;
  EXPECT_EQ(rig.get("/livez").status, 200);
  ::close(deaf);
}

TEST(ChainRecord, S14_ADiskThatStandsStillDelaysNoCut) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  // Another writer holds the journal's lock: for the recorder the disk stands still.
  const std::string held = rig.folder / "held";
  const std::string script = "import sqlite3,time; c=sqlite3.connect('" + rig.state_dir +
                             "/journal.db',isolation_level=None); c.execute('BEGIN IMMEDIATE'); open('" +
                             held + "','w').close(); time.sleep(6)";
  const pid_t holder = ::fork();
  if (holder == 0) {
    ::execlp("python3", "python3", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  ASSERT_TRUE(rig.until([&] { return std::filesystem::exists(held) || ::kill(holder, 0) != 0; }));
  const auto begun = boot_ns();
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  EXPECT_LT(rig.relay.safe_at() - begun, 1'500'000'000);
  EXPECT_TRUE(rig.until([&] { return rig.state() == "tripped"; }));
  EXPECT_EQ(rig.first_out(), "link_lost");
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("\"link_lost\"") != std::string::npos; }, 30s))
      << "the trip never reached the journal";
}

TEST(ChainRecord, S15_NoVariableTurnsAWatchOff) {
  for (const char* name :
       {"STANDSTILL_WATCH_OFF", "STANDSTILL_LINK_LAYOUT_CRITICAL", "STANDSTILL_GUARD_PERMIT_TIMEOUT_MS"})
    ::setenv(name, "0", 1);
  {
    SimPeer peer;
    PlantRig rig({.port = peer.port()});
    rig.start();
    const bool runs = rig.until([&] { return rig.get("/api/v1/state").status == 200; }, 5s);
    if (runs) {  // then it is watching; to refuse the variable is right as well
      rig.to_running();
      peer.tell("crash");
      EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }));
    } else {
      EXPECT_NE(rig.log().find("STANDSTILL_"), std::string::npos) << rig.log();
    }
  }
  for (const char* name :
       {"STANDSTILL_WATCH_OFF", "STANDSTILL_LINK_LAYOUT_CRITICAL", "STANDSTILL_GUARD_PERMIT_TIMEOUT_MS"})
    ::unsetenv(name);
}

TEST(ChainRecord, S16_BadRequestsAndBadFramesAreRefusedAndNothingElseHappens) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = std::to_string(rig.epoch());
  for (const std::string& body :
       {std::string("{"), std::string("{}"), std::string("{\"epoch\":-1}"), std::string("{\"epoch\":\"1\"}"),
        std::string("{\"epoch\":1e99}"), std::string("[1]")}) {
    const auto reply = rig.post("/api/v1/reset", body);
    EXPECT_GE(reply.status, 400) << body;
    EXPECT_LT(reply.status, 500) << body << reply.body;
    EXPECT_FALSE(reply.body.empty());
  }
  EXPECT_EQ(rig.get("/api/v1/nothing").status, 404);
  EXPECT_EQ(rig.get("/api/v1/snapshots/..%2f..%2flatch").status / 100, 4);
  converse(rig.socket(), "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n");
  converse(rig.socket(), std::string(100'000, 'A') + "\r\n\r\n");
  EXPECT_EQ(rig.state(), "running");
  EXPECT_EQ(rig.look("/epoch"), epoch);
  // A frame that announces 100 MB is a broken peer: the link is lost, with words, and comes back.
  peer.tell("rubbish <xmlh><xml size=\"104857600\"/></xmlh>");
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.first_out(), "link_lost");
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  EXPECT_EQ(rig.get("/livez").status, 200);
  rig.to_running();
}

TEST(ChainRecord, APeerThatStaysAwayIsWrittenOnceAndCounted) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return std::atoi(rig.look("/links/0/attempts").c_str()) >= 6; }))
      << rig.get("/api/v1/state").body;
  EXPECT_LE(rig.journalled("link"), 3) << rig.journal();  // online, lost, refused
  peer.tell("restart");
  EXPECT_TRUE(rig.until([&] { return rig.journal().find("attempts") != std::string::npos; }))
      << rig.journal();
}

}  // namespace
}  // namespace standstill::test
