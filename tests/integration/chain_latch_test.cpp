// The latch seen from outside: S3 to S6 and S10, with real processes and real restarts.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <thread>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

void stop_by_datagram(const PlantRig& rig, const std::string& text) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, (rig.state_dir + "/stop.sock").c_str(), sizeof to.sun_path - 1);
  EXPECT_GE(::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  ::close(fd);
}

TEST(ChainLatch, S3_ATripSurvivesTheRestartOfEveryProcessAndAPowerCut) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .http = true, .program = true});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch();
  const int runs = rig.run_commands();

  // Power cut while running: the next boot is a new trip.
  rig.kill_everything();
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.state(), "tripped");
  EXPECT_EQ(rig.first_out(), "unclean_end");
  EXPECT_EQ(rig.epoch(), epoch + 1);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));

  // Power cut while tripped: the same trip, neither forgotten nor counted twice.
  rig.kill_everything();
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.state(), "tripped");
  EXPECT_EQ(rig.epoch(), epoch + 1);

  // A clean end and a new start while tripped.
  EXPECT_EQ(rig.end(SIGTERM), 0);
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.state(), "tripped");
  EXPECT_EQ(rig.first_out(), "unclean_end");
  EXPECT_EQ(rig.epoch(), epoch + 1);

  // The guard alone.
  ::kill(rig.guard(), SIGKILL);
  EXPECT_TRUE(
      rig.until([&] { return rig.guard() > 0 && rig.state() == "tripped" && rig.epoch() == epoch + 1; }));
  EXPECT_EQ(rig.run_commands(), runs) << "something was energised without a start";
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  rig.to_running();  // and there is a way back
}

// As after a reset by the watchdog device: the supervisor hung, the guard tripped, and nobody lived to write
// the journal.
TEST(ChainLatch, S13_ATripThatOnlyTheLatchKnowsIsJournalledAtTheNextStart) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.journalled("trip") == 1; }))
      << "the very first start is one trip: " << rig.journal();
  const auto epoch = rig.epoch() + 1;
  ::kill(rig.supervisor(), SIGSTOP);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  const std::string latch = rig.state_dir + "/latch";
  EXPECT_TRUE(rig.until([&] {
    return PlantRig::read(latch).find("supervisor_lost") != std::string::npos ||
           PlantRig::read(latch).find("no permit") != std::string::npos;
  }));
  rig.kill_everything();
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.epoch(), epoch);
  EXPECT_EQ(rig.first_out(), "supervisor_lost");
  EXPECT_TRUE(rig.until([&] { return rig.journalled("trip", epoch) == 1; })) << rig.journal();
  EXPECT_NE(rig.journal().find("no permit from the supervisor"), std::string::npos) << rig.journal();

  // Met once more, it is old.
  rig.kill_everything();
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.journalled("guard_started") >= 3; }));
  EXPECT_EQ(rig.journalled("trip", epoch), 1) << rig.journal();
}

TEST(ChainLatch, S3_AFullDiskLosesNoTripAndEnergisesNothing) {
  const TemporaryFolder disk;
  if (::mount("tmpfs", disk.path().c_str(), "tmpfs", 0, "size=4m") != 0)
    GTEST_SKIP() << "needs the right to mount a small disk";
  {
    SimPeer peer;
    PlantRig rig({.port = peer.port(), .state_dir = disk.path()});
    rig.start_and_wait();
    if (!HasFatalFailure()) rig.to_running();
    if (!HasFatalFailure()) {
      const auto epoch = rig.epoch();
      std::ofstream filler(disk / "filler", std::ios::binary);
      const std::string block(65536, 'x');
      while (filler << block << std::flush) {
      }
      EXPECT_EQ(rig.post("/api/v1/stop").status, 200);
      EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }));
      rig.kill_everything();
      rig.start();
      EXPECT_TRUE(rig.until([&] { return rig.state() == "tripped" && rig.epoch() >= epoch + 1; }))
          << rig.log();
      EXPECT_FALSE(rig.relay.energised());
    }
  }
  ::umount2(disk.path().c_str(), MNT_DETACH);
}

