// The engine's time is the plant's, so that a busy host makes the emulation slow and not wrong: cycle by
// cycle the same as the engine that is compiled for the host.
#include "firmware/mps2-an385/plant.hpp"
#include "firmware/mps2-an385/registers.hpp"

extern "C" void tick_handler();

namespace standstill::board {

// The emulated processor stands still whenever its host is busy with something else, and its watchdog does
// not.
const std::int64_t watchdog_stretch = 50;

void start() {
  start_line();
  start_tick();
  start_plant();
}

// Leaves the host's processor to others while nothing comes: the tick ends the sleep.
void rest() {
  static std::uint32_t turns = 0;
  if (++turns % 4096 == 0) __asm volatile("wfi");
}

Instant now() {
  while (sent_at() == Instant{})
    if (!listen()) rest();
  return sent_at();
}

void wait_until(Instant when) {
  while (sent_at() < when)
    if (!listen()) rest();
}

Instant arrival() { return sent_at(); }
Instant on_board(Instant of_plant) { return of_plant; }
void inject(std::array<loco::Reading, loco::sensor_count>&) {}
void stand_still(Duration) {}

}  // namespace standstill::board

void tick_handler() {}
