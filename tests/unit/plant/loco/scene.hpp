// An engine's watches and chain in simulated time: fifty cycles a second, everything fine until a test says
// otherwise.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "plant/loco/chain.hpp"

namespace standstill::loco {

inline constexpr Finding clear{Standing::clear, CauseCode::none, false};
inline constexpr Finding limit{Standing::present, CauseCode::limit, false};
inline constexpr Finding fault{Standing::present, CauseCode::sensor_fault, false};

// The two ends of a CV's range, and its default.
inline std::vector<std::int32_t> values_of(std::uint32_t cv) {
  const Variable& one = variables[static_cast<std::size_t>(index_of(cv))];
  return {one.low, one.initial, one.high};
}

class Scene {
 public:
  Settings settings;
  Chain chain;
  WatchInput input;
  Instant now = instant_from_ns(100'000'000'000);
  bool signal = true;
  bool fresh = true;  // readings are new in every cycle
  bool turning = false;
  bool between = false;  // each sensor is read in the middle of a cycle too
  std::function<void()> in_the_middle;
  float noise = 0.05F;  // as an ADC has; without it every sensor looks frozen

  Scene() {
    read(Watched::logic, 30);
    read(Watched::boiler, 85);
    read(Watched::superheater, 120);
    read(Watched::pressure, 20);
    input.track_volts = 16;
    input.free_memory = 8000;
    input.execution = 2ms;
  }

  Reading& reading(Watched which) { return input.readings[static_cast<std::size_t>(which)]; }
  void read(Watched which, float value) {
    reading(which).value = value;
    reading(which).rail = Rail::none;
  }

  const Orders& turn() {
    now += cycle;
    ++cycles_;
    auto half = input.readings;
    if (in_the_middle) in_the_middle();
    WatchInput seen = input;
    if (between) {
      for (Reading& one : half) {
        one.at = now - cycle / 2;
        if (one.rail == Rail::none) one.value -= noise / 2;
      }
      seen.between = half;
    }
    for (Reading& one : seen.readings) {
      if (fresh) one.at = now;
      if (one.rail == Rail::none) one.value += (cycles_ % 2 == 0 ? 0.0F : -noise);
    }
    if (!fresh)
      for (std::size_t i = 0; i < sensor_count; ++i) seen.readings[i].at = kept_[i];
    for (std::size_t i = 0; i < sensor_count; ++i) kept_[i] = seen.readings[i].at;
    if (signal) input.last_packet = seen.last_packet = now;
    const Orders& orders = chain.decide(now, seen, turning);
    chain.tell(now);
    return orders;
  }
  const Orders& turns(int count) {
    for (int i = 0; i < count; ++i) turn();
    return chain.orders();
  }
  const Orders& lasts(Duration time) { return turns(static_cast<int>(time / cycle)); }

  void boot(BootReason reason = BootReason::power_on) { chain.boot(now, reason, 7); }
  // Up to the first start.
  void runs() {
    boot();
    lasts(3s);
    chain.commanded(now, 0);
    chain.commanded(now, 40);
    turn();
  }

  [[nodiscard]] LatchState state() const { return chain.latch().state(); }
  [[nodiscard]] Finding finding(Watched which) const {
    return chain.watches().findings()[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] std::string reason() const { return std::string{chain.reason().view()}; }

 private:
  int cycles_ = 0;
  std::array<Instant, sensor_count> kept_{};
};

}  // namespace standstill::loco
