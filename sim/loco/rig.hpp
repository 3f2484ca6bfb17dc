// Model, rails, flash and engine in one: fifty cycles a second of simulated time. The command station talks
// to the engine edge by edge, through the real decoder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plant/loco/engine.hpp"
#include "sim/loco/flash.hpp"
#include "sim/loco/model.hpp"
#include "sim/loco/track.hpp"

namespace standstill::sim::loco {

class Rig final : private standstill::loco::Lines {
 public:
  Model model;
  MemoryFlash flash;
  Track track;
  std::vector<std::string> said;
  std::function<void(std::string_view)> hears;  // every line, beside `said`
  Duration execution = 1ms;                     // what the engine's cycles take

  explicit Rig(Instant start = instant_from_ns(1'000'000'000)) : now_(start) {}

  void power_up(standstill::loco::BootReason reason = standstill::loco::BootReason::power_on);
  void type(std::string_view line);
  void typed(const standstill::loco::Typed& typed) { engine_->typed(typed, now_); }

  void cycle();
  void run(Duration time);
  // On the programming track, whose packets come from elsewhere: these halves, and two cycles more. How often
  // the engine acknowledged meanwhile, each time with 60 mA for 6 ms (NMRA S-9.2.3).
  [[nodiscard]] int program(std::span<const Duration> halves);

  // To `running`, under steam, at this step. False: it did not come to that.
  [[nodiscard]] bool drive(std::uint8_t step);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const standstill::loco::Engine& engine() const { return *engine_; }
  [[nodiscard]] const standstill::loco::Outputs& outputs() const { return engine_->outputs(); }
  [[nodiscard]] double opening() const;

 private:
  void live(Instant next);
  void say(std::string_view line) override {
    said.emplace_back(line);
    if (hears) hears(line);
  }

  Instant now_;
  std::unique_ptr<standstill::loco::Engine> engine_;
};

}  // namespace standstill::sim::loco
