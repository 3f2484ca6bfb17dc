// S2: any process, killed, crashed or stopped, at any time: every output is safe and stays so.
#include <gtest/gtest.h>

#include <thread>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

enum class When { starting, ready, running, in_stage, tripped };
constexpr const char* when_names[] = {"Starting", "Ready", "Running", "InAStage", "Tripped"};
constexpr const char* victims[] = {"Supervisor", "Guard", "Cutter1", "Cutter2"};
constexpr auto deadline =
    4s;  // stated: permit 1 s, heartbeat 0.5 s, the program output; the rest is a busy machine

pid_t victim(PlantRig& rig, int who) {
  return who == 0 ? rig.supervisor() : who == 1 ? rig.guard() : rig.cutter(who - 1);
}

void one_death(int who, int signal, When when) {
  SCOPED_TRACE(std::string(victims[who]) + " signal " + std::to_string(signal) + " " +
               when_names[static_cast<int>(when)]);
  SimPeer peer;
  const std::string stages =
      when != When::in_stage ? ""
                             : "[[stage]]\nat_ms = 0\nsend = { link = \"layout\", command = \"ebreak\" }\n"
                               "[[stage]]\nat_ms = 60000\noutput = \"relay\"\n[[stage]]\nat_ms = "
                               "60000\noutput = \"mains\"\n[[stage]]\nat_ms = 60000\noutput = \"script\"\n";
  PlantRig rig({.port = peer.port(), .http = true, .program = true, .more = stages});
  if (when == When::starting) {
    rig.start();
    ASSERT_TRUE(rig.until([&] { return victim(rig, who) > 0 && rig.cutter(2) > 0; }));
  } else {
    rig.start_and_wait();
    if (when == When::ready) rig.to_ready();
    if (when == When::running || when == When::in_stage) rig.to_running();
    if (when == When::tripped) {
      ASSERT_TRUE(rig.until([&] { return rig.all_safe(); }));
    }
    if (when == When::in_stage) {
      ASSERT_EQ(rig.post("/api/v1/stop").status, 200);
      ASSERT_TRUE(rig.until([&] { return rig.state() == "tripped"; }));
      ASSERT_TRUE(rig.all_energised()) << "the stage did not hold its outputs";
    }
  }
  if (testing::Test::HasFatalFailure()) return;
  const pid_t target = victim(rig, who);
  ASSERT_GT(target, 0);
  const int runs = rig.run_commands();
  ASSERT_EQ(::kill(target, signal), 0);
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }, deadline)) << rig.log();
  if (signal == SIGSTOP) {
    ::usleep(2'000'000);
    EXPECT_TRUE(rig.all_safe());
    ::kill(target, SIGCONT);  // a full queue of permits waits for a guard; it must not go on
  }
  ::usleep(700'000);
  EXPECT_TRUE(rig.all_safe()) << "came back to life";
  EXPECT_EQ(rig.run_commands(), runs) << "something was energised afterwards";
  if (who == 0 && signal != SIGSTOP) return;
  EXPECT_TRUE(rig.until([&] {
    const auto state = rig.state();
    return state == "tripped" || (when == When::ready && state == "ready");
  })) << rig.get("/api/v1/state").body;
}

class AnyDeath : public testing::TestWithParam<std::tuple<int, When>> {};

TEST_P(AnyDeath, S2_EndsInTheSafeState) {
  const auto [signal, when] = GetParam();
  std::vector<std::thread> all;
  for (int who = 0; who < 4; ++who)
    all.emplace_back([who, signal = signal, when = when] { one_death(who, signal, when); });
  for (auto& one : all) one.join();
}

INSTANTIATE_TEST_SUITE_P(Chain, AnyDeath,
                         testing::Combine(testing::Values(SIGKILL, SIGSTOP, SIGSEGV),
                                          testing::Values(When::starting, When::ready, When::running,
                                                          When::in_stage, When::tripped)),
                         [](const auto& one) {
                           const int signal = std::get<0>(one.param);
                           return std::string(signal == SIGKILL   ? "Killed"
                                              : signal == SIGSTOP ? "Stopped"
                                                                  : "Crashed") +
                                  when_names[static_cast<int>(std::get<1>(one.param))];
                         });

}  // namespace
}  // namespace standstill::test
