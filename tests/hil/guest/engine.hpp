// `standstill loco` in the guest, and the locomotive around it: sensors and outputs are chips with the
// kernel's own drivers, rails are edges on a GPIO line, and the command station is this program.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "hil/guest/i2c_bus.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

// A command station: DCC packets to address 3, at 128 steps, as edges on line 0 (NMRA S-9.1, S-9.2, S-9.2.1).
class Station {
 public:
  explicit Station(const SimChip& chip);
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;
  void command(std::uint8_t step) { step_ = step; }  // 0 stop, 1 emergency stop, from 2 on a speed
  void fall_silent() { silent_ = true; }

 private:
  void send();
  int pull_;
  std::atomic<std::uint8_t> step_ = 0;
  std::atomic<bool> silent_ = false, end_ = false;
  std::thread thread_;
};

class Engine {
 public:
  static constexpr int boiler_heater = 0, superheater_heater = 1, servo = 2;  // outputs of the PCA9685

  Engine();   // under steam, its program started, the station commanding speed 0
  ~Engine();  // ends it
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] bool drive();  // until it runs and heats
  void end();                  // as a service manager ends it
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] pid_t keeper() const { return keeper_; }
  [[nodiscard]] pid_t loop() const;
  [[nodiscard]] bool cold() const {
    return pwm.duty(boiler_heater) == 0 && pwm.duty(superheater_heater) == 0;
  }
  // The servo's pulse, µs; 0: none.
  [[nodiscard]] int pulse() const { return pwm.duty(servo) * 20'000 / 4096; }
  // Of the last STATE line: "running", and "THERMAL_LOGIC_LIMIT(90°C > 75°C)".
  [[nodiscard]] std::string state();
  [[nodiscard]] std::string reason();
  // Types a line to it, and waits for a line that begins so.
  [[nodiscard]] bool answers(const std::string& line, const std::string& beginning);
  [[nodiscard]] std::string about();  // for a failure's text

  SimChip chip;
  Pca9685 pwm;
  Lm75 logic{0x48}, boiler{0x4c};
  Ads1015 superheater{0x49, 1000}, pressure{0x4a, 658}, track{0x4b, 800};
  Station station{chip};

 private:
  void hear();
  std::string folder_, heard_;
  int line_ = -1;
  pid_t keeper_ = -1;
  std::atomic<bool> end_ = false;
  std::thread fire_;  // a boiler that is heated never stands quite still
};

}  // namespace standstill::hil
