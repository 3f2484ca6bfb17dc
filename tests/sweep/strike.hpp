// One blow of the sweep, and the table that all blows end in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace standstill::sweep {

enum class Victim { guard, cutter1, cutter2, supervisor };
inline constexpr const char* victim_names[] = {"guard", "cutter 1", "cutter 2", "supervisor"};

// Where in its round the plant of a supervisor is: what was last told, said or seen of it.
enum class Phase { any, starting, tripping, acknowledging, resetting, energising, running };
inline constexpr const char* phase_names[] = {"",          "starting",   "tripping", "acknowledging",
                                              "resetting", "energising", "running"};

// Kill: at the `index`-th call of the process since it began; with a phase, at the first call `number` in
// that phase instead. Error: the `index`-th call named `number` and the `burst` - 1 after it fail with
// `error`.
struct Strike {
  Victim victim = Victim::guard;
  std::uint64_t index = 1;
  bool entry = true;
  int error = 0;  // 0: kill
  long number = -1;
  std::uint64_t burst = 1;
  bool fresh = false;  // the latch file is gone before the process starts
  Phase phase = Phase::any;
};

// What a survey saw of one process, from its start through every change of state.
struct Survey {
  std::vector<long> calls;    // by index - 1
  std::vector<Phase> phases;  // the same
  [[nodiscard]] std::map<long, std::uint64_t> counts() const {
    std::map<long, std::uint64_t> count;
    for (const long call : calls) ++count[call];
    return count;
  }
};

class Table {
 public:
  // `violation` is empty when every rule held; `late_ms` < 0 when nothing was energised at the blow.
  void add(const Strike& strike, const std::string& call, double late_ms, const std::string& violation) {
    const std::lock_guard lock(mutex_);
    const std::string what = strike.error != 0 ? std::string("error ") + error_name(strike.error)
                                               : (strike.entry ? "entry " : "exit ") +
                                                     std::string(phase_names[static_cast<int>(strike.phase)]);
    Row& row = rows_[{strike.victim, call, what}];
    ++row.blows;
    if (++blows_ % 500 == 0) {
      std::printf("... %d blows, %d violations\n", blows_, violations_);
      std::fflush(stdout);
    }
    if (late_ms >= 0) {
      row.worst_ms = std::max(row.worst_ms, late_ms);
      late_.push_back(late_ms);
    }
    if (violation.empty()) return;
    ++row.violations;
    ++violations_;
    std::printf("VIOLATION %s, %s %s, call %llu: %s\n", victim_names[static_cast<int>(strike.victim)],
                call.c_str(), what.c_str(), static_cast<unsigned long long>(strike.index), violation.c_str());
    std::fflush(stdout);
  }
  void missed() {
    const std::lock_guard lock(mutex_);
    ++missed_;
  }
  // More than a fifth of the places were not reached again: the rest proves too little.
  [[nodiscard]] bool missed_too_many() const { return missed_ * 5 > blows_ + missed_; }
  void print() const {
    std::printf("%-11s %-20s %-20s %6s %11s %9s\n", "process", "system call", "phase", "blows", "violations",
                "worst ms");
    for (const auto& [key, row] : rows_)
      std::printf("%-11s %-20s %-20s %6d %11d %9s\n", victim_names[static_cast<int>(std::get<0>(key))],
                  std::get<1>(key).c_str(), std::get<2>(key).c_str(), row.blows, row.violations,
                  row.worst_ms < 0 ? "-" : std::to_string(row.worst_ms).substr(0, 6).c_str());
    auto late = late_;
    std::sort(late.begin(), late.end());
    if (!late.empty())
      std::printf(
          "from the blow to every output safe, where one was energised: %zu blows, p50 %.2f ms, p99 %.2f "
          "ms, worst %.2f ms\n",
          late.size(), late[late.size() / 2], late[late.size() * 99 / 100], late.back());
    std::printf("%d blows, %d violations", blows_, violations_);
    std::printf(", %d places were not reached again%s\n", missed_,
                missed_too_many() ? ": more than a fifth, this run proves nothing" : "");
  }
  [[nodiscard]] int violations() const { return violations_; }
  [[nodiscard]] int blows() const { return blows_; }

  static std::string error_name(int error);

 private:
  struct Row {
    int blows = 0, violations = 0;
    double worst_ms = -1;
  };
  mutable std::mutex mutex_;
  std::map<std::tuple<Victim, std::string, std::string>, Row> rows_;
  std::vector<double> late_;
  int blows_ = 0, violations_ = 0, missed_ = 0;
};

}  // namespace standstill::sweep