TEST(ChainLatch, S4_NothingButStartEnergises) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .http = true, .program = true});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  rig.to_ready();
  const auto before = rig.epoch();
  peer.tell("restart 100");  // the link goes and comes back
  EXPECT_TRUE(rig.until([&] { return rig.epoch() > before && rig.look("/links/0/state") == "online"; }));
  rig.to_ready();
  ::kill(rig.cutter(1), SIGKILL);
  ::usleep(500'000);
  rig.to_ready();
  ::usleep(300'000);
  EXPECT_EQ(rig.run_commands(), 0);
  rig.to_running();
  EXPECT_EQ(rig.run_commands(), 3);
}

TEST(ChainLatch, S5_ResetIsRefusedInWords) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .settle_ms = 3000});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  const auto epoch = rig.epoch();
  auto refused = rig.word("reset", epoch);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("acknowledge"), std::string::npos) << refused.body;
  EXPECT_TRUE(rig.until([&] {
    const std::string why = rig.get("/api/v1/why").body;
    return why.find("acknowledged") != std::string::npos && why.find("\"age_ms\":null") == std::string::npos;
  })) << rig.get("/api/v1/why").body;  // every blocker has its age
  refused = rig.word("ack", epoch + 7);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("epoch"), std::string::npos) << refused.body;
  EXPECT_EQ(ask(rig.socket(), "POST", "/api/v1/ack", "{\"epoch\":1}").status, 401);
  EXPECT_EQ(ask(rig.socket(), "POST", "/api/v1/ack", "{\"epoch\":1}", "crew:wrong").status, 401);
  EXPECT_EQ(rig.word("ack", epoch).status, 200);
  rig.to_running();
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return rig.state() == "tripped"; }));
  EXPECT_EQ(rig.word("ack", rig.epoch()).status, 200);
  refused = rig.word("reset", rig.epoch());
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("layout"), std::string::npos) << refused.body;
  peer.tell("restart 1");
  EXPECT_TRUE(rig.until([&] { return rig.look("/links/0/state") == "online"; }));
  refused = rig.word("reset", rig.epoch());  // gone, but not for long enough
  EXPECT_EQ(refused.status, 409) << "not settled, and yet reset";
  EXPECT_NE(refused.body.find("layout"), std::string::npos) << refused.body;
  rig.to_ready();
}

TEST(ChainLatch, S6_TheFirstCauseStaysAndALaterOneClearsTheAcknowledgement) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(
      rig.post("/api/v1/stop", "{\"reason\":\"safety_interlock\",\"description\":\"the first\"}").status,
      200);
  EXPECT_TRUE(rig.until([&] { return rig.first_out() == "safety_interlock"; }));
  const auto epoch = rig.epoch();
  EXPECT_EQ(rig.word("ack", epoch).status, 200);
  peer.tell("crash");
  EXPECT_TRUE(rig.until([&] { return rig.look("/acknowledged") == "false"; }))
      << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.first_out(), "safety_interlock");
  EXPECT_NE(rig.look("/first_out/detail").find("the first"), std::string::npos);
  EXPECT_EQ(rig.epoch(), epoch);
  EXPECT_NE(rig.look("/causes").find("link_lost"), std::string::npos);
  rig.kill_everything();
  rig.start_and_wait();
  EXPECT_EQ(rig.first_out(), "safety_interlock") << "the restart forgot the first cause";
}

TEST(ChainLatch, S9_S10_ManyStopsFromEverywhereAreOneTrip) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .http = true});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch();
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&rig, i] {
      for (int k = 0; k < 25; ++k) {
        if (i % 2 == 0) {
          EXPECT_EQ(ask(rig.socket(), "POST", "/api/v1/stop", k % 2 == 0 ? "{}" : "\xff no json").status,
                    200);
        } else {
          stop_by_datagram(rig,
                           k % 2 == 0 ? "operator_command\nred button" : std::string("\0\xff garbage", 10));
        }
      }
    });
  for (auto& one : all) one.join();
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "tripped"; }));
  EXPECT_EQ(rig.epoch(), epoch + 1);
  EXPECT_EQ(rig.word("ack", epoch + 1).status, 200);
  EXPECT_EQ(rig.word("ack", epoch + 1).status, 200) << "a second acknowledgement of the same trip";
  EXPECT_EQ(rig.word("reset", epoch).status, 409) << "a late reset of an older trip was obeyed";
  rig.to_running();
  EXPECT_EQ(rig.word("reset", epoch + 1).status, 409);
  EXPECT_EQ(rig.state(), "running");
  EXPECT_EQ(rig.epoch(), epoch + 1);
}

}  // namespace
}  // namespace standstill::test
