#include "onboard/controller.hpp"

#include "plant/loco/reason.hpp"

namespace standstill::onboard {

std::uint32_t Controller::pulse_of(const config::Loco& settings, std::int32_t tenths) {
  const std::int64_t span = std::int64_t{settings.servo_full_us} - settings.servo_zero_us;
  return static_cast<std::uint32_t>(std::int64_t{settings.servo_zero_us} * 1000 +
                                    span * 1000 * tenths / 1800);
}

std::int32_t Controller::closed_tenths() const {
  const loco::Settings& cvs = engine_.settings();
  return (cvs[loco::Cv::servo_neutral] + cvs[loco::Cv::servo_offset]) * 10;
}

void Controller::boot(Instant now, loco::BootReason reason) {
  engine_.boot(now, reason);
  secure();
}

void Controller::typed(std::uint8_t byte, Instant now) {
  if (reader_.take(byte)) engine_.typed(reader_.typed(), now);
}

// An edge's time is of another clock, of which only differences mean something. The cycle's own time would be
// too coarse: service mode ends after 20 ms.
Instant Controller::came(Instant edge, Instant now) {
  const Instant after_the_last = last_came_ + (edge - last_edge_);
  last_edge_ = edge;
  // Never of the future, and not of long ago: that clock stands still while the machine is suspended.
  const bool known = after_the_last <= now && now - after_the_last <= 5 * loco::cycle;
  return last_came_ = known ? after_the_last : now;
}

void Controller::hear(Instant now) {
  // A line that is gone is a signal that is lost: its watch says so.
  (void)hardware_.dcc.take([&](Instant at) {
    if (const auto packet = decoder_.edge(at)) engine_.packet(*packet, came(at, now));
  });
  if (hardware_.encoder) (void)hardware_.encoder->take([this](Instant) { ++turned_; });
}

bool Controller::cycle(Instant now, Duration execution, Duration lateness, std::uint32_t free_memory) {
  const Sampler::Newest newest = sampler_.newest();
  loco::Measured measured;
  measured.watch.readings = newest.readings;
  measured.watch.between = newest.between;
  measured.watch.track_volts = newest.track_volts;
  measured.watch.execution = execution;
  measured.watch.lateness = lateness;
  measured.watch.free_memory = free_memory;
  hear(now);
  measured.encoder = turned_;
  const loco::Outputs& outputs = engine_.decide(now, measured);
  drive(outputs, now);
  engine_.finish(now);
  return outputs.feed && driven_;
}

void Controller::drive(const loco::Outputs& outputs, Instant now) {
  const auto duty = [this](std::uint16_t permille) {
    return set_.heater_period_us * std::uint32_t{permille};  // µs × ‰ are ns
  };
  // Heaters first, and each whatever became of the others.
  bool took = hardware_.boiler.set(duty(outputs.drive.boiler_permille));
  took = hardware_.superheater.set(duty(outputs.drive.superheater_permille)) && took;
  const bool power = outputs.drive.servo_power;
  took = hardware_.servo.set(power ? pulse(outputs.drive.servo_tenths) : 0) && took;
  if (hardware_.servo_power) took = hardware_.servo_power->set(power) && took;
  if (!took && driven_) engine_.distrust(now, loco::output_failed);
  driven_ = took;
}

void Controller::secure() {
  (void)hardware_.boiler.set(0);
  (void)hardware_.superheater.set(0);
  (void)hardware_.servo.set(closed_ns());
  if (hardware_.servo_power) (void)hardware_.servo_power->set(true);
}

void Controller::release_servo() {
  for (int i = 0; i < 2; ++i) (void)hardware_.servo.set(0);  // the second time for a write that was lost
  if (hardware_.servo_power) (void)hardware_.servo_power->set(false);
}

}  // namespace standstill::onboard
