// One row of the chaos matrix: a process, what is done to it, and what was seen over many random instants.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "hil/guest/chain.hpp"
#include "hil/guest/line_record.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

enum class How { kill, stop, segv, freeze };
[[nodiscard]] const char* name(How how);

// Where in the life of a plant the blow falls. Staging: after a trip, while an output waits for its stage.
enum class Phase { starting, tripped, acknowledging, ready, energising, running, tripping, staging };
inline constexpr int phases = 8;
[[nodiscard]] const char* name(Phase phase);

struct Blow {
  Phase phase{};
  std::int64_t delay_us = 0;  // after the phase began
  std::int64_t at_us = 0;     // boot clock, when it fell: a freeze, when the kernel says that it is done
  bool energised = false;     // a line was at run when it fell, or went there after it
  bool in_stage = false;      // it was dealt in a stage and met one: one line safe, the other still at run
  std::int64_t safe_us =
      0;                  // from the blow to the last time a line went safe; 0: they were safe all the time
  std::string violation;  // empty: the rule held
  std::string seen;       // what the pins did around it
};

class ChaosCell {
 public:
  using Times = std::array<std::int64_t, 2>;  // of each output, microseconds

  ChaosCell(Who who, How how, std::uint64_t seed);

  // One blow at a random instant of a random phase, its judgement, and the way back to a complete chain.
  Blow round();

  // Of the last output, as `standstill check` states it; each output is judged by its own.
  [[nodiscard]] std::int64_t deadline_us() const { return std::ranges::max(stated_us_); }

 private:
  Phase deal();
  void reach(Phase phase);
  void strike(Blow& blow);
  void judge(Blow& blow);
  void recover(Blow& blow);

  Who who_;
  How how_;
  std::mt19937_64 random_;
  std::vector<Phase> deck_;
  SimChip chip_;
  LineRecord record_;
  Chain chain_;
  Times stated_us_{};
  pid_t victim_ = -1;
  std::unique_ptr<Freezer> freezer_;
  std::array<bool, 2> before_{};  // the lines' levels when the record was cleared
};

}  // namespace standstill::hil
