// Ends that are none of ours: a network that drops everything; and ends that are: signals, a terminal that is
// closed.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <cstdlib>

#include "support/places.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

int run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()); }  // NOLINT

TEST(ChainEnd, S8_AHalfOpenConnectionIsALostOne) {
  if (::getuid() != 0 || run("command -v nft >/dev/null") != 0) GTEST_SKIP() << "needs root and nft";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 || run("ip link set lo up") != 0) ::_exit(77);
    {
      SimPeer peer;
      PlantRig rig({.port = peer.port(), .probe_ms = 300, .silence_ms = 700});
      rig.start_and_wait();
      rig.to_running();
      if (run("nft add table inet t && nft 'add chain inet t c { type filter hook input priority 0; policy "
              "accept; }' && nft add rule inet t c tcp sport " +
              std::to_string(peer.port()) + " drop && nft add rule inet t c tcp dport " +
              std::to_string(peer.port()) + " drop") != 0)
        ::_exit(77);
      const auto begun = boot_ns();
      EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, 10s)) << "a dead connection went unnoticed";
      EXPECT_LT(rig.relay.safe_at() - begun, 5'000'000'000);
      EXPECT_TRUE(rig.until([&] { return rig.first_out() == "link_lost"; })) << rig.get("/api/v1/state").body;
    }
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no network namespace here";
  EXPECT_EQ(status, 0);
}

class CleanEnd : public testing::TestWithParam<const char*> {};

TEST_P(CleanEnd, MakesSafeAndIsNotCalledUnclean) {
  const std::string how = GetParam();
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .http = true, .program = true, .in_terminal = true});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const pid_t guard = rig.guard(), first = rig.cutter(1), second = rig.cutter(2);
  int code = -1;
  if (how == "Group") {  // what systemd sends: TERM to every process at once
    for (const pid_t pid : {first, second, guard}) ::kill(pid, SIGTERM);
    code = rig.end(SIGTERM);
  } else if (how == "CtrlC") {
    ::kill(-rig.supervisor(), SIGINT);
    code = rig.end(0);
  } else {
    rig.close_terminal();
    code = rig.end(0);
  }
  EXPECT_EQ(code, 0) << rig.log();
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); })) << rig.log();
  EXPECT_TRUE(rig.until([&] {
    return !PlantRig::alive(guard) && !PlantRig::alive(first) && !PlantRig::alive(second);
  })) << "somebody stayed behind";
  const int runs = rig.run_commands();
  rig.options.in_terminal = false;
  rig.start_and_wait();
  EXPECT_EQ(rig.state(), "ready") << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.run_commands(), runs);
}

INSTANTIATE_TEST_SUITE_P(By, CleanEnd, testing::Values("Group", "CtrlC", "TerminalGone"),
                         [](const auto& one) { return std::string(one.param); });

TEST(ChainEnd, ASecondSupervisorSaysWhomItMet) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  const std::string out = rig.folder / "second";
  const std::string second = "timeout 60 " + test::program_folder() + "/standstill -c " +
                             (rig.folder / "c.toml") + " run > " + out + " 2>&1";
  const int ended = std::system(second.c_str());  // NOLINT
  EXPECT_EQ(WEXITSTATUS(ended), 2);
  const std::string said = PlantRig::read(out);
  EXPECT_NE(said.find(std::to_string(rig.supervisor())), std::string::npos) << said;
  EXPECT_NE(said.find(rig.state_dir), std::string::npos) << said;
  EXPECT_EQ(rig.get("/livez").status, 200);
}

}  // namespace
}  // namespace standstill::test
