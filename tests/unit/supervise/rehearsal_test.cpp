// Against a simulated peer's own control socket.
#include "supervise/rehearsal.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "os/loop.hpp"
#include "sim/control.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::supervise {
namespace {

TEST(Rehearsal, ASimulatedPeerIsToldAndSaysWhatItCan) {
  const test::TemporaryFolder folder;
  os::Loop loop;
  sim::Commands commands;
  int crashes = 0;
  commands.add("crash", "", "ends without a word", [&] { ++crashes; });
  auto control = sim::Control::start(loop, folder / "peer.ctl",
                                     [&](std::string_view line) { return commands.answer(line); });
  ASSERT_TRUE(control) << control.error();
  std::thread peer([&] { loop.run(); });
  const auto help = tell_simulated_peer(folder / "peer.ctl", "help");
  const auto crash = tell_simulated_peer(folder / "peer.ctl", "crash");
  const auto unknown = tell_simulated_peer(folder / "peer.ctl", "explode");
  loop.stop();
  peer.join();
  ASSERT_TRUE(help) << help.error();
  EXPECT_EQ(help->at("commands").at(0).at("command"), "crash");
  ASSERT_TRUE(crash) << crash.error();
  EXPECT_TRUE(crash->at("ok"));
  EXPECT_EQ(crashes, 1);
  ASSERT_TRUE(unknown) << unknown.error();
  EXPECT_FALSE(unknown->at("ok"));
}

TEST(Rehearsal, OneThatIsNotThereOrSilentIsAnErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  const auto gone = tell_simulated_peer(folder / "gone.ctl", "help");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().find("gone.ctl"), std::string::npos);
  os::Loop never_runs;
  auto silent =
      sim::Control::start(never_runs, folder / "silent.ctl", [](std::string_view) { return std::string(); });
  ASSERT_TRUE(silent) << silent.error();
  const auto quiet = tell_simulated_peer(folder / "silent.ctl", "help", std::chrono::milliseconds(100));
  ASSERT_FALSE(quiet);
  EXPECT_NE(quiet.error().find("does not answer"), std::string::npos);
  EXPECT_FALSE(tell_simulated_peer(std::string(200, 'x'), "help"));
}

}  // namespace
}  // namespace standstill::supervise
