// Watchdog devices: whoever hangs, the machine resets, and the next boot is tripped and says why. Each
// scenario goes on after the reset that it causes: what it remembers is on the disk.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "hil/guest/chain.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

const std::string plant =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
    "[[output]]\nid = \"reset\"\nkind = \"watchdog\"\ndevice = \"/dev/watchdog0\"\nexpires_ms = 5000\n";

class Watchdog : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::string("/var/") + info->name();
    ::mkdir(folder_.c_str(), 0700);
    ASSERT_EQ(std::system(("modprobe " + driver()).c_str()), 0);
  }
  virtual std::string driver() const { return "i6300esb"; }
  [[nodiscard]] bool before_reset() const { return read_file(folder_ + "/hung").empty(); }

  void start_running(Chain& chain) {
    chain.start_and_wait();
    ASSERT_TRUE(chain.to_running()) << chain.about();
    ASSERT_TRUE(stays([&] { return chain.is("running"); }, 8s))
        << "no reset while all is well: " << chain.about();
  }
  // Nothing after this is reached when the device does its work.
  void await_reset() {
    write_file(folder_ + "/hung", "1");
    ::sync();
    for (const pid_t pid : hanging_) ::kill(pid, SIGSTOP);
    (void)stays([] { return true; }, 60s);
    FAIL() << "the machine was not reset";
  }
  void after_reset(Chain& chain, const std::string& why) {
    EXPECT_FALSE(chip_.high(0));
    chain.start_and_wait();
    EXPECT_TRUE(chain.is("tripped")) << chain.about();
    EXPECT_FALSE(chip_.high(0));
    EXPECT_TRUE(until([&] { return chain.journal().dump().find(why) != std::string::npos; }))
        << chain.about() << chain.journal().dump(1);
    EXPECT_TRUE(chain.to_running()) << chain.about();
    chain.end();  // magic close: a clean end resets nothing
    EXPECT_TRUE(stays([] { return true; }, 8s));
  }

  SimChip chip_;
  std::string folder_;
  std::vector<pid_t> hanging_;
};

TEST_F(Watchdog, AHungSupervisorResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::supervisor)};
    return await_reset();
  }
  after_reset(chain, "the watchdog device reset the machine");
}

TEST_F(Watchdog, AHungGuardWithoutCuttersResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    for (const Who who : all_processes) hanging_.push_back(chain.pid(who));
    return await_reset();
  }
  after_reset(chain, "the watchdog device reset the machine");
}

class Softdog : public Watchdog {
  std::string driver() const override { return "softdog"; }
};

TEST_F(Softdog, AHungSupervisorResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::supervisor)};
    return await_reset();
  }
  // It has no memory of its own, so nothing says who reset the machine; the latch says what tripped before
  // that.
  after_reset(chain, "supervisor_lost");
}

}  // namespace
}  // namespace standstill::hil
