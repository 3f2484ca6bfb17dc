#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "os/fd.hpp"
#include "unit/tell/alert_fixture.hpp"

namespace standstill::tell {
namespace {

TEST(Program, GetsTheEventAsJson) {
  Folder folder;
  const auto tell = teller({program("cat > " + folder.path + "/event")});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  const auto json = nlohmann::json::parse(folder.read("event"));
  EXPECT_EQ(json.at("event"), "trip");
  EXPECT_EQ(json.at("epoch"), 3);
  EXPECT_EQ(json.at("detail"), "the \"server\" went\nsilent");
  EXPECT_EQ(json.at("at"), "2026-01-31T12:00:00.000Z");
}

TEST(Program, InheritsNothing) {
  Folder folder;
  ::setenv("STANDSTILL_TOKEN", "ann:secret", 1);
  const os::Fd leak(::dup(2));  // not close-on-exec, on purpose
  const auto tell = teller({program("ls /proc/$$/fd > " + folder.path + "/fds; env > " + folder.path +
                                    "/env; cut -d' ' -f5,6 /proc/$$/stat > " + folder.path +
                                    "/session; grep SigBlk /proc/self/status > " + folder.path +
                                    "/signals; echo $$ > " + folder.path + "/pid")});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  ::unsetenv("STANDSTILL_TOKEN");
  EXPECT_EQ(folder.read("fds").find(std::to_string(leak.get()) + "\n"), std::string::npos)
      << folder.read("fds");
  EXPECT_EQ(folder.read("env").find("STANDSTILL_"), std::string::npos);
  const auto pid = folder.read("pid").substr(0, folder.read("pid").find('\n'));
  EXPECT_EQ(folder.read("session"), pid + " " + pid + "\n") << "a session of its own";
  EXPECT_NE(folder.read("signals").find("0000000000000000"), std::string::npos);
}

TEST(Program, RunsInTheOrdinaryClassWhateverTheLoopUses) {
  sched_param realtime{};
  realtime.sched_priority = 1;
  if (::sched_setscheduler(0, SCHED_FIFO, &realtime) != 0) GTEST_SKIP() << "real time is not permitted here";
  Folder folder;
  const auto tell = teller({program("cut -d' ' -f41 /proc/$$/stat > " + folder.path + "/policy")});
  const sched_param ordinary{};
  tell->submit(trip());
  const bool drained = tell->drain(30s);
  ::sched_setscheduler(0, SCHED_OTHER, &ordinary);
  ASSERT_TRUE(drained);
  EXPECT_EQ(folder.read("policy"), std::to_string(SCHED_OTHER) + "\n");
}

TEST(Program, OneThatHangsIsKilledWithItsChildren) {
  // The child ignores TERM in both; the program itself only in the first.
  for (const char* own : {"", "trap - TERM; "}) {
    Folder folder;
    auto config = program("trap '' TERM; sleep 1000 & echo $! > " + folder.path + "/child; echo busy >&2; " +
                          own + "wait; sleep 1000");
    config.time_out = 300ms;
    config.give_up = 1ms;
    const auto tell = teller({config});
    tell->submit(trip());
    ASSERT_TRUE(tell->drain(60s));
    const auto status = tell->statuses().at(0);
    EXPECT_TRUE(status.failing);
    EXPECT_EQ(status.last_error, "it had not ended after 300 ms and was killed: busy");
    const auto child = std::atoi(folder.read("child").c_str());
    ASSERT_GT(child, 0);
    EXPECT_TRUE(eventually([&] {
      std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
      std::string pid;
      std::string name;
      std::string state;
      return !(stat >> pid >> name >> state) || state == "Z";
    }));
  }
}

TEST(Program, ItsFailureIsExplained) {
  auto config = program("echo no sound card >&2; exit 3");
  config.give_up = 1ms;
  const auto tell = teller({config});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_EQ(tell->statuses().at(0).last_error, "it ended with exit code 3: no sound card");
}

}  // namespace
}  // namespace standstill::tell
