// S1: between the decision to trip and the last order of the cut, the deciding thread does nothing else. The
// shipped programs run under a tracer; allocations, locks and formatting are made visible by the announcer.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "support/call_record.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"
#include "support/traced_guard_rig.hpp"

namespace standstill::test {
namespace {

const std::vector<std::string> announcing{"LD_PRELOAD=" ANNOUNCER};

// What a guard may do between the return of its poll and a decision that no input, but time or a death,
// brings about: look at its eventfd, its two sockets and its children. None of them waits: the descriptors
// are non-blocking or are read with MSG_DONTWAIT, the children with WNOHANG.
const std::set<long> looks{SYS_read, SYS_recvfrom, SYS_recvmsg, SYS_wait4};

bool returns_from(const SeenCall& call, long number) { return !call.entry && call.number == number; }

std::string list(const std::vector<std::string>& calls) {
  std::string text;
  for (const auto& one : calls) text += one + " ";
  return text;
}

class CutFirst : public testing::Test {
 protected:
  void SetUp() override {
    if (!Tracer::allowed()) GTEST_SKIP() << "this user may not trace processes (ptrace)";
  }
  // Of a guard with two relays.
  void run_guard() {
    rig = std::make_unique<TracedGuardRig>(2);
    rig->start_traced(
        [](const TracedProcess& process) {
          return is_guard(process) ? Tracer::Role::step : Tracer::Role::leave;
        },
        [this](const TracedCall& call) { return record.add(call); }, announcing);
    rig->connect();
    if (!HasFatalFailure()) rig->to_running();
    mark = record.size();
  }
  void expect_safe() {
    EXPECT_TRUE(rig->until([&] { return rig->all_safe(); }));
    EXPECT_TRUE(rig->until([&] { return rig->state && rig->state->state == LatchState::tripped; }));
  }
  // The guard's cut after the mark; what stands between `decision` (the newest call before the cut that
  // fulfils it) and the cut's end is the result.
  template <class Decision>
  void expect_nothing_in_the_way(const Decision& decision, const std::set<long>& allowed = {}) {
    const CutReading reading(record.all(), rig->guard_pid, 2);
    const std::size_t cut = reading.first_order(mark);
    ASSERT_LT(cut, reading.size()) << "the guard ordered no cut";
    const std::size_t decided = reading.newest_before(cut, decision);
    ASSERT_LT(decided, reading.size()) << "what led to the cut is not in the record:\n"
                                       << reading.around(cut);
    const auto found = reading.in_the_way(decided, allowed);
    EXPECT_TRUE(found.empty()) << "in the way of the cut: " << list(found) << "\n" << reading.around(cut);
  }

