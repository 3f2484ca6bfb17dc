// The external guard's own image in QEMU, at the serial line of a real supervisor with its guard and cutters:
// whatever happens to them or to the cable, its relays open within the time-out, and only a start closes
// them.
//
// The time-out is judged by the board's own clock: between the time that the newest permit vouches for and
// the opening there may be the time-out, and what the emulated processor itself stood still on a busy host.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <memory>

#include "firmware/mps2-an385/contacts.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"
#include "support/temporary_folder.hpp"
#include "tests/firmware/cable.hpp"
#include "tests/firmware/machine.hpp"

namespace standstill::firmware {
namespace {

using namespace std::chrono_literals;
using Fault = Cable::Fault;

class GuardImage : public testing::Test {
 protected:
  static constexpr std::uint64_t timeout_us = 2'000'000;  // the longest: a busy host must not trip it

  void SetUp() override {
    blank_flash(folder.path());
    power_up();
    ASSERT_TRUE(machine->started());
    peer = std::make_unique<test::SimPeer>();
    rig = std::make_unique<test::PlantRig>(
        test::PlantRig::Options{.port = peer->port(),
                                .permit_ms = 2000,
                                .heartbeat_ms = 1000,
                                .more = "[[output]]\nid = \"board\"\nkind = \"guard-board\"\ndevice = \"" +
                                        cable->device() + "\"\ntimeout_ms = 2000\n"});
    rig->start_and_wait();
  }
  void TearDown() override {
    rig.reset();
    cable.reset();
    machine.reset();
  }
  void power_up() {
    machine = std::make_unique<Machine>(folder.path(), "guard");
    if (!cable) cable = std::make_unique<Cable>(machine->console);
  }

  [[nodiscard]] volatile board::Contacts& contacts() {
    return *reinterpret_cast<volatile board::Contacts*>(machine->memory() + board::contacts_offset);
  }
  [[nodiscard]] bool closed() { return contacts().coil[0] != 0 && contacts().coil[1] != 0; }
  [[nodiscard]] bool open() { return contacts().coil[0] == 0 && contacts().coil[1] == 0; }
  [[nodiscard]] bool until(const std::function<bool()>& condition) { return rig->until(condition, 60s); }

  // A host that is busy for longer than the time-out trips it before its time; then it is started again.
  void to_running() {
    ASSERT_TRUE(rig->until(
        [&] {
          if (rig->state() != "running") rig->to_running();
          if (HasFatalFailure()) return true;
          const std::uint32_t edges = contacts().pump_edges;
          return rig->until([&] { return contacts().pump_edges > edges + 10; }, 1s) && closed() &&
                 cable->status().state == LatchState::running;
        },
        120s));
    contacts().longest_gap_us = 0;
  }
  void opens_in_time(const char* what) {
    const auto from = std::chrono::steady_clock::now();
    ASSERT_TRUE(until([&] { return open(); })) << what;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - from);
    const std::uint64_t vouched = cable->vouched_us(), opened = contacts().opened_us;
    EXPECT_LE(opened, vouched + timeout_us + contacts().longest_gap_us + 10'000) << what;
    std::printf("%s: open after %lld ms; %lld ms of the board's after the newest permit, longest gap %u us\n",
                what, static_cast<long long>(ms.count()),
                (static_cast<long long>(opened) - static_cast<long long>(vouched)) / 1000,
                contacts().longest_gap_us);
  }
  // The pump stands still and nothing closes while the board says so many statuses more.
  void stays_open(const char* what) {
    const std::uint32_t edges = contacts().pump_edges;
    for (const std::uint64_t end = cable->statuses() + 60; cable->statuses() < end;) {
      ASSERT_TRUE(open()) << what;
      ::usleep(2000);
    }
    EXPECT_EQ(contacts().pump_edges, edges) << what;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Cable> cable;
  std::unique_ptr<test::SimPeer> peer;
  std::unique_ptr<test::PlantRig> rig;
};

TEST_F(GuardImage, S2_S3_OpensWhateverHappensToItsLine) {
  const std::vector<std::pair<const char*, Fault>> faults{{"wires broken", Fault::broken},
                                                          {"garbage", Fault::garbage},
                                                          {"bit errors", Fault::bit_errors},
                                                          {"permits played again", Fault::replay}};
  EXPECT_TRUE(open());
  stays_open("nobody has started it");
  for (const auto& [what, fault] : faults) {
    SCOPED_TRACE(what);
    to_running();
    ASSERT_FALSE(HasFatalFailure());
    const std::uint16_t refused = cable->status().refused, unreadable = cable->status().unreadable;
    cable->suffer(fault);
    opens_in_time(what);
    ASSERT_FALSE(HasFatalFailure());
    if (fault != Fault::broken) {
      stays_open(what);
      // The board has heard it, and believed none of it.
      EXPECT_GT(cable->status().refused + cable->status().unreadable, refused + unreadable);
    }
    EXPECT_TRUE(until([&] { return rig->state() == "tripped"; }));  // and the supervisor knows
    cable->suffer(Fault::none);
    stays_open("the line is sound again");
    ASSERT_FALSE(HasFatalFailure());
  }
  to_running();
}

TEST_F(GuardImage, S2_S3_OpensWhateverHappensToItsHost) {
  to_running();
  ASSERT_FALSE(HasFatalFailure());
  ::kill(rig->supervisor(), SIGSTOP);
  opens_in_time("supervisor stopped");
  ::kill(rig->supervisor(), SIGCONT);
  stays_open("the supervisor goes on");

  to_running();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig->end(SIGKILL), 128 + SIGKILL);
  opens_in_time("supervisor killed");
  stays_open("the supervisor is gone");
  rig->start_and_wait();
  stays_open("another supervisor has started");

