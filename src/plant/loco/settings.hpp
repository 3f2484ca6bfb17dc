// The values of the configuration variables, always all valid: a write that is out of range or that does not
// fit the other values changes nothing (S16).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kernel/format.hpp"
#include "kernel/text.hpp"
#include "plant/loco/variables.hpp"

namespace standstill::loco {

using Answer = FixedText<160>;

// 1325 with two decimals → "13.25"
constexpr Sentence& put_value(Sentence& words, std::int32_t value, std::uint8_t decimals) {
  std::int32_t scale = 1;
  for (std::uint8_t i = 0; i < decimals; ++i) scale *= 10;
  if (value < 0) words.text("-");
  const std::int32_t size = value < 0 ? -value : value;
  words.integer(size / scale);
  if (decimals == 0) return words;
  words.text(".");
  for (std::int32_t part = size % scale, step = scale / 10; step > 0; step /= 10)
    words.integer(part / step % 10);
  return words;
}

class Settings {
 public:
  using Values = std::array<std::int32_t, variables.size()>;

  constexpr Settings() {
    for (std::size_t i = 0; i < variables.size(); ++i) values_[i] = variables[i].initial;
  }

  [[nodiscard]] constexpr std::int32_t operator[](Cv cv) const { return values_[index_of(cv)]; }
  [[nodiscard]] constexpr const Values& values() const { return values_; }

  // From a store: all of them or none.
  [[nodiscard]] constexpr bool adopt(const Values& values) {
    for (std::size_t i = 0; i < variables.size(); ++i)
      if (values[i] < variables[i].low || values[i] > variables[i].high) return false;
    if (!conflict(values).empty()) return false;
    values_ = values;
    return true;
  }

  struct Written {
    bool done = false;
    bool changed = false;
    Answer answer;
  };

  // `value` in the unit's last decimal. The answer is a sentence in either case.
  constexpr Written write(std::uint32_t number, std::int32_t value) {
    Sentence words;
    const int index = index_of(number);
    if (index < 0) return refuse(words.text("there is no CV").integer(static_cast<std::int64_t>(number)));
    const Variable& one = variables[static_cast<std::size_t>(index)];
    words.text("CV").integer(static_cast<std::int64_t>(number)).text(" ");
    if (one.read_only) return refuse(words.text("(").text(one.name).text(") cannot be written"));
    if (value < one.low || value > one.high) {
      // 1 to 5 are seconds in many people's minds.
      if (one.cv == Cv::signal_timeout && value >= 1 && value <= 5)
        return refuse(words.text("= ").integer(value).text(": did you mean 10 to 50 (× 100 ms)?"));
      words.text("out of range ");
      put_value(words, one.low, one.decimals).text("-");
      return refuse(unit(put_value(words, one.high, one.decimals), one));
    }
    Values next = values_;
    std::int32_t& place = next[static_cast<std::size_t>(index)];
    const std::int32_t before = place;
    place = value;
    if (const std::string_view why = conflict(next); !why.empty())
      return refuse(words.text("cannot be ").integer(value).text(": ").text(why));
    values_ = next;
    Sentence said;
    said.text("Updated CV").integer(static_cast<std::int64_t>(number)).text(" (").text(one.name);
    put_value(said.text(") from "), before, one.decimals);
    unit(put_value(said.text(" to "), value, one.decimals), one);
    return {true, before != value, said.view()};
  }

  // A DCC packet carries eight bits: a CV that may be negative takes them as two's complement, and one that
  // goes beyond them is refused rather than cut.
  constexpr Written write_dcc(std::uint32_t number, std::uint8_t byte) {
    const int index = index_of(number);
    if (index >= 0) {
      const Variable& one = variables[static_cast<std::size_t>(index)];
      if (one.low < 0) return write(number, static_cast<std::int8_t>(byte));
      if (!one.fits_dcc() && byte < one.low) {
        Sentence words;
        words.text("CV").integer(static_cast<std::int64_t>(number)).text(" goes beyond eight bits: write it");
        return refuse(words.text(" by tool or telemetry"));
      }
    }
    return write(number, byte);
  }

  // What a verify compares with, in the same eight bits; -1: no such CV, or its value does not fit.
  [[nodiscard]] constexpr int dcc_byte(std::uint32_t number) const {
    const int index = index_of(number);
    if (index < 0) return -1;
    const std::int32_t value = values_[static_cast<std::size_t>(index)];
    return value > 255 ? -1 : static_cast<std::uint8_t>(value);
  }

  // Empty, or why these values do not go together.
  [[nodiscard]] static constexpr std::string_view conflict(const Values& values) {
    const auto at = [&values](Cv cv) { return values[index_of(cv)]; };
    if (at(Cv::servo_neutral) >= at(Cv::servo_maximum))
      return "CV46 (servo neutral) must stay below CV47 (servo maximum)";
    if (at(Cv::target_pressure) + pressure_margin > at(Cv::pressure_limit))
      return "CV32 (target pressure) must stay 20 kPa below CV35 (pressure limit)";
    return {};
  }

 private:
  static constexpr Written refuse(const Sentence& words) { return {false, false, words.view()}; }
  static constexpr Sentence& unit(Sentence& words, const Variable& one) {
    return one.unit.empty() ? words : words.text(" ").text(one.unit);
  }

  Values values_{};
};

static_assert(Settings::conflict(Settings{}.values()).empty());
static_assert(Settings{}.write(42, 120).answer == Answer{"Updated CV42 (boiler limit) from 110 to 120 °C"});
static_assert(Settings{}.write(42, 131).answer == Answer{"CV42 out of range 90-130 °C"});
static_assert(Settings{}.write(44, 3).answer == Answer{"CV44 = 3: did you mean 10 to 50 (× 100 ms)?"});
static_assert(!Settings{}.write(32, 190).done);

}  // namespace standstill::loco
