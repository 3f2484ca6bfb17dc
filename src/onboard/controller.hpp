// One cycle of an engine on Linux: measure → hear → decide → drive → finish, as firmware/loco/main.cpp does
// it on a microcontroller. Time is an argument; what blocks is in the sampler's thread.
#pragma once

#include <optional>

#include "config/loco_settings.hpp"
#include "onboard/edges.hpp"
#include "onboard/sampler.hpp"
#include "onboard/sysfs.hpp"
#include "output/line/gpio_line.hpp"
#include "plant/loco/engine.hpp"
#include "wire/dcc/edge_decoder.hpp"

namespace standstill::onboard {

struct Hardware {
  Pwm boiler, superheater, servo;
  std::optional<output::GpioLine> servo_power;
  Edges dcc;
  std::optional<Edges> encoder;
};

class Controller {
 public:
  Controller(const config::Loco& settings, Hardware hardware, Sampler& sampler, loco::Flash& flash,
             loco::Lines& lines)
      : set_(settings), hardware_(std::move(hardware)), sampler_(sampler), engine_(flash, lines) {}

  void boot(Instant now, loco::BootReason reason);
  void typed(std::uint8_t byte, Instant now);
  // `free_memory`: bytes, for the memory watch. True: fit to feed the watchdog.
  bool cycle(Instant now, Duration execution, Duration lateness, std::uint32_t free_memory);
  // Heaters off, regulator closed: the last thing before the program ends.
  void secure();
  void release_servo();  // no pulses, half a second after that

  [[nodiscard]] const loco::Engine& engine() const { return engine_; }
  // Of the servo, ns: where the regulator is closed.
  [[nodiscard]] std::uint32_t closed_ns() const { return pulse(closed_tenths()); }
  // The servo's pulse for tenths of a degree.
  [[nodiscard]] static std::uint32_t pulse_of(const config::Loco& settings, std::int32_t tenths);

 private:
  [[nodiscard]] std::uint32_t pulse(std::int32_t tenths) const { return pulse_of(set_, tenths); }
  [[nodiscard]] std::int32_t closed_tenths() const;
  void hear(Instant now);
  [[nodiscard]] Instant came(Instant edge, Instant now);
  void drive(const loco::Outputs& outputs, Instant now);

  const config::Loco set_;
  Hardware hardware_;
  Sampler& sampler_;
  loco::Engine engine_;
  loco::LineReader reader_;
  dcc::EdgeDecoder decoder_;
  Instant last_edge_{}, last_came_{};  // of the newest packet, by its edge's clock and by ours
  std::uint32_t turned_ = 0;
  bool driven_ = true;  // every output took its last value
};

}  // namespace standstill::onboard