  to_running();
  ASSERT_FALSE(HasFatalFailure());
  const pid_t guard = rig->guard();
  const std::vector<pid_t> all{guard, rig->cutter(1), rig->cutter(2), rig->supervisor()};
  for (const pid_t pid : all) ::kill(pid, SIGSTOP);
  opens_in_time("every process frozen");
  for (const pid_t pid : all) ::kill(pid, SIGCONT);
  stays_open("the processes go on");
  ASSERT_TRUE(until([&] { return rig->state() == "tripped"; })) << rig->log();

  to_running();
  ASSERT_FALSE(HasFatalFailure());
  rig->kill_everything();
  opens_in_time("every process killed");
  rig->start_and_wait();
  stays_open("all of it starts again");
  to_running();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(rig->word("stop", rig->epoch()).status, 200);
  opens_in_time("an operator's stop");
}

TEST_F(GuardImage, S2_OpensWhenItsAdapterIsUnplugged) {
  to_running();
  ASSERT_FALSE(HasFatalFailure());
  cable->unplug();
  opens_in_time("unplugged");
  EXPECT_TRUE(until([&] { return rig->state() == "tripped"; }));
  EXPECT_EQ(rig->first_out(), "output_failed");
  stays_open("unplugged");
}

TEST_F(GuardImage, S9_S12_ItsButtonAndItsRelaysTripTheWholePlantAndRefuseAStart) {
  EXPECT_NE(rig->get("/api/v1/state").body.find("\"board\""), std::string::npos);
  to_running();
  ASSERT_FALSE(HasFatalFailure());
  contacts().button_open = 1;
  opens_in_time("button");
  EXPECT_TRUE(until([&] { return rig->state() == "tripped" && rig->all_safe(); }));
  EXPECT_EQ(rig->first_out(), "output_failed");
  rig->word("ack", rig->epoch());
  EXPECT_EQ(rig->word("reset", rig->epoch()).status, 409);
  contacts().button_open = 0;
  to_running();
  ASSERT_FALSE(HasFatalFailure());

  contacts().welded[1] = 1;
  EXPECT_EQ(rig->word("stop", rig->epoch()).status, 200);
  opens_in_time("stop with a welded relay");
  EXPECT_TRUE(until([&] { return rig->journalled("output_failed") > 0; })) << rig->journal();
  rig->word("ack", rig->epoch());
  EXPECT_EQ(rig->word("reset", rig->epoch()).status, 409);
  stays_open("welded");
  contacts().welded[1] = 0;
  to_running();
}

TEST_F(GuardImage, S3_AHangIsEndedByTheHardwareWatchdogAndClosesNothingAfterwards) {
  to_running();
  ASSERT_FALSE(HasFatalFailure());
  const std::uint64_t starts = contacts().starts;
  const std::uint32_t edges = contacts().pump_edges;
  contacts().hang = 1;
  ::usleep(200'000);
  EXPECT_LE(contacts().pump_edges, edges + 100);
  ASSERT_TRUE(until([&] { return open(); }));  // at the latest by the watchdog's interrupt
  contacts().hang = 0;
  ASSERT_TRUE(until([&] { return contacts().starts > starts; }));
  stays_open("after the reset");
  EXPECT_EQ(cable->status().first_out, CauseCode::unclean_end);
  EXPECT_TRUE(until([&] { return rig->state() == "tripped"; }));
  to_running();
}

}  // namespace
}  // namespace standstill::firmware
