// Reads the sensors, on a thread of its own because a stuck bus blocks whoever reads it: the loop takes the
// newest readings and never waits. A reading is as old as the moment before it was asked for.
#pragma once

#include <array>
#include <atomic>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "config/loco_settings.hpp"
#include "onboard/sysfs.hpp"
#include "plant/loco/watches.hpp"

namespace standstill::onboard {

class Sampler {
 public:
  struct Newest {
    std::array<loco::Reading, loco::sensor_count> readings{};
    std::array<loco::Reading, loco::sensor_count> between{};  // those before them
    float track_volts = 0;                                    // none when it cannot be read
  };

  [[nodiscard]] static std::expected<std::unique_ptr<Sampler>, std::string> open(
      const config::Loco& settings);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void begin();  // the thread; tests call round() instead
  void round(Instant now);
  [[nodiscard]] Newest newest() const;

 private:
  Sampler() = default;
  struct Input {
    config::NumberInput set;
    NumberFile file;
  };
  [[nodiscard]] static loco::Reading read(const Input& input, Instant now);

  std::array<Input, loco::sensor_count> sensors_;
  Input track_;
  mutable std::mutex mutex_;
  Newest newest_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace standstill::onboard
