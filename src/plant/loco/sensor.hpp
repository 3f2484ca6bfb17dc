// One analogue sensor: is it believable, and what does it say without noise?
//
// A reading is flawed when it is not a number, at a rail of the converter, outside of what the sensor can
// measure, or not new within 100 ms (docs/locomotive.md, "Sensors"). An open thermistor reads cold, so three
// rules look at more than one reading: a jump that heat cannot make, a reading that never moves although it
// is being heated, and one that does not follow its heater's duty.
//
// The filter is the median of three readings: one wrong sample changes nothing, two of three decide. A board
// reads its sensors twice a cycle, so that a real excess or fault has its two readings within one and a half
// cycles of when it came, whatever the phase.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "kernel/time.hpp"

namespace standstill::loco {

enum class Rail : std::uint8_t { none, low, high };

struct Reading {    // as the board gives it
  float value = 0;  // °C or kPa above the air's; any bit pattern
  Rail rail = Rail::none;
  Instant at{};  // when it was converted; one that is not new counts once
};

enum class Flaw : std::uint8_t {
  none,
  unread,
  stale,
  low_rail,
  high_rail,
  not_a_number,
  range,
  jump,
  frozen,
  duty
};

[[nodiscard]] constexpr std::string_view name(Flaw flaw) {
  constexpr std::array<std::string_view, 10> names{
      "good",         "not read yet", "no new reading", "at the low rail",     "at the high rail",
      "not a number", "out of range", "jumps",          "frozen while heated", "does not follow its heater"};
  const auto index = static_cast<std::size_t>(flaw);
  return index < names.size() ? names[index] : "flawed";
}

using Milli = std::int32_t;  // thousandths of °C or kPa: whole numbers are the same on every processor

struct SensorRules {
  std::string_view name;
  std::string_view unit;
  Milli lowest = 0;         // inclusive
  Milli highest = 0;        // inclusive
  Milli jump = 0;           // more than this within 200 ms is no heat
  Duration frozen_after{};  // unchanged for so long while heated
  Milli least_rise = 0;     // in 20 s at half its heater's duty or more; 0: it has no heater
  Milli most_rise = 0;      // in 20 s after 20 s without its heater
  Milli hot = 0;            // from here on it need not rise any more
};

// What the sensor's heater did in this cycle.
struct Heat {
  std::uint16_t permille = 0;
  bool expected =
      true;  // false: the heater's work need not show here (a boiler below boiling makes no pressure)
};

class Sensor {
 public:
  static constexpr Duration most_age = 100ms;
  static constexpr Duration duty_window = 20s;

  constexpr explicit Sensor(const SensorRules& rules) : rules_(rules) {}

  // A reading from between two cycles, before the next one's update(), which decides with both.
  constexpr void sense(Instant now, const Reading& reading) {
    if (reading.at == Instant{} || reading.at > now || reading.at <= newest_at_) return;
    taken_[2] = taken_[1];
    taken_[1] = taken_[0];
    taken_[0] = admit(reading);
    if (count_ < 3) ++count_;
    newest_at_ = reading.at;
    fresh_ = true;
    if (taken_[0].flaw != Flaw::none || taken_[1].flaw != Flaw::none || taken_[0].value != taken_[1].value)
      unmoved_ = Duration::zero();
  }

  // Once a cycle.
  constexpr void update(Instant now, const Reading& reading, const Heat& heat) {
    if (begun_ == Instant{}) begun_ = now;
    sense(now, reading);
    if (fresh_) vote();
    fresh_ = false;
    still(now, heat);
    follow(now, heat);
    last_ = now;
    flaw_ = judge(now);
  }

  [[nodiscard]] constexpr Flaw flaw() const { return flaw_; }
  [[nodiscard]] constexpr Milli value() const { return value_; }  // the last good one
  [[nodiscard]] constexpr bool ever_good() const { return ever_good_; }
  // The last reading's time; `Instant{}` before the first.
  [[nodiscard]] constexpr Instant read_at() const { return newest_at_; }
  [[nodiscard]] constexpr const SensorRules& rules() const { return rules_; }

 private:
  struct Taken {
    Milli value = 0;
    Flaw flaw = Flaw::unread;
  };

  constexpr Taken admit(const Reading& reading) const {
    if (reading.rail == Rail::low) return {0, Flaw::low_rail};
    if (reading.rail == Rail::high) return {0, Flaw::high_rail};
    // By its bits, because a processor without floating point pays for every comparison: an exponent of all
    // ones is infinite or not a number; from 65536 on it is no sensor's range, and would overflow below.
    const auto bits = std::bit_cast<std::uint32_t>(reading.value);
    const std::uint32_t exponent = bits >> 23U & 0xFFU;
    if (exponent == 0xFF) return {0, (bits & 0x7FFFFFU) != 0 ? Flaw::not_a_number : Flaw::range};
    if (exponent >= 127 + 16) return {0, Flaw::range};
    const Milli value = thousandths(bits, exponent);
    return {value, value < rules_.lowest || value > rules_.highest ? Flaw::range : Flaw::none};
  }

