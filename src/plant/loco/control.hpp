// What drives the engine while the chain allows it: pressure, superheat, regulator, speed from the encoder.
//
// Whole numbers only, so that it does the same on every processor. The chain's orders come first: without
// heat both heaters are off, and a regulator that is not to follow goes where it is told, at once.
#pragma once

#include <array>
#include <cstdint>

#include "kernel/time.hpp"
#include "plant/loco/chain.hpp"
#include "plant/loco/settings.hpp"

namespace standstill::loco {

struct Throttle {
  std::uint8_t step = 0;
  std::uint8_t steps = 28;
  bool forward = true;
};

struct Drive {
  std::uint16_t boiler_permille = 0;
  std::uint16_t superheater_permille = 0;
  std::int16_t servo_tenths = 0;  // of a degree
  bool servo_power = true;
  bool forward = true;
  constexpr bool operator==(const Drive&) const = default;
};

class Control {
 public:
  static constexpr std::int32_t boiler_milliamps = 3200;  // at full duty
  static constexpr std::int32_t superheater_milliamps = 1300;

  void configure(const Settings& settings);

  // Once a cycle. `encoder` counts segments and may wrap.
  const Drive& step(const Orders& orders, const Throttle& throttle, const Watches& watches,
                    std::uint32_t encoder);

  [[nodiscard]] const Drive& drive() const { return drive_; }
  [[nodiscard]] std::int32_t speed() const { return speed_; }  // mm/s, without sign
  [[nodiscard]] bool wheels_turn() const { return speed_ > 0; }
  [[nodiscard]] std::int32_t opening() const { return opening_; }  // of the regulator, permille

 private:
  void measure(std::uint32_t encoder);
  void heat(bool allowed, const Watches& watches);
  [[nodiscard]] std::int32_t wanted(const Orders& orders, const Throttle& throttle);
  void regulate(const Orders& orders, const Throttle& throttle);

  static constexpr std::size_t speed_cycles = 10;  // the encoder is counted over 200 ms

  Drive drive_;
  std::array<std::uint32_t, speed_cycles> counts_{};
  std::size_t count_at_ = 0;
  bool counted_ = false;
  std::int32_t speed_ = 0;
  std::int32_t last_speed_ = 0;
  std::int32_t opening_ = 0;     // permille
  std::int32_t held_ = 0;        // speed mode 1: the opening that holds the speed, permille × 64
  std::int32_t ceiling_ = 1000;  // while slowing down
  std::int32_t warmth_ = 0;      // the pressure controller's memory, permille × 1024
  std::int32_t kick_cycles_ = 0;
  std::int32_t slip_cycles_ = 0;
  // from the CVs
  std::int32_t target_milli_ = 0, superheat_milli_ = 0, budget_ = 0;
  std::int32_t closed_tenths_ = 0, open_tenths_ = 0, vent_ = 0, slew_ = 0, kick_ = 0, slip_ = 0;
  std::int32_t um_per_count_ = 0, full_speed_ = 0, brake_ = 0;
  bool hold_speed_ = false;
};

}  // namespace standstill::loco
