// S3: the guard is killed at every system call of the latch's write, for every kind of change that is
// written; the next guard comes up tripped, or in the right earlier state, energises nothing, and remembers
// every epoch.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "support/traced_guard_rig.hpp"

namespace standstill::test {
namespace {

enum class Change { start, trip, trip_from_ready, acknowledge, reset };
constexpr const char* change_names[] = {"Start", "Trip", "TripFromReady", "Acknowledge", "Reset"};

struct Place {
  long call;
  bool entry;
};
// The writer's way of one record: the slot, the disk, and the word to the loop that it is done.
constexpr Place places[] = {{SYS_pwrite64, true},   {SYS_pwrite64, false}, {SYS_fdatasync, true},
                            {SYS_fdatasync, false}, {SYS_write, true},     {SYS_write, false}};

class LatchKill : public testing::TestWithParam<Change> {
 protected:
  void SetUp() override {
    if (!Tracer::allowed()) GTEST_SKIP() << "this user may not trace processes (ptrace)";
  }
  void start() {
    armed = false;
    struck = false;
    rig.start_traced(
        [](const TracedProcess& process) {
          return is_guard(process) ? Tracer::Role::step : Tracer::Role::leave;
        },
        [this](const TracedCall& call) { return judge(call); });
    rig.connect();
  }
  Tracer::Deed judge(const TracedCall& call) {
    if (call.number == SYS_pwrite64) writer = call.thread;
    if (!armed || call.thread != writer || call.number != place.call || call.entry != place.entry) return {};
    armed = false;
    struck = true;
    return {Tracer::Deed::What::kill};
  }
  void tell(permit::Word what) {  // without waiting for an answer that may never come
    permit::WordBody body{};
    body.word = what;
    body.epoch = rig.state->epoch;
    body.who = "tester";
    rig.port.word(body);
  }
  void make(Change change) {
    switch (change) {
      case Change::start:
        return tell(permit::Word::start);
      case Change::trip:
      case Change::trip_from_ready:
        return rig.link_is(Standing::present);
      case Change::acknowledge:
        return tell(permit::Word::acknowledge);
      case Change::reset:
        return tell(permit::Word::reset);
    }
  }
  // Before `change`; every write of the way there is done, so that only its own can be hit.
  void lead_to(Change change) {
    if (change == Change::trip) return rig.to_running();
    rig.to_ready();
    if (change == Change::start || change == Change::trip_from_ready) return;
    rig.link_is(Standing::present);
    ASSERT_TRUE(rig.until([&] { return rig.state->state == LatchState::tripped; }));
    rig.link_is(Standing::clear);
    if (change != Change::reset) return;
    ASSERT_EQ(rig.word(permit::Word::acknowledge, rig.state->epoch), Refusal::none);
    ASSERT_TRUE(rig.until([&] {
      for (std::size_t i = 0; i < rig.state->source_count; ++i)
        if (rig.state->settled[i] == 0 || rig.state->standing[i] != Standing::clear) return false;
      return true;
    }));
    rig.run_for(150ms);  // the settle time of the trip itself
  }

