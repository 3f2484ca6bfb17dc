// A reading that must stay below a high limit, above a low one, or between both.
//
// Trips at the limit itself (S7), once it has lasted `lasting`; gone only beyond the hysteresis. A reading
// that is missing, old, marked bad, NaN or outside of what the sensor can measure is a sensor_fault at once,
// whatever `lasting` says. A limit that stood before a fault still stands after it. The first reading after a
// start is judged by the limit alone: there is no history that hysteresis could calm.
#pragma once

#include <limits>
#include <optional>

#include "kernel/watch_finding.hpp"
#include "kernel/watch_sample.hpp"

namespace standstill {

struct LimitSettings {
  SourceName tag{};  // "press.counter", for the sentences
  UnitName unit{};
  std::optional<double> high{};  // trips at or above
  std::optional<double> low{};   // trips at or below
  double hysteresis =
      0.0;  // >= 0, in units of the reading; gone only strictly below high - hysteresis, above low + it
  Duration lasting{};                                        // >= 0; how long it must last without a break
  double valid_low = std::numeric_limits<double>::lowest();  // inclusive; outside: the sensor is broken
  double valid_high = std::numeric_limits<double>::max();
  std::optional<double> warn_high{};  // abnormal at or above; same hysteresis
  std::optional<double> warn_low{};
  Duration max_age = 1s;       // older readings are a fault
  Duration first_within = 5s;  // the first reading comes within this after its link could bring it
};

class LimitWatch {
 public:
  constexpr explicit LimitWatch(const LimitSettings& settings) : set_(settings) {}

  constexpr Verdict update(Instant now, const Sample& sample) { return spoken(judge(now, sample), *this); }

  constexpr Finding judge(Instant now, const Sample& sample) {
    now_ = now;
    sample_ = sample;
    if (sample.quality != SampleQuality::no_link) ever_read_ = true;
    fault_ = fault_of(now, sample);
    if (fault_ != Fault::none) {
      high_.over_since.reset();
      low_.over_since.reset();
      return finding_ = {fault_ == Fault::unread ? Standing::unknown : Standing::present,
                         CauseCode::sensor_fault, false};
    }
    // The low limit is the high one seen in a mirror.
    high_.judge(now, sample.value, set_.high, set_.warn_high, set_);
    low_.judge(now, -sample.value, mirrored(set_.low), mirrored(set_.warn_low), set_);
    if (high_.standing || low_.standing) return finding_ = {Standing::present, CauseCode::limit, false};
    return finding_ = {Standing::clear, CauseCode::none, high_.warned || low_.warned};
  }

  [[nodiscard]] constexpr Finding finding() const { return finding_; }

  [[nodiscard]] constexpr Instant deadline() const {
    if (fault_ == Fault::unread && sample_.awaited != Instant{})
      return deadline_after(sample_.awaited, set_.first_within);
    if (fault_ != Fault::none) return never;
    Instant first = deadline_after(deadline_after(sample_.at, set_.max_age), Duration{1});
    for (const Side* side : {&high_, &low_})
      if (side->over_since && !side->standing)
        first = std::min(first, deadline_after(*side->over_since, set_.lasting));
    return first;
  }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    words.text(set_.tag.view()).text(" ");
    switch (fault_) {
      case Fault::unread:
        return words.text("has not been read yet").view();
      case Fault::missing:
        words.text("has never been read, although its link could for ").ms(now_ - sample_.awaited);
        return words.text(": does it have a value of that name?").view();
      case Fault::quality:
        return words.text(flaw(sample_.quality)).view();
      case Fault::age:
        if (sample_.at > now_) return words.text("was read in the future: its time is wrong").view();
        words.text("was last read ").ms(now_ - sample_.at).text(" ago, at most ").ms(set_.max_age);
        return words.text(" are allowed").view();
      case Fault::range:
        say(words.text("is "), sample_.value).text(", outside of what its sensor can measure (");
        words.number(set_.valid_low).text(" to ");
        return words.number(set_.valid_high).text(")").view();
      case Fault::none:
        break;
    }
    say(words.text("is "), sample_.value);
    if (high_.standing || high_.over_since)
      return about(words, high_, *set_.high, "below", -set_.hysteresis).view();
    if (low_.standing || low_.over_since)
      return about(words, low_, *set_.low, "above", set_.hysteresis).view();
    if (high_.warned) return say(words.text(", abnormal from "), *set_.warn_high).view();
    if (low_.warned) return say(words.text(", abnormal from "), *set_.warn_low).view();
    return words.view();
  }

 private:
  enum class Fault : std::uint8_t { none, unread, missing, quality, age, range };

  struct Side {
    std::optional<Instant> over_since;
    bool standing = false;
    bool warned = false;

    // Comparisons are written as "not fine", so that a limit that is NaN trips instead of never tripping.
    constexpr void judge(Instant now, double value, std::optional<double> limit, std::optional<double> warn,
                         const LimitSettings& set) {
      const bool over = limit && !(value < *limit);
      if (!over) {
        over_since.reset();
        if (standing && limit && value < *limit - set.hysteresis) standing = false;
      } else {
        if (!over_since) over_since = now;
        if (now - *over_since >= set.lasting) standing = true;
      }
      const double warn_slack = warned ? set.hysteresis : 0.0;
      warned = over || (warn && !(value < *warn - warn_slack));
    }
  };

  [[nodiscard]] static constexpr std::optional<double> mirrored(std::optional<double> limit) {
    if (limit) *limit = -*limit;
    return limit;
  }

  [[nodiscard]] constexpr Fault fault_of(Instant now, const Sample& sample) const {
    if (sample.quality == SampleQuality::no_link && !ever_read_)
      return overdue(sample, now, set_.first_within) ? Fault::missing : Fault::unread;
    if (sample.quality != SampleQuality::good) return Fault::quality;
    const Duration age = now - sample.at;
    // A reading made in this turn of the loop may be a little younger than the turn; one from far ahead is
    // wrong.
    if (age > set_.max_age || -age > set_.max_age) return Fault::age;
    if (!(sample.value >= set_.valid_low && sample.value <= set_.valid_high) || !is_finite(sample.value))
      return Fault::range;
    return Fault::none;
  }

  constexpr Sentence& say(Sentence& words, double value) const {
    words.number(value);
    if (!set_.unit.empty()) words.text(" ").text(set_.unit.view());
    return words;
  }

  constexpr Sentence& about(Sentence& words, const Side& side, double limit, std::string_view direction,
                            double slack) const {
    say(words.text(", limit "), limit);
    if (!side.over_since) {
      say(words.text(", gone only ").text(direction).text(" "), limit + slack);
    } else if (set_.lasting > Duration::zero()) {
      words.text(side.standing ? ", for " : ", trips after ")
          .ms(side.standing ? now_ - *side.over_since : set_.lasting);
    }
    return words;
  }

  LimitSettings set_;
  Side high_;
  Side low_;
  Sample sample_;
  Instant now_{};
  Fault fault_ = Fault::unread;
  bool ever_read_ = false;
  Finding finding_{Standing::unknown, CauseCode::sensor_fault, false};
};

}  // namespace standstill
