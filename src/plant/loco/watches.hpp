// Every watch of the engine, judged once a cycle on the kernel's limit and health watches.
//
// The limits come from the CVs, whose ranges end: there is no value that turns a watch off (S15). judge()
// formats nothing; reason() says the last answer in words with value and limit, as the log and the telemetry
// carry it: THERMAL_BOILER_LIMIT(112°C > 110°C).
#pragma once

#include <array>
#include <cstdint>

#include "kernel/watch_finding.hpp"
#include "kernel/watch_health.hpp"
#include "kernel/watch_limit.hpp"
#include "plant/loco/sensor.hpp"
#include "plant/loco/settings.hpp"

namespace standstill::loco {

enum class Watched : std::uint8_t { logic, boiler, superheater, pressure, signal, track, memory, loop };
inline constexpr std::size_t sensor_count = 4;
inline constexpr std::size_t watch_count = 8;
inline constexpr std::array<std::string_view, watch_count> watch_names{
    "logic", "boiler", "superheater", "pressure", "dcc-signal", "track-power", "memory", "loop"};

inline constexpr Duration cycle = 20ms;  // 50 Hz
inline constexpr float least_track_volts = 1.5F;
inline constexpr float track_volts_back = 2.0F;  // a cause ends here, not at 1.5
inline constexpr std::uint32_t least_memory = 5 * 1024;
inline constexpr std::uint32_t memory_back = least_memory + 512;
inline constexpr Duration most_execution = 20ms;
inline constexpr Duration most_lateness = 20ms;

struct WatchInput {
  std::array<Reading, sensor_count> readings{};  // in the order of Watched
  std::array<Reading, sensor_count> between{};   // half a cycle older; none where they have no time
  std::uint16_t boiler_permille = 0;             // duty that the heaters had since the last cycle
  std::uint16_t superheater_permille = 0;
  Instant last_packet{};          // the last valid DCC packet, to whomever; Instant{}: none yet
  float track_volts = 0;          // rectified; not a number counts as none
  std::uint32_t free_memory = 0;  // bytes of stack that were never used
  Duration execution{};           // of the cycle before this one
  Duration lateness{};            // of this cycle's start
};

class Watches {
 public:
  using Findings = std::array<Finding, watch_count>;

  Watches();

  // After every change of a CV. A limit that stays keeps its watch's memory.
  void configure(const Settings& settings);

  const Findings& judge(Instant now, const WatchInput& input);

  [[nodiscard]] CauseDetail reason(Watched which) const;
  [[nodiscard]] const Sensor& sensor(Watched which) const {
    return sensors_[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] const Findings& findings() const { return findings_; }

 private:
  [[nodiscard]] Sample sample(std::size_t index) const;
  [[nodiscard]] Heat heat(std::size_t index, const WatchInput& input) const;
  void judge_signal(Instant now, const WatchInput& input);
  void judge_track(Instant now, const WatchInput& input);
  void judge_own(Instant now, const WatchInput& input);

  std::array<Sensor, sensor_count> sensors_;
  std::array<LimitWatch, sensor_count> limits_;
  std::array<std::int32_t, sensor_count> limit_values_{};
  HealthWatch signal_, track_, memory_, loop_;
  Duration signal_limit_{}, track_limit_{};
  Instant begun_{}, below_since_{};
  Duration signal_silence_{}, track_below_{}, overrun_{};
  bool powered_ = false;  // the track had power at least once
  std::uint32_t free_memory_ = 0;
  Findings findings_{};
};

}  // namespace standstill::loco