  CallRecord record;
  std::unique_ptr<TracedGuardRig> rig;
  std::size_t mark = 0;
};

TEST_F(CutFirst, S1_TheTracerSeesWhatTheGuardAllocatesLocksAndFormats) {
  // A test that looks for something must be able to find it: at its start the guard does all of this.
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  std::set<std::string> seen;
  for (const auto& call : record.all()) seen.insert(call.name());
  for (const char* one : {"(allocates)", "(frees)", "(locks)", "(formats)", "futex", "ppoll", "pwrite64"})
    EXPECT_TRUE(seen.contains(one)) << one;
}

TEST_F(CutFirst, S1_GuardOnAStopFromAnybody) {
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  (rig->folder / "stop.sock").copy(to.sun_path, sizeof to.sun_path - 1);
  EXPECT_EQ(::sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  ::close(fd);
  expect_safe();
  expect_nothing_in_the_way(
      [](const SeenCall& call) { return returns_from(call, SYS_recvfrom) && call.result >= 0; });
}

TEST_F(CutFirst, S1_GuardOnACauseThatTheSupervisorReports) {
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  rig->link_is(Standing::present);
  expect_safe();
  expect_nothing_in_the_way(
      [](const SeenCall& call) { return returns_from(call, SYS_recvmsg) && call.result > 0; });
}

TEST_F(CutFirst, S1_GuardOnMissingPermits) {
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  rig->send_permits = false;
  expect_safe();
  expect_nothing_in_the_way([](const SeenCall& call) { return returns_from(call, SYS_ppoll); }, looks);
}

TEST_F(CutFirst, S1_GuardOnADeadCutter) {
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  const auto cutters = rig->cutter_pids();
  ASSERT_EQ(cutters.size(), 2U);
  ::kill(cutters[0], SIGKILL);
  expect_safe();
  expect_nothing_in_the_way([](const SeenCall& call) { return returns_from(call, SYS_ppoll); }, looks);
}

TEST_F(CutFirst, S1_GuardOnASilentCutter) {
  run_guard();
  ASSERT_FALSE(HasFatalFailure());
  const auto cutters = rig->cutter_pids();
  ASSERT_EQ(cutters.size(), 2U);
  ::kill(cutters[1], SIGSTOP);
  expect_safe();
  expect_nothing_in_the_way([](const SeenCall& call) { return returns_from(call, SYS_ppoll); }, looks);
}

// A whole plant under the tracer; the judge sees the processes named by `steps`.
class CutFirstPlant : public CutFirst {
 protected:
  void run_plant(std::function<bool(const TracedProcess&)> steps) {
    PlantRig::Options options{.port = peer.port(), .http = true};
    options.spawn = [this, steps](const std::vector<std::string>& words, const std::string& log) {
      std::vector<std::string> environment = announcing;
      environment.emplace_back("STANDSTILL_NO_REALTIME=1");
      tracer = std::make_unique<Tracer>(
          Tracer::Command{words, environment, log},
          [this, steps](const TracedProcess& process) {
            if (!steps(process)) return Tracer::Role::follow;
            stepped = process.pid;
            return Tracer::Role::step;
          },
          [this](const TracedCall& call) { return record.add(call); });
      return tracer->pid();
    };
    options.ended = [this](pid_t pid) { return tracer->ended(pid); };
    plant = std::make_unique<PlantRig>(options);
    plant->start_and_wait();
    if (!HasFatalFailure()) plant->to_running();
    mark = record.size();
  }
  void TearDown() override {
    plant.reset();  // it ends its processes in order, as long as somebody still traces them
    tracer.reset();
  }
  void expect_plant_safe() {
    EXPECT_TRUE(plant->until([&] { return plant->all_safe(); })) << plant->log();
  }
  template <class Decision>
  void expect_nothing_in_the_plants_way(const Decision& decision, const std::set<long>& allowed = {}) {
    const CutReading reading(record.all(), stepped, 2);
    const std::size_t cut = reading.first_order(mark);
    ASSERT_LT(cut, reading.size()) << "no cut was ordered";
    const std::size_t decided = reading.newest_before(cut, decision);
    ASSERT_LT(decided, reading.size()) << "what led to the cut is not in the record:\n"
                                       << reading.around(cut);
    const auto found = reading.in_the_way(decided, allowed);
    EXPECT_TRUE(found.empty()) << "in the way of the cut: " << list(found) << "\n" << reading.around(cut);
  }

  SimPeer peer;
  std::unique_ptr<Tracer> tracer;
  std::unique_ptr<PlantRig> plant;
  std::atomic<pid_t> stepped = -1;
};

TEST_F(CutFirstPlant, S1_SupervisorOnALinkThatEnds) {
  run_plant([](const TracedProcess& process) { return process.program == "standstill"; });
  ASSERT_FALSE(HasFatalFailure());
  peer.tell("crash");
  expect_plant_safe();
  expect_nothing_in_the_plants_way(
      [](const SeenCall& call) { return returns_from(call, SYS_recvfrom) && call.result <= 0; });
}

TEST_F(CutFirstPlant, S1_GuardOnTheDeathOfTheSupervisor) {
  run_plant([](const TracedProcess& process) { return is_guard(process); });
  ASSERT_FALSE(HasFatalFailure());
  ::kill(plant->supervisor(), SIGKILL);
  expect_plant_safe();
  // The thread that waits on the lifeline, or the loop that reads the end of the socket: whoever was first.
  expect_nothing_in_the_plants_way([](const SeenCall& call) {
    return returns_from(call, SYS_futex) || (returns_from(call, SYS_recvmsg) && call.result == 0);
  });
}

TEST_F(CutFirstPlant, S1_CutterOnTheDeathOfTheGuard) {
  run_plant([](const TracedProcess& process) { return is_cutter(process, 2); });
  ASSERT_FALSE(HasFatalFailure());
  ::kill(plant->guard(), SIGKILL);
  expect_plant_safe();
  expect_nothing_in_the_plants_way(
      [](const SeenCall& call) { return returns_from(call, SYS_futex) || returns_from(call, SYS_ppoll); });
}

}  // namespace
}  // namespace standstill::test