  // Of a number below 65536, to the nearest, halves away from zero; in whole numbers, for the same reason.
  [[nodiscard]] static constexpr Milli thousandths(std::uint32_t bits, std::uint32_t exponent) {
    constexpr std::uint32_t no_shift = 127 + 23;
    const std::uint32_t shift = no_shift - exponent;  // at least 8
    if (shift > 34) return 0;                         // less than half of a thousandth
    const std::uint32_t digits = (bits & 0x7FFFFFU) | 0x800000U;
    Milli size = 0;
    if (shift <= 22) {  // from 2 on 32 bits are enough for what stands behind the point
      const std::uint32_t fraction = digits & ((1U << shift) - 1U);
      size =
          static_cast<Milli>((digits >> shift) * 1000U + ((fraction * 1000U + (1U << (shift - 1))) >> shift));
    } else {
      size = static_cast<Milli>((std::uint64_t{digits} * 1000U + (std::uint64_t{1} << (shift - 1))) >> shift);
    }
    return bits >> 31U != 0 ? -size : size;
  }

  constexpr void vote() {
    int good = 0;
    voted_ = Flaw::none;
    for (const Taken& one : taken_)
      if (one.flaw == Flaw::none) ++good;
    if (good < 2) {
      // The newest real flaw names it; before two readings came there is none.
      voted_ = Flaw::unread;
      for (std::size_t i = 3; i-- > 0;)
        if (taken_[i].flaw != Flaw::none && taken_[i].flaw != Flaw::unread) voted_ = taken_[i].flaw;
      if (count_ < 2) voted_ = Flaw::unread;
      return;
    }
    value_ = good == 3 ? median() : higher_of_two();
    ever_good_ = true;
    look_for_jump(newest_at_);
  }

  [[nodiscard]] constexpr Milli median() const {
    const Milli a = taken_[0].value;
    const Milli b = taken_[1].value;
    const Milli c = taken_[2].value;
    const Milli low = a < b ? a : b;
    const Milli high = a < b ? b : a;
    return c < low ? low : (c > high ? high : c);
  }

  // Of two readings the more dangerous one counts.
  [[nodiscard]] constexpr Milli higher_of_two() const {
    Milli high = rules_.lowest;
    for (const Taken& one : taken_)
      if (one.flaw == Flaw::none && one.value > high) high = one.value;
    return high;
  }

  // Compared with a value that is 100 to 200 ms old; after a longer gap there is nothing to compare with.
  constexpr void look_for_jump(Instant at) {
    if (at - older_at_ > 300ms) {
      older_at_ = at;
      older_ = value_;
      younger_at_ = at;
      younger_ = value_;
    } else if (at - younger_at_ >= 100ms) {
      older_at_ = younger_at_;
      older_ = younger_;
      younger_at_ = at;
      younger_ = value_;
    }
    const Milli change = value_ > older_ ? value_ - older_ : older_ - value_;
    if (change > rules_.jump) voted_ = Flaw::jump;
  }

  constexpr void still(Instant now, const Heat& heat) {
    // A sensor without a heater (the electronics') is never excused.
    const bool should_move = rules_.least_rise == 0 || (heat.expected && heat.permille >= 250);
    if (last_ != Instant{} && should_move && unmoved_ < rules_.frozen_after) unmoved_ += now - last_;
  }

  constexpr void follow(Instant now, const Heat& heat) {
    if (rules_.least_rise == 0 || !ever_good_) return;
    if (window_since_ == Instant{} || !heat.expected) {
      begin_window(now);
      cold_windows_ = 0;
      if (!heat.expected) unfollowed_ = false;
      return;
    }
    duty_sum_ += heat.permille;
    ++duty_count_;
    const Milli rise = value_ - window_value_;
    // What rises without its heater goes on to be flawed while it does.
    if (unfollowed_ && duty_sum_ != 0 && rise >= rules_.least_rise) unfollowed_ = false;
    if (now - window_since_ < duty_window) return;
    const bool half = duty_sum_ >= duty_count_ * 500;
    if (half)
      unfollowed_ = value_ < rules_.hot && rise < rules_.least_rise;
    else if (duty_sum_ == 0)
      unfollowed_ = cold_windows_ > 0 && rise > rules_.most_rise;
    if (duty_sum_ != 0)
      cold_windows_ = 0;
    else if (cold_windows_ < 2)
      ++cold_windows_;
    begin_window(now);
  }

  constexpr void begin_window(Instant now) {
    window_since_ = now;
    window_value_ = value_;
    duty_sum_ = 0;
    duty_count_ = 0;
  }

  [[nodiscard]] constexpr Flaw judge(Instant now) const {
    if (newest_at_ == Instant{}) return now - begun_ > most_age ? Flaw::stale : Flaw::unread;
    if (now - newest_at_ > most_age) return Flaw::stale;
    if (voted_ != Flaw::none) return voted_;
    if (unmoved_ >= rules_.frozen_after) return Flaw::frozen;
    return unfollowed_ ? Flaw::duty : Flaw::none;
  }

  SensorRules rules_;
  std::array<Taken, 3> taken_{};
  int count_ = 0;
  Instant begun_{}, newest_at_{}, last_{};
  Milli value_ = 0;
  bool ever_good_ = false;
  bool fresh_ = false;  // a reading came since the last vote
  Flaw voted_ = Flaw::unread;
  Flaw flaw_ = Flaw::unread;
  Instant older_at_{Duration{-1'000'000'000'000}}, younger_at_{};
  Milli older_ = 0, younger_ = 0;
  Duration unmoved_{};
  Instant window_since_{};
  Milli window_value_ = 0;
  std::uint32_t duty_sum_ = 0, duty_count_ = 0;
  std::uint8_t cold_windows_ = 0;
  bool unfollowed_ = false;
};

}  // namespace standstill::loco
