// A guard rig whose guard and cutters run under a tracer.
#pragma once

#include "support/guard_rig.hpp"
#include "support/places.hpp"
#include "support/tracer.hpp"

namespace standstill::test {

inline bool is_guard(const TracedProcess& process) { return process.program == "standstill-guard"; }
inline bool is_cutter(const TracedProcess& process, int number) {
  return process.program == "standstill-cutter" && process.arguments == std::vector{std::to_string(number)};
}

class TracedGuardRig : public GuardRig {
 public:
  using GuardRig::GuardRig;
  ~TracedGuardRig() {
    port.leave(false);
    tracer.reset();  // it is the guard's parent, and ends it
    guard_pid = -1;
  }

  void start_traced(Tracer::Choose choose, Tracer::Judge judge, std::vector<std::string> environment = {}) {
    tracer.reset();
    plan::seal(*plan);
    ASSERT_TRUE(plan::store((folder / "plan").c_str(), *plan).has_value());
    environment.emplace_back("STANDSTILL_NO_REALTIME=1");
    tracer = std::make_unique<Tracer>(
        Tracer::Command{{test::program_folder() + "/standstill-guard", "--state-dir", folder.path()},
                        std::move(environment),
                        folder / "log"},
        std::move(choose), std::move(judge));
    guard_pid = tracer->pid();
    ASSERT_GT(guard_pid, 0);
  }
  // After the guard's end: ready to be connected to the next one.
  void forget_guard() {
    until([&] { return lost || !port.connected(); }, 5s);
    lost = false;
    state.reset();
  }

  std::unique_ptr<Tracer> tracer;
};

}  // namespace standstill::test
