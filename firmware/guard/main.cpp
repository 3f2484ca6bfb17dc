// The program of the external guard: two hundred cycles a second, each begin → hear → decide → obey → finish.
// The hardware watchdog is fed only by a cycle that was in time and whose self-checks passed.
#include "firmware/board.hpp"
#include "guard/board/external_guard.hpp"

namespace {

using namespace standstill;
using guard::ExternalGuard;

// Twenty missed cycles.
constexpr Duration watchdog_timeout = 100ms;
constexpr std::uint32_t least_free_stack = 512;

void obey(const ExternalGuard::Outputs& outputs) {
  for (std::size_t i = 0; i < board::relays; ++i) board::set_relay(i, outputs.closed);
  board::set_pump(outputs.pump);
}

ExternalGuard::Inputs look() {
  ExternalGuard::Inputs inputs;
  inputs.button_closed = board::button_closed();
  for (std::size_t i = 0; i < board::relays; ++i) inputs.closed[i] = board::relay_closed(i);
  return inputs;
}

}  // namespace

int main() {
  board::start();
  static ExternalGuard guard(board::flash());
  obey({});  // open before anything is known
  guard.boot(board::now());
  board::start_watchdog(watchdog_timeout);
  Instant next = board::now();
  for (;;) {
    next += ExternalGuard::cycle;
    board::wait_until(next);
    const Instant begun = board::now();
    guard.begin(begun);
    std::uint8_t byte = 0;
    while (board::read(byte)) guard.hear(byte, begun);
    obey(guard.decide(begun, look()));
    guard.finish();
    if (const auto bytes = guard.status(begun)) board::write(*bytes);
    const Instant done = board::now();
    const bool in_time = done <= next + ExternalGuard::cycle;
    if (in_time && guard.consistent() && board::free_stack() >= least_free_stack) board::feed_watchdog();
    if (!in_time) next = done;  // what was missed is not made up for
  }
}
