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
  // Nothing after these is reached when the device does its work.
  void await_reset() {
    remember_the_blow();
    for (const pid_t pid : hanging_) ::kill(pid, SIGSTOP);
    (void)stays([] { return true; }, 60s);
    FAIL() << "the machine was not reset";
  }
  // The cutters make everything safe long before; it stays so until the reset comes.
  void await_safe_and_reset(const Chain& chain, int signal) {
    remember_the_blow();
    ::kill(hanging_.front(), signal);
    if (until([&] { return !chip_.high(0); }, 1s) && stays([&] { return !chip_.high(0); }, 60s))
      FAIL() << "the machine was not reset\n" << chain.about() << chain.journal().dump(1);
    FAIL() << "the line was not safe, or not for long";
  }
  void remember_the_blow() {
    write_file(folder_ + "/hung", "1");
    ::sync();
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

TEST_F(Watchdog, AGuardThatHangsWhileRunningResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::guard)};
    return await_safe_and_reset(chain, SIGSTOP);
  }
  after_reset(chain, "the watchdog device reset the machine");
}

TEST_F(Watchdog, AGuardThatIsKilledWhileRunningResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::guard)};
    return await_safe_and_reset(chain, SIGKILL);
  }
  after_reset(chain, "the watchdog device reset the machine");
}

// The second one is lost when it has written its trip already: what it was started for is not forgotten.
TEST_F(Watchdog, AGuardThatIsKilledTwiceResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::guard)};
    ::kill(hanging_.front(), SIGKILL);
    ASSERT_TRUE(until([&] { return chain.first_out() == "unclean_end" && chain.pid(Who::guard) > 0; }, 4s));
    hanging_ = {chain.pid(Who::guard)};
    return await_safe_and_reset(chain, SIGKILL);
  }
  after_reset(chain, "the watchdog device reset the machine");
}

TEST_F(Watchdog, AHungGuardWithoutCuttersResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    for (const Who who : {Who::guard, Who::cutter1, Who::cutter2}) hanging_.push_back(chain.pid(who));
    return await_reset();
  }
  after_reset(chain, "the watchdog device reset the machine");
}

// tests/hil/build_guest makes the module: no interrupt and no task runs once it is loaded.
TEST_F(Watchdog, AFrozenKernelIsReset) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    remember_the_blow();
    const int status = std::system("modprobe freeze-kernel");
    FAIL() << "the kernel goes on: " << status;
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

TEST_F(Softdog, AGuardThatHangsWhileRunningResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    hanging_ = {chain.pid(Who::guard)};
    return await_safe_and_reset(chain, SIGSTOP);
  }
  after_reset(chain, "unclean_end");
}

TEST_F(Softdog, AHungGuardWithoutCuttersResetsTheMachine) {
  Chain chain(plant, folder_);
  if (before_reset()) {
    start_running(chain);
    for (const Who who : {Who::guard, Who::cutter1, Who::cutter2}) hanging_.push_back(chain.pid(who));
    return await_reset();
  }
  after_reset(chain, "unclean_end");
}

}  // namespace
}  // namespace standstill::hil