  TracedGuardRig rig;
  Place place{};
  std::atomic<bool> armed = false, struck = false;
  std::atomic<pid_t> writer = -1;
};

TEST_P(LatchKill, S3_AtEverySystemCallOfTheWrite) {
  const Change change = GetParam();
  start();
  ASSERT_FALSE(HasFatalFailure());
  for (const Place& here : places) {
    SCOPED_TRACE(Tracer::name(here.call) + (here.entry ? " entry" : " exit"));
    lead_to(change);
    ASSERT_FALSE(HasFailure());
    rig.run_for(100ms);  // no write is under way
    const Epoch before = rig.state->epoch;
    const int runs = rig.relay[0]->run_commands();
    place = here;
    armed = true;
    make(change);
    ASSERT_TRUE(rig.until([&] { return struck.load(); })) << "the write never came";
    ASSERT_TRUE(rig.until([&] { return rig.tracer->ended(rig.guard_pid).has_value(); }));
    EXPECT_TRUE(rig.until([&] { return rig.all_safe(); })) << "S2";
    const Epoch highest = std::max(before, rig.state->epoch);
    if (here.call != SYS_write) {
      EXPECT_EQ(rig.relay[0]->run_commands(), runs) << "energised before the latch was on disk";
    }
    const int runs_at_death = rig.relay[0]->run_commands();
    rig.forget_guard();
    start();
    ASSERT_FALSE(HasFatalFailure());

    const bool written = here.call != SYS_pwrite64 || !here.entry;
    EXPECT_NE(rig.state->state, LatchState::running);
    EXPECT_GE(rig.state->epoch, highest) << "an epoch was forgotten";
    switch (change) {
      case Change::start:
        if (written) {
          EXPECT_EQ(rig.state->state, LatchState::tripped) << "it had been running as far as the disk knows";
          EXPECT_EQ(rig.state->epoch, before + 1);
        }
        break;
      case Change::trip:
        EXPECT_EQ(rig.state->state, LatchState::tripped);
        // S6: a number that was told and not written is not given to another trip.
        EXPECT_EQ(rig.state->epoch, written || highest == before ? before + 1 : before + 2);
        break;
      case Change::trip_from_ready:
        if (written || highest > before) {
          EXPECT_EQ(rig.state->state, LatchState::tripped) << "a trip was forgotten";
          EXPECT_GE(rig.state->epoch, before + 1);
        }
        break;
      case Change::acknowledge:
        EXPECT_EQ(rig.state->state, LatchState::tripped);
        EXPECT_EQ(rig.state->acknowledged != 0, written);
        EXPECT_EQ(rig.state->epoch, before);
        break;
      case Change::reset:
        EXPECT_EQ(rig.state->state, written ? LatchState::ready : LatchState::tripped);
        EXPECT_EQ(rig.state->epoch, before);
        break;
    }
    rig.run_for(50ms);
    EXPECT_TRUE(rig.all_safe());
    EXPECT_EQ(rig.relay[0]->run_commands(), runs_at_death) << "S4";
  }
}

TEST(LatchKilled, S3_WhoWasToldThatAStopIsLatchedFindsItAgain) {
  if (!Tracer::allowed()) GTEST_SKIP() << "this user may not trace processes (ptrace)";
  std::atomic<bool> armed = false;
  TracedGuardRig rig;
  rig.start_traced(
      [](const TracedProcess& process) {
        return is_guard(process) ? Tracer::Role::step : Tracer::Role::leave;
      },
      [&](const TracedCall& call) -> Tracer::Deed {
        if (!armed || call.number != SYS_fdatasync || !call.entry) return {};
        return {Tracer::Deed::What::kill};
      });
  rig.connect();
  rig.to_ready();
  ASSERT_FALSE(testing::Test::HasFailure());
  rig.run_for(100ms);  // no write is under way
  armed = true;
  const os::Fd caller(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sa_family_t anonymous = AF_UNIX;  // the kernel gives a name, so that the guard can answer
  ASSERT_EQ(::bind(caller.get(), reinterpret_cast<const sockaddr*>(&anonymous), sizeof anonymous), 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  (rig.folder / "stop.sock").copy(to.sun_path, sizeof to.sun_path - 1);
  ASSERT_EQ(::sendto(caller.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  ASSERT_TRUE(rig.until([&] { return rig.tracer->ended(rig.guard_pid).has_value(); }));
  std::array<char, 96> answer{};
  EXPECT_LE(::recv(caller.get(), answer.data(), answer.size() - 1, 0), 0) << answer.data();
}

TEST(LatchError, S3_ADiskThatRefusesEnergisesNothing) {
  if (!Tracer::allowed()) GTEST_SKIP() << "this user may not trace processes (ptrace)";
  std::atomic<long> failing = -1;
  std::atomic<int> error = 0;
  TracedGuardRig rig;
  rig.start_traced(
      [](const TracedProcess& process) {
        return is_guard(process) ? Tracer::Role::step : Tracer::Role::leave;
      },
      [&](const TracedCall& call) -> Tracer::Deed {
        if (!call.entry || call.number != failing) return {};
        return {Tracer::Deed::What::fail, error};
      });
  rig.connect();
  rig.to_ready();
  ASSERT_FALSE(testing::Test::HasFailure());
  for (const long call : {SYS_pwrite64, SYS_fdatasync})
    for (const int number : {EIO, ENOSPC}) {
      SCOPED_TRACE(Tracer::name(call) + " fails with " + std::to_string(number));
      error = number;
      failing = call;
      EXPECT_TRUE(has(rig.word(permit::Word::start, rig.state->epoch), Refusal::not_recorded));
      rig.run_for(50ms);
      EXPECT_EQ(rig.relay[0]->run_commands(), 0);
      EXPECT_EQ(rig.state->state, LatchState::ready);
      failing = -1;
      rig.run_for(50ms);
    }
  rig.to_running();
}

INSTANTIATE_TEST_SUITE_P(Change, LatchKill,
                         testing::Values(Change::start, Change::trip, Change::trip_from_ready,
                                         Change::acknowledge, Change::reset),
                         [](const auto& one) { return change_names[static_cast<int>(one.param)]; });

}  // namespace
}  // namespace standstill::test
