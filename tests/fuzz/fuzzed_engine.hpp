// An engine for fuzzers, brought to `running` without rails: packets come whole.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "plant/loco/engine.hpp"
#include "sim/loco/flash.hpp"
#include "wire/dcc/encoder.hpp"

namespace standstill::loco {

inline void check(bool holds) {
  if (!holds) std::abort();
}

class FuzzedEngine : private Lines {
 public:
  static constexpr std::array<float, sensor_count> fine{30, 85, 150, 20};

  FuzzedEngine() {
    wake(BootReason::power_on);
    for (int i = 0; i < 110; ++i) cycle();  // what was unknown settles for 2 s
    speed(0);
    cycle();
    speed(20);
    cycle();
    check(state() == LatchState::running && engine_->outputs().drive.boiler_permille > 0);
  }

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] LatchState state() const { return engine_->chain().latch().state(); }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] int lines() const { return lines_; }  // said since it began

  // As the sensors are now: what a test spoils stays spoilt.
  std::array<Reading, sensor_count> readings{{{fine[0], Rail::none, {}},
                                              {fine[1], Rail::none, {}},
                                              {fine[2], Rail::none, {}},
                                              {fine[3], Rail::none, {}}}};
  std::array<bool, sensor_count> silent{};
  float volts = 16;
  bool signal = true;
  Duration lateness{};

  void wake(BootReason reason) {
    engine_.emplace(flash_, static_cast<Lines&>(*this));
    engine_->boot(now_, reason);
  }
  void speed(std::uint8_t step) { engine_->packet(dcc::speed28({3, false}, step, true), now_); }

  // The readings it took, with an ADC's noise.
  std::array<Reading, sensor_count> cycle() {
    now_ += loco::cycle;
    noise_ = !noise_;
    if (signal) engine_->packet(dcc::idle(), now_);
    Measured measured;
    WatchInput& input = measured.watch;
    input.readings = readings;
    for (std::size_t i = 0; i < sensor_count; ++i) {
      Reading& one = input.readings[i];
      if (one.rail == Rail::none && noise_) one.value += 0.05F;
      if (!silent[i]) one.at = now_;
    }
    const auto taken = input.readings;
    input.track_volts = volts;
    input.free_memory = 8000;
    input.execution = 1ms;
    input.lateness = lateness;
    (void)engine_->decide(now_, measured);
    engine_->finish(now_);
    const Settings& settings = engine_->settings();
    for (std::size_t v = 0; v < variables.size(); ++v)
      check(settings.values()[v] >= variables[v].low && settings.values()[v] <= variables[v].high);
    check(Settings::conflict(settings.values()).empty());
    return taken;
  }

 private:
  void say(std::string_view line) override {
    check(!line.empty() && line.size() <= 192);
    for (const char c : line) check(static_cast<unsigned char>(c) >= 0x20);
    ++lines_;
  }

  sim::loco::MemoryFlash flash_;
  std::optional<Engine> engine_;
  Instant now_ = instant_from_ns(1'000'000'000);
  bool noise_ = false;
  int lines_ = 0;
};

}  // namespace standstill::loco
