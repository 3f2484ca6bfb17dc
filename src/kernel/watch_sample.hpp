// A reading as the watches take it: a value is worth nothing without its quality and its age (S7).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kernel/text.hpp"
#include "kernel/time.hpp"

namespace standstill {

// In the order of link::Quality, so that a table lookup or a cast converts.
enum class SampleQuality : std::uint8_t { no_link, good, stale, overflow, out_of_range, refused };

struct Sample {
  double value = 0.0;
  SampleQuality quality = SampleQuality::no_link;
  Instant at{};       // when the value was read, boot time
  Instant awaited{};  // since when a first value could have come; Instant{}: it could not yet
};

// Nothing was ever read, and a first value should have been by now: that is not "not yet" any more (S7).
[[nodiscard]] constexpr bool overdue(const Sample& sample, Instant now, Duration patience) {
  return sample.awaited != Instant{} && now - sample.awaited >= patience;
}

using UnitName = FixedText<16>;  // "V", "hPa", "°C"; empty where a tag has none

// How a sentence about a bad reading ends: "meter.voltage …".
[[nodiscard]] constexpr std::string_view flaw(SampleQuality quality) {
  constexpr std::array<std::string_view, 6> texts{
      "cannot be read: its link is not online", "is good",
      "was marked stale by its link",           "is more than the device can count",
      "was marked out of range by its device",  "was refused by the device: check its address"};
  const auto index = static_cast<std::size_t>(quality);
  return index < texts.size() ? texts[index] : "has a quality this version does not know";
}

}  // namespace standstill
