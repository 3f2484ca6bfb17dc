// Time as the machine tells it: set back and forth, and a machine that sleeps.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

#include "hil/guest/chain.hpp"
#include "hil/guest/line_record.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

const std::string track =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n";

void set_clock(long seconds_from_now) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += seconds_from_now;
  ASSERT_EQ(::clock_settime(CLOCK_REALTIME, &now), 0);
}
constexpr long year = 365L * 24 * 3600;

TEST(Clock, SettingItBackAndForthTripsNothing) {
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  for (const long jump : {year, -2 * year, 3600L, -60L, year}) {
    set_clock(jump);
    EXPECT_TRUE(stays([&] { return chip.high(0) && chain.is("running"); }, 1s))
        << jump << " s: " << chain.about();
  }
  chain.stop();
  EXPECT_TRUE(until([&] { return !chip.high(0); }, 1s));
}

TEST(Clock, S2_NothingIsMissedWhileItJumps) {
  SimChip chip;
  LineRecord record(chip);
  Chain chain(track);
  chain.start_and_wait();
  for (const long jump : {-year, year}) {
    ASSERT_TRUE(chain.to_running()) << chain.about();
    ASSERT_TRUE(until([&] { return chip.high(0); }));
    record.clear();
    const auto stopped = boot_us();
    ::kill(chain.pid(Who::supervisor), SIGSTOP);
    set_clock(jump);
    EXPECT_TRUE(until([&] { return !chip.high(0); }, 5s));
    ::kill(chain.pid(Who::supervisor), SIGCONT);
    const auto changes = record.changes_of(0, true);
    ASSERT_FALSE(changes.empty());
    EXPECT_LE(changes.front().at_us - stopped, 526'000) << "permit_timeout_ms, one loop, one millisecond";
    EXPECT_TRUE(until([&] { return chain.is("tripped"); }));
    EXPECT_EQ(chain.first_out(), "supervisor_lost");
  }
}

TEST(Clock, S2_ResumeIsATrip) {
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  ASSERT_TRUE(until([&] { return chip.high(0); }));
  // The whole way into suspend and back, but for the last step, which an emulated board does not come back
  // from.
  write_file("/sys/power/pm_test", "core");
  write_file("/sys/module/suspend/parameters/pm_test_delay", "3");
  write_file("/sys/power/state", "mem");
  EXPECT_TRUE(until([&] { return !chip.high(0); }, 1s));
  EXPECT_TRUE(until([&] { return chain.is("tripped"); })) << chain.about();
  EXPECT_TRUE(stays([&] { return !chip.high(0); }, 1s)) << "S4";
  EXPECT_EQ(chain.first_out(), "resumed") << chain.about();
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

// That every scenario would see a process of ours that is ended for spinning.
TEST(Clock, ARealTimeProcessThatNeverPausesIsEndedAndSeen) {
  record_spinners();
  EXPECT_EQ(who_spun(), "");
  const pid_t spinner = ::fork();
  if (spinner == 0) {
    const rlimit half_a_second{500'000, 1'000'000};
    ::setrlimit(RLIMIT_RTTIME, &half_a_second);
    sched_param lowest{};
    lowest.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_FIFO, &lowest);
    for (const std::atomic<bool> over = false; !over;) continue;
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(spinner, &status, 0), spinner);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) << status;
  EXPECT_NE(who_spun(), "");
}

}  // namespace
}  // namespace standstill::hil
