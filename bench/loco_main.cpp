// One cycle of an engine's watches, latch and sequence, and one edge of the rails, on this machine:
// bench_loco.
//
// The yardstick of a cycle is a CRC-32 over 512 bytes by the same table as ours, of an edge one over 16: work
// of a known size, in the same run. docs/locomotive.md wants less than 1 µs for a cycle.
#include <array>
#include <cstdio>

#include "bench/options.hpp"
#include "kernel/checksum.hpp"
#include "os/clock.hpp"
#include "plant/loco/chain.hpp"
#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/encoder.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

volatile std::uint32_t sink = 0;

double now_ns() { return static_cast<double>(to_ns(os::now())); }

double crc_batch(std::size_t bytes, int count) {
  static const std::array<std::uint8_t, 512> block = [] {
    std::array<std::uint8_t, 512> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i * 37);
    return made;
  }();
  const double began = now_ns();
  for (int i = 0; i < count; ++i) sink = crc32(std::span(block).first(bytes), sink);
  return (now_ns() - began) / count;
}

class Engine {
 public:
  Engine() { chain_.boot(now_, loco::BootReason::power_on, 1); }

  double batch(int count) {
    constexpr std::array<float, 4> fine{30, 100, 210, 110};
    loco::WatchInput input;
    input.track_volts = 16;
    input.free_memory = 8000;
    for (std::size_t i = 0; i < loco::sensor_count; ++i) input.readings[i].value = fine[i];
    if (chain_.latch().state() != LatchState::running && cycles_ > 300) {  // everything was fine for 2 s
      chain_.commanded(now_, 0);
      chain_.commanded(now_, 20);
    }
    const double began = now_ns();
    for (int i = 0; i < count; ++i) {
      now_ += loco::cycle;
      ++cycles_;
      input.between = input.readings;
      for (auto& reading : input.between) reading.at = now_ - loco::cycle / 2;
      for (auto& reading : input.readings) {
        reading.at = now_;
        reading.value += cycles_ % 2 == 0 ? 0.03F : -0.03F;
      }
      input.last_packet = now_;
      sink = sink + static_cast<std::uint32_t>(chain_.decide(now_, input, true).heat);
      chain_.tell(now_);
    }
    return (now_ns() - began) / count;
  }

 private:
  loco::Chain chain_;
  Instant now_ = instant_from_ns(1'000'000'000);
  std::uint32_t cycles_ = 0;
};

class Rails {
 public:
  double batch() {
    std::size_t count = 0;
    std::array<Instant, 512> edges{};
    for (int i = 0; i < 4; ++i)
      dcc::send(dcc::speed126({3, false}, 60, true), {}, [&](Duration half) {
        now_ += half;
        if (count < edges.size()) edges[count++] = now_;
      });
    const double began = now_ns();
    for (std::size_t i = 0; i < count; ++i)
      if (decoder_.edge(edges[i])) sink = sink + 1;
    return (now_ns() - began) / static_cast<double>(count);
  }

 private:
  dcc::EdgeDecoder decoder_;
  Instant now_ = instant_from_ns(1'000'000'000);
};

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, 400);
  Row cycle{"an engine's cycle of 50 Hz / CRC-32 of 512 bytes", {}, {}, 0.7};
  Row edge{"an edge of the rails / CRC-32 of 16 bytes", {}, {}, 2.0};
  cycle.compared = edge.compared = 0.5;
  Engine engine;
  Rails rails;
  for (std::size_t i = 0; i < options.samples + 5; ++i) {
    const double yard_cycle = crc_batch(512, 100);
    const double ours_cycle = engine.batch(100);
    const double yard_edge = crc_batch(16, 500);
    const double ours_edge = rails.batch();
    if (i < 5) continue;  // warm
    cycle.yardstick.push_back(yard_cycle);
    cycle.ours.push_back(ours_cycle);
    edge.yardstick.push_back(yard_edge);
    edge.ours.push_back(ours_edge);
  }
  const bool cycle_holds = print(cycle);
  return print(edge) && cycle_holds ? 0 : 1;
}
