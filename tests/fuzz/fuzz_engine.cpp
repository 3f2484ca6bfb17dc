// links: sim/loco
// An engine that runs, whose sensors, rails and loop may say anything in any cycle: two wrong readings in a
// row of any sensor, or a stop, and it does not heat; nothing but 0 and then a speed makes it heat again.
//
// Three bytes an act: what, and two for it.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzed_engine.hpp"

using namespace standstill;
using namespace standstill::loco;

namespace {

struct Range {
  float low, high;
};
// docs/locomotive.md, "Sensors": logic, boiler, superheater, pressure.
constexpr std::array<Range, sensor_count> ranges{{{0, 100}, {0, 150}, {0, 280}, {-7, 250}}};
constexpr std::array<Cv, sensor_count> limits{Cv::logic_limit, Cv::boiler_limit, Cv::superheater_limit,
                                              Cv::pressure_limit};

class Plant {
 public:
  void act(std::uint8_t what, std::uint8_t a, std::uint8_t b) {
    const std::size_t which = a % sensor_count;
    const auto reads = [this](std::size_t sensor, float value) {
      engine_.readings[sensor] = {value, Rail::none, {}};
    };
    switch (what % 16) {
      case 0:  // any bits at all
        reads(b % sensor_count, std::bit_cast<float>(a * 0x1000000U + b * 0x10000U + what));
        break;
      case 1:  // around the limit
        reads(which, static_cast<float>(engine_.engine().settings()[limits[which]]) + (b - 128.0F) / 8);
        break;
      case 2:
        engine_.readings[which].rail = static_cast<Rail>(b % 3);
        break;
      case 3:
        reads(which, FuzzedEngine::fine[which] + static_cast<float>(b % 4));
        break;
      case 4:
        engine_.silent[which] = (b & 1U) != 0;
        break;
      case 5:
        engine_.volts = (b & 1U) != 0 ? 16.0F : static_cast<float>(b) / 64;
        break;
      case 6:
        engine_.signal = (b & 1U) != 0;
        break;
      case 7:
        speed(b % 29);
        break;
      case 8:
        engine_.engine().packet(dcc::stop_everybody(true), engine_.now());
        stopped_ = true;
        break;
      case 9:
        engine_.lateness = Duration{(b % 32) * 1'000'000};
        break;
      case 10: {
        const Variable& one = variables[a % variables.size()];
        engine_.engine().typed({Typed::Kind::cv_write, static_cast<std::uint32_t>(one.cv), one.low + b},
                               engine_.now());
        break;
      }
      case 11:
        if (b != 0) break;
        engine_.wake(static_cast<BootReason>(a % 4));
        owes_ = Owes::zero;
        bad_ = {};
        break;
      default:
        for (int i = 0; i < b % 32; ++i) cycle();
    }
    cycle();
  }

 private:
  enum class Owes : std::uint8_t { zero, speed, nothing };

  void speed(std::uint8_t step) {
    engine_.speed(step);
    if (engine_.state() == LatchState::ready && step == 0) owes_ = Owes::speed;
    if (engine_.state() == LatchState::running && owes_ == Owes::speed) owes_ = Owes::nothing;
  }

  void cycle() {
    const auto taken = engine_.cycle();
    for (std::size_t i = 0; i < sensor_count; ++i) {
      const Reading& one = taken[i];
      const auto limit = static_cast<float>(engine_.engine().settings()[limits[i]]);
      const bool good = one.rail == Rail::none && one.value >= ranges[i].low - 0.001F &&
                        one.value <= ranges[i].high + 0.001F && one.value < limit;
      if (!engine_.silent[i]) bad_[i] = good ? 0 : bad_[i] + 1;
    }
    const Outputs& outputs = engine_.engine().outputs();
    if (engine_.state() == LatchState::tripped) owes_ = Owes::zero;
    const bool heats = outputs.drive.boiler_permille != 0 || outputs.drive.superheater_permille != 0;
    check(!heats || (engine_.state() == LatchState::running && owes_ == Owes::nothing));
    check(!heats || (!stopped_ && engine_.lateness <= 20ms));
    for (const int bad : bad_) check(!heats || bad < 2);
    check(!outputs.asleep || !outputs.drive.servo_power);
    check(!outputs.acknowledge || !heats);
    stopped_ = false;
  }

  FuzzedEngine engine_;
  std::array<int, sensor_count> bad_{};  // readings in a row
  bool stopped_ = false;
  Owes owes_ = Owes::nothing;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Plant plant;
  for (int acts = 0; size >= 3 && acts < 200; data += 3, size -= 3, ++acts)
    plant.act(data[0], data[1], data[2]);
  return 0;
}
