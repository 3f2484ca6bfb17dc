// Programs in real time: the board's own timer.
#include "firmware/board.hpp"
#include "firmware/mps2-an385/registers.hpp"

extern "C" void tick_handler();

namespace standstill::board {

void start_time() {
  reg(timer0 + 8) = 0xFFFFFFFF;
  reg(timer0 + 4) = 0xFFFFFFFF;
  reg(timer0) = 1;
  start_tick();
}

// The counter goes round in 171 s, and is asked every cycle.
Instant now() {
  static std::uint32_t last = 0xFFFFFFFF;
  static std::uint64_t counted = 0;
  const std::uint32_t is = reg(timer0 + 4);
  counted += last - is;  // it counts down
  last = is;
  return instant_from_ns(static_cast<std::int64_t>(counted * (1'000'000'000 / clock_hz)));
}

}  // namespace standstill::board

void tick_handler() {}  // it ends the sleep, once a millisecond
