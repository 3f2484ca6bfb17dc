// What one cycle and one edge cost on a Cortex-M3, in instructions: run with QEMU's -icount shift=0, where an
// instruction takes 1 ns and the timer of 25 MHz counts one in forty of them.
#include "firmware/board.hpp"
#include "firmware/mps2-an385/registers.hpp"
#include "kernel/format.hpp"
#include "sim/loco/track.hpp"

namespace {

using namespace standstill;

void say(std::string_view text) {
  board::write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

struct Quiet final : loco::Lines {
  void say(std::string_view) override {}
};

std::uint32_t ticks() { return ~board::reg(board::timer0 + 4); }  // it counts down

void tell(std::string_view what, std::uint32_t passed, std::uint32_t count) {
  Sentence words;
  words.text(what)
      .text(": ")
      .integer(static_cast<std::int64_t>(std::uint64_t{passed} * 40 / count))
      .text(" instructions\n");
  say(words.view());
}

}  // namespace

int main() {
  board::start_line();
  board::reg(board::timer0 + 8) = 0xFFFFFFFFU;
  board::reg(board::timer0) = 1;
  static Quiet quiet;
  static loco::Chain chain;
  static sim::loco::Track track;
  Instant now = instant_from_ns(1'000'000'000);
  chain.boot(now, loco::BootReason::power_on, 1);
  loco::WatchInput input;
  input.track_volts = 16;
  input.free_memory = 8000;
  constexpr std::array<float, 4> fine{30, 100, 210, 110};
  std::uint32_t passed = 0;
  std::uint32_t worst = 0;
  constexpr std::uint32_t cycles = 500;
  for (std::uint32_t i = 0; i < cycles; ++i) {
    now += loco::cycle;
    for (std::size_t s = 0; s < loco::sensor_count; ++s) {
      input.between[s] = {fine[s] + 0.01F, loco::Rail::none, now - loco::cycle / 2};
      input.readings[s] = {fine[s] + (i % 2 == 0 ? 0.0F : 0.03F), loco::Rail::none, now};
    }
    input.last_packet = now;
    if (i == 150) chain.commanded(now, 0);
    if (i == 151) chain.commanded(now, 20);
    if (i == 400) input.track_volts = 0;  // the last hundred are within a shutdown
    const std::uint32_t from = ticks();
    (void)chain.decide(now, input, true);
    chain.tell(now);
    const std::uint32_t one = ticks() - from;
    passed += one;
    if (one > worst) worst = one;
  }
  tell("cycle, mean", passed, cycles);
  tell("cycle, worst", worst, 1);

  dcc::EdgeDecoder decoder;
  std::uint32_t packets = 0;
  std::uint32_t edges = 0;
  passed = 0;
  for (int i = 0; i < 20; ++i)
    dcc::send(dcc::speed126({3, false}, 60, true), {}, [&](Duration half) {
      now += half;
      ++edges;
      const std::uint32_t from = ticks();
      if (decoder.edge(now)) ++packets;
      passed += ticks() - from;
    });
  tell("edge, mean", passed, edges);
  Sentence words;
  say(words.text("packets: ").integer(packets).text("\ndone\n").view());
  for (;;) {
  }
}
