#include "plant/loco/control.hpp"

namespace standstill::loco {

namespace {

using Whole = std::int32_t;  // another type on each processor for <algorithm>, and the same here

constexpr Whole smaller(Whole a, Whole b) { return a < b ? a : b; }
constexpr Whole larger(Whole a, Whole b) { return a < b ? b : a; }
constexpr Whole within(Whole value, Whole low, Whole high) { return larger(low, smaller(value, high)); }

constexpr std::int32_t cycles_a_second = 50;
// A superheater is kept so far below its limit: steam that is cut off lets it overshoot.
constexpr std::int32_t superheat_margin = 30'000;
constexpr std::int32_t longest_kick = 2 * cycles_a_second;
constexpr std::int32_t slip_hold = cycles_a_second / 2;
// More than wheels that grip can do: 1.5 m/s² over the encoder's window.
constexpr std::int32_t most_acceleration = 300;  // mm/s in 200 ms

}  // namespace

void Control::configure(const Settings& settings) {
  target_milli_ = settings[Cv::target_pressure] * 1000;
  superheat_milli_ = settings[Cv::superheater_limit] * 1000 - superheat_margin;
  budget_ = settings[Cv::power_budget] * 100;
  const std::int32_t offset = settings[Cv::servo_offset] * 10;
  closed_tenths_ = settings[Cv::servo_neutral] * 10 + offset;
  open_tenths_ = settings[Cv::servo_maximum] * 10 + offset;
  vent_ = settings[Cv::whistle_on] != 0 ? settings[Cv::whistle] * 10 : 0;
  slew_ = larger(1, 1000 * 20 / settings[Cv::servo_travel]);
  kick_ = settings[Cv::kick] * 10;
  slip_ = settings[Cv::slip];
  // CV37 in hundredths of a millimetre; 2π × 10 µm = 62.83
  um_per_count_ = settings[Cv::wheel_radius] * 6283 / 100 / settings[Cv::segments];
  full_speed_ = settings[Cv::prototype_speed] * 10000 / 36 / settings[Cv::scale];
  brake_ = settings[Cv::deceleration] * 10;
  hold_speed_ = settings[Cv::speed_mode] == 1;
}

const Drive& Control::step(const Orders& orders, const Throttle& throttle, const Watches& watches,
                           std::uint32_t encoder) {
  measure(encoder);
  heat(orders.heat, watches);
  regulate(orders, throttle);
  drive_.servo_power = orders.servo_power;
  if (speed_ == 0) drive_.forward = throttle.forward;  // the valve gear is not thrown over while it turns
  return drive_;
}

void Control::measure(std::uint32_t encoder) {
  if (!counted_) {
    counts_.fill(encoder);
    counted_ = true;
  }
  const std::uint32_t passed = encoder - counts_[count_at_];  // right also across a wrap
  counts_[count_at_] = encoder;
  count_at_ = (count_at_ + 1) % speed_cycles;
  last_speed_ = speed_;
  // More than 2000 segments in 200 ms are no wheel.
  const auto counted = static_cast<std::int32_t>(passed < 2000 ? passed : 2000U);
  speed_ = static_cast<std::int32_t>(std::int64_t{counted} * um_per_count_ / 200);
}

void Control::heat(bool allowed, const Watches& watches) {
  if (!allowed) {
    drive_.boiler_permille = 0;
    drive_.superheater_permille = 0;
    warmth_ = 0;
    return;
  }
  const std::int32_t missing = target_milli_ - watches.sensor(Watched::pressure).value();
  // Full power 20 kPa below the target; the memory fills in about a minute and never winds up.
  warmth_ = within(warmth_ + missing / 64, 0, 1000 * 1024);
  std::int32_t boiler = within(missing / 20 + warmth_ / 1024, 0, 1000);
  if (missing < -5000) boiler = 0;
  const std::int32_t cool = superheat_milli_ - watches.sensor(Watched::superheater).value();
  std::int32_t superheater = within(cool / 20, 0, 1000);
  // The boiler comes first.
  boiler = smaller(boiler, budget_ * 1000 / boiler_milliamps);
  const std::int32_t left = budget_ - boiler * boiler_milliamps / 1000;
  superheater = smaller(superheater, larger(0, left) * 1000 / superheater_milliamps);
  drive_.boiler_permille = static_cast<std::uint16_t>(smaller(boiler, 1000));
  drive_.superheater_permille = static_cast<std::uint16_t>(smaller(superheater, 1000));
}

std::int32_t Control::wanted(const Orders& orders, const Throttle& throttle) {
  if (orders.regulator == Regulator::vent) return vent_;
  if (orders.regulator == Regulator::closed || throttle.step == 0 || throttle.steps == 0) return 0;
  const std::int32_t asked = 1000 * throttle.step / throttle.steps;
  std::int32_t open = smaller(asked, 1000);
  if (hold_speed_) {
    const std::int32_t error = full_speed_ * open / 1000 - speed_;
    held_ = within(held_ + error, 0, 1000 * 64);
    open = within(held_ / 64 + error / 4, 1, 1000);
    if (speed_ * 100 > full_speed_ * asked / 1000 * (100 + slip_)) open = open * (100 - slip_) / 100;
    // Wheels that hold against the kick, or an encoder whose wire is broken: nobody can tell, and the latter
    // would run away with ever more steam. So the step is the opening, as in mode 0.
    if (kick_cycles_ == longest_kick) {
      held_ = smaller(held_, smaller(asked, 1000) * 64);
      open = smaller(open, larger(1, smaller(asked, 1000)));
    }
  } else if (speed_ - last_speed_ > most_acceleration) {
    slip_cycles_ = slip_hold;
  }
  if (slip_cycles_ > 0) {
    --slip_cycles_;
    open = open * (100 - slip_) / 100;
  }
  if (speed_ != 0)
    kick_cycles_ = 0;
  else if (kick_cycles_ < longest_kick && ++kick_cycles_ < longest_kick)
    open = larger(open, kick_);
  return open;
}

void Control::regulate(const Orders& orders, const Throttle& throttle) {
  const std::int32_t want = wanted(orders, throttle);
  if (orders.regulator == Regulator::slow_down) {
    // Speed follows steam: the opening comes down as the speed is to.
    const std::int32_t step = larger(1, brake_ * 1000 / larger(1, full_speed_) / cycles_a_second);
    ceiling_ = larger(0, smaller(ceiling_, opening_) - step);
  } else {
    ceiling_ = 1000;
  }
  if (want == 0) {  // closing waits for nothing
    opening_ = 0;
    held_ = 0;
    kick_cycles_ = 0;
  } else if (orders.regulator == Regulator::vent) {
    opening_ = want;
  } else {
    opening_ = within(want, opening_ - slew_, opening_ + slew_);
    opening_ = smaller(opening_, ceiling_);
  }
  drive_.servo_tenths =
      static_cast<std::int16_t>(closed_tenths_ + (open_tenths_ - closed_tenths_) * opening_ / 1000);
}

}  // namespace standstill::loco
