// Days of running with faults: `./dev soak HOURS`. One plant of real processes, random faults (seeded), after
// each: every output safe, a recovery as an operator does it, and nothing that grows.
//
// STANDSTILL_SOAK_SECONDS how long (20), STANDSTILL_SOAK_SEED which faults (1).
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

long setting(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && std::atol(text) > 0 ? std::atol(text) : otherwise;
}

struct Use {
  long resident_kb = 0, descriptors = 0;
};

Use use_of(pid_t pid) {
  Use use;
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) use.resident_kb = std::atol(line.c_str() + 6);
  if (DIR* open = ::opendir((folder + "/fd").c_str())) {
    while (::readdir(open) != nullptr) ++use.descriptors;
    ::closedir(open);
  }
  return use;
}

class Soak {
 public:
  Soak() { rig.start_and_wait(); }

  void fault(const std::string& name, const std::function<void()>& strike,
             const std::function<void()>& mend) {
    const auto began = std::chrono::steady_clock::now();
    strike();
    const bool safe = rig.until([&] { return rig.all_safe(); });
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    EXPECT_TRUE(safe) << name << ": an output stayed energised\n" << rig.log();
    mend();
    times_[name].push_back(took.count());
  }

  void round(std::mt19937& random) {
    rig.to_running();
    const auto choice = random() % 9;
    const int either = random() % 2 == 0 ? 1 : 2;
    const auto nothing = [] {};
    const auto signal = [this](pid_t pid, int number) {
      if (pid > 0) ::kill(pid, number);
    };
    switch (choice) {
      case 0:
        return fault("server crashes", [&] { peer.tell("crash"); }, [&] { peer.tell("restart stale 50"); });
      case 1:
        return fault("server hangs", [&] { peer.tell("hang"); }, [&] { peer.tell("resume"); });
      case 2:
        return fault("goodbye", [&] { peer.tell("goodbye"); }, [&] { peer.tell("restart 50"); });
      case 3:
        return fault("rubbish", [&] { peer.tell("rubbish random 5000"); }, nothing);
      case 4:
        return fault("stop", [&] { rig.post("/api/v1/stop"); }, nothing);
      case 5:
        return fault("guard killed", [&] { signal(rig.guard(), SIGKILL); }, nothing);
      case 6:
        return fault("cutter killed", [&] { signal(rig.cutter(either), SIGKILL); }, nothing);
      case 7:
        return fault("guard stopped", [&] { signal(rig.guard(), SIGSTOP); }, nothing);
      default:
        return fault(
            "supervisor killed", [&] { rig.end(SIGKILL); },
            [&] {
              rig.start_and_wait();
              fresh_ = 0;
            });
    }
  }

  // What a process holds settles in its first rounds and must not grow afterwards.
  void look_for_growth() {
    const Use now = use_of(rig.supervisor());
    if (++fresh_ == 10) settled_ = now;
    if (fresh_ <= 10) return;
    EXPECT_LE(now.descriptors, settled_.descriptors + 8) << "descriptors leak";
    EXPECT_LE(now.resident_kb, settled_.resident_kb + 16384) << "memory grows";
  }

  void print() const {
    std::printf("%-20s %6s %8s %8s %8s\n", "fault", "times", "p50 ms", "p99 ms", "worst");
    for (auto [name, all] : times_) {
      std::ranges::sort(all);
      std::printf("%-20s %6zu %8lld %8lld %8lld\n", name.c_str(), all.size(),
                  static_cast<long long>(all[all.size() / 2]),
                  static_cast<long long>(all[(all.size() * 99) / 100]), static_cast<long long>(all.back()));
    }
  }

 private:
  SimPeer peer;
  PlantRig rig{{.port = peer.port(), .http = true, .probe_ms = 200, .silence_ms = 600}};
  std::map<std::string, std::vector<long long>> times_;
  int fresh_ = 0;  // rounds since the supervisor was started
  Use settled_;
};

TEST(Soaked, EveryFaultEndsSafeAndNothingGrows) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(setting("STANDSTILL_SOAK_SECONDS", 20));
  std::mt19937 random(static_cast<unsigned>(setting("STANDSTILL_SOAK_SEED", 1)));
  Soak soak;
  while (std::chrono::steady_clock::now() < until && !testing::Test::HasFailure()) {
    soak.round(random);
    soak.look_for_growth();
  }
  soak.print();
}

}  // namespace
}  // namespace standstill::test
