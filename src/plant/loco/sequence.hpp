// The shutdown of the engine in time, on the kernel's stages: what is due when, counted from its cause.
//
//   0 ms     heaters off; regulator to the whistle position (CV30 = 0: closed); the log begins to be saved
//   5000 ms  regulator closed, held for 500 ms before the reserve is empty
//   5500 ms  last telemetry frame, servo power off, then sleep: only a power cycle wakes it
//
// Nothing here waits: the loop keeps its 50 Hz through it. What is due stays due, whether the stage before it
// worked or not.
#pragma once

#include <array>
#include <cstdint>

#include "kernel/stages.hpp"
#include "kernel/time.hpp"

namespace standstill::loco {

class Sequence {
 public:
  enum Act : std::uint8_t { heaters_off, vent, save_log, close, servo_off, sleep, acts };
  static constexpr Duration vent_for = 5000ms;
  static constexpr Duration hold_for = 500ms;

  constexpr void begin(Instant now) {
    if (running()) return;  // the first cause's time counts
    begun_ = now;
  }
  [[nodiscard]] constexpr bool running() const { return begun_ != never; }
  [[nodiscard]] constexpr Instant begun() const { return begun_; }

  // Bits by Act.
  [[nodiscard]] constexpr std::uint32_t due(Instant now) const;
  [[nodiscard]] static constexpr bool has(std::uint32_t due, Act act) { return (due >> act & 1U) != 0; }

 private:
  Instant begun_ = never;
};

inline constexpr Stages sequence_stages = *Stages::make(
    std::array{Stage{0ms, Stage::Act::output, Sequence::heaters_off},
               Stage{0ms, Stage::Act::output, Sequence::vent},
               Stage{0ms, Stage::Act::output, Sequence::save_log},
               Stage{Sequence::vent_for, Stage::Act::output, Sequence::close},
               Stage{Sequence::vent_for + Sequence::hold_for, Stage::Act::output, Sequence::servo_off},
               Stage{Sequence::vent_for + Sequence::hold_for, Stage::Act::output, Sequence::sleep}},
    Sequence::acts);

constexpr std::uint32_t Sequence::due(Instant now) const {
  return running() ? sequence_stages.due(begun_, now).outputs : 0;
}

static_assert([] {
  constexpr Instant fault = instant_from_ns(7'000'000'000);
  Sequence one;
  if (one.due(fault) != 0) return false;
  one.begin(fault);
  one.begin(fault + 3s);  // a second cause moves nothing
  const auto is = [&](Duration at, std::uint32_t bits) { return one.due(fault + at) == bits; };
  return is(0ms, 0b000111) && is(4999ms, 0b000111) && is(5000ms, 0b001111) && is(5499ms, 0b001111) &&
         is(5500ms, 0b111111);
}());

}  // namespace standstill::loco
