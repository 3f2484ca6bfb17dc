// The program of the engine: fifty cycles a second, each sense → measure → decide → drive → finish. The
// hardware watchdog is fed only by a cycle that was in time and whose self-checks passed.
#include <span>
#include <string_view>

#include "firmware/board.hpp"
#include "wire/dcc/edge_decoder.hpp"

namespace {

using namespace standstill;

// Five missed cycles.
constexpr Duration watchdog_timeout = 100ms;

class Console final : public loco::Lines {
 public:
  void say(std::string_view line) override {
    board::write({reinterpret_cast<const std::uint8_t*>(line.data()), line.size()});
    constexpr std::uint8_t end = '\n';
    board::write({&end, 1});
  }
};

// Before anything is known: cold, and no pulses for a servo whose closed position is among the variables.
constexpr loco::Outputs at_rest = [] {
  loco::Outputs outputs;
  outputs.drive.servo_power = false;
  return outputs;
}();

Console console;
loco::LineReader typed;
dcc::EdgeDecoder decoder;

void hear(loco::Engine& engine) {
  std::uint8_t byte = 0;
  while (board::read(byte))
    if (typed.take(byte)) engine.typed(typed.typed(), board::now());
  Instant at{};
  while (board::edge(at))
    if (const auto packet = decoder.edge(at)) engine.packet(*packet, at);
}

}  // namespace

int main() {
  board::start();
  static loco::Engine engine(board::flash(), console);
  board::drive(at_rest);
  engine.boot(board::now(), board::boot_reason());
  board::start_watchdog(watchdog_timeout);
  Instant next = board::now();
  Duration execution{};
  for (;;) {
    next += loco::cycle;
    board::wait_until(next - loco::cycle / 2);
    const auto between = board::sense();
    board::wait_until(next);
    const Instant begun = board::now();
    loco::Measured measured = board::measure();
    measured.watch.between = between;
    hear(engine);
    measured.watch.execution = execution;
    measured.watch.lateness = begun - next;
    measured.watch.free_memory = board::free_stack();
    const loco::Outputs& outputs = engine.decide(begun, measured);
    board::drive(outputs);
    if (outputs.feed) board::feed_watchdog();
    engine.finish(begun);
    const Instant done = board::now();
    execution = done - begun;
    if (done > next + loco::cycle) next = done;  // what was missed is not made up for
  }
}
