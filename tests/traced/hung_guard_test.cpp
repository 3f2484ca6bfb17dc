// S2: a guard that hangs while it starts is told about and replaced; nobody waits for it for ever.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <atomic>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"
#include "support/traced_guard_rig.hpp"

namespace standstill::test {
namespace {

TEST(HungGuard, S2_AGuardThatStopsBeforeItsFirstWordIsReplaced) {
  if (!Tracer::allowed()) GTEST_SKIP() << "this user may not trace processes (ptrace)";
  SimPeer peer;
  std::unique_ptr<Tracer> tracer;
  std::atomic<pid_t> hung = -1;
  PlantRig::Options options{.port = peer.port()};
  options.spawn = [&](const std::vector<std::string>& words, const std::string& log) {
    tracer = std::make_unique<Tracer>(
        Tracer::Command{words, {}, log},
        [&](const TracedProcess& process) {
          return is_guard(process) && hung < 0 ? Tracer::Role::step : Tracer::Role::follow;
        },
        // Its socket takes connections from here on, and it says nothing.
        [&](const TracedCall& call) {
          if (hung < 0 && call.number == SYS_listen && !call.entry) {
            hung = call.process.pid;
            ::kill(call.process.pid, SIGSTOP);
          }
          return Tracer::Deed{};
        });
    return tracer->pid();
  };
  options.ended = [&](pid_t pid) { return tracer->ended(pid); };
  PlantRig plant(options);
  plant.start();
  ASSERT_TRUE(plant.until([&] { return hung > 0; }, 30s)) << plant.log();
  EXPECT_TRUE(plant.until([&] { return plant.journal().find("it hangs") != std::string::npos; }, 60s))
      << plant.get("/api/v1/state").body << plant.log();
  EXPECT_TRUE(plant.until([&] { return plant.guard() > 0 && plant.guard() != hung; }, 30s)) << plant.log();
  EXPECT_TRUE(plant.until([&] { return plant.all_safe() && plant.look("/guard/pid") != "0"; }, 30s));
  EXPECT_EQ(plant.state(), "tripped");
  EXPECT_EQ(plant.run_commands(), 0);
  plant.to_running();
}

}  // namespace
}  // namespace standstill::test
