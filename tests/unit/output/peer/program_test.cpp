// Outputs that a program brings about: real programs, real children, real kills.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <string>
#include <thread>

#include "os/clock.hpp"
#include "output/peer/program_output.hpp"
#include "support/temporary_folder.hpp"

namespace standstill::output {
namespace {

bool never_abort() { return false; }

plan::Arguments packed(std::initializer_list<std::string> words) {
  plan::Arguments arguments{};
  std::size_t at = 0;
  for (const auto& word : words) {
    std::memcpy(&arguments[at], word.data(), word.size());
    at += word.size() + 1;
  }
  return arguments;
}

plan::Output shell(const std::string& safe, const std::string& run = "exit 0") {
  plan::Output output;
  output.kind = plan::OutputKind::program;
  output.safe_argv = packed({"/bin/sh", "-c", safe});
  output.run_argv = packed({"/bin/sh", "-c", run});
  output.timeout_ms = 20000;
  return output;
}

class Program : public testing::Test {
 protected:
  bool until(const std::function<bool()>& condition) {
    for (const Instant end = os::now() + 10s; os::now() < end; std::this_thread::sleep_for(5ms))
      if (condition()) return true;
    return false;
  }
  pid_t number_in(const std::string& name) const {
    pid_t pid = 0;
    std::ifstream(folder / name) >> pid;
    return pid;
  }
  static bool lives(pid_t pid) {
    std::string state, skip;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    stat >> skip >> skip >> state;
    return !state.empty() && state != "Z" &&
           state != "X";  // an unclaimed child of a killed parent is dead all the same
  }
  test::TemporaryFolder folder;
};

TEST_F(Program, ExitCodeZeroConfirmsAndNothingElseDoes) {
  const auto good = shell("exit 0"), bad = shell("exit 3"), crash = shell("kill -SEGV $$");
  EXPECT_TRUE(ProgramOutput(good).apply(false, never_abort).good);
  const Outcome outcome = ProgramOutput(bad).apply(false, never_abort);
  EXPECT_FALSE(outcome.good);
  EXPECT_NE(outcome.trouble.view().find("exit code 3"), std::string_view::npos);
  EXPECT_NE(outcome.commanded, Instant{});
  EXPECT_NE(ProgramOutput(crash).apply(false, never_abort).trouble.view().find("signal 11"),
            std::string_view::npos);
}

TEST_F(Program, RunAndSafeAreTwoProgramsWithTheirArguments) {
  auto plan = shell("echo safe > " + folder / "said", "echo run > " + folder / "said");
  ProgramOutput output(plan);
  const auto said = [&] {
    std::string word;
    std::ifstream(folder / "said") >> word;
    return word;
  };
  ASSERT_TRUE(output.apply(false, never_abort).good);
  EXPECT_EQ(said(), "safe");
  ASSERT_TRUE(output.apply(true, never_abort).good);
  EXPECT_EQ(said(), "run");
  plan.run_argv = {};
  EXPECT_TRUE(output.apply(true, never_abort).good) << "nothing to do for run";
}

TEST_F(Program, OneThatHangsIsKilledWithItsChildren) {
  auto plan =
      shell("echo $$ > " + folder / "parent" + "; sleep 1000 & echo $! > " + folder / "child" + "; wait");
  plan.timeout_ms = 500;
  ProgramOutput output(plan);
  const Instant before = os::now();
  const Outcome outcome = output.apply(false, never_abort);
  EXPECT_FALSE(outcome.good);
  EXPECT_GE(os::now() - before, 500ms);
  EXPECT_NE(outcome.trouble.view().find("killed"), std::string_view::npos);
  ASSERT_GT(number_in("child"), 0) << "it never came so far";
  EXPECT_TRUE(until([&] { return !lives(number_in("parent")) && !lives(number_in("child")); }));
}

TEST_F(Program, ACutEndsARunAtOnce) {
  auto plan = shell("exit 0", "echo $$ > " + folder / "parent" + "; sleep 1000");
  plan.timeout_ms = 600000;
  ProgramOutput output(plan);
  EXPECT_FALSE(output.apply(true, [&] { return number_in("parent") != 0; }).good);
  EXPECT_TRUE(until([&] { return !lives(number_in("parent")); }));
}

TEST_F(Program, ItIsAGuestWithCleanSignalsAndAnEmptyInput) {
  // Blocked and ignored signals of ours must not reach it: a program that cannot be ended is no output.
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto old = signal(SIGINT, SIG_IGN);
  const auto plan = shell("grep -E '^Sig(Blk|Ign)' /proc/self/status > " + folder / "signals" + "; cat > " +
                          folder / "input");
  EXPECT_TRUE(ProgramOutput(plan).apply(false, never_abort).good);
  signal(SIGINT, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::ifstream signals(folder / "signals");
  std::string key, mask;
  int lines = 0;
  for (; signals >> key >> mask; ++lines)
    EXPECT_EQ(std::stoull(mask, nullptr, 16) & (1U << (SIGTERM - 1) | 1U << (SIGINT - 1)), 0U) << key;
  EXPECT_EQ(lines, 2);
}

TEST_F(Program, OneThatCannotBeExecutedIsTroubleBeforeItIsNeeded) {
  auto plan = shell("exit 0");
  EXPECT_TRUE(ProgramOutput(plan).probe().good);
  plan.run_argv = packed({folder / "missing"});
  EXPECT_NE(ProgramOutput(plan).probe().trouble.view().find("cannot be executed"), std::string_view::npos);
  plan.safe_argv = packed({folder / "missing"});
  const Outcome outcome = ProgramOutput(plan).apply(false, never_abort);
  EXPECT_FALSE(outcome.good);
  EXPECT_EQ(outcome.commanded, Instant{});
}

}  // namespace
}  // namespace standstill::output
