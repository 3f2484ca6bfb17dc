// A heartbeat that must keep changing: a peer may answer every question and still be dead inside.
//
// Alive means: the last change came within `changes_within` of the change before it, and less than that has
// passed since. So a start needs one change to be seen (unknown until then), and a return after a freeze
// needs two. Readings that are not good, or not a number, are no change. One that never came is a freeze,
// once it is overdue.
#pragma once

#include <algorithm>

#include "kernel/watch_finding.hpp"
#include "kernel/watch_sample.hpp"

namespace standstill {

struct FrozenSettings {
  SourceName tag{};  // for the sentences
  Duration changes_within = 1s;
  Duration first_within = 5s;  // the first reading comes within this after its link could bring it
};

class FrozenWatch {
 public:
  constexpr explicit FrozenWatch(const FrozenSettings& settings) : set_(settings) {}

  constexpr Verdict update(Instant now, const Sample& sample) { return spoken(judge(now, sample), *this); }

  constexpr Finding judge(Instant now, const Sample& sample) {
    now_ = now;
    quality_ = sample.quality;
    if (sample.quality == SampleQuality::good && is_finite(sample.value))
      look(std::min(sample.at, now), sample.value);
    if (!seen_) {
      awaited_ = sample.awaited;
      if (overdue(sample, now, set_.first_within)) finding_.standing = Standing::present;
      return finding_;
    }
    if (now - changed_at_ >= set_.changes_within) {
      alive_ = false;
      judged_ = true;
    }
    if (alive_) return finding_ = {Standing::clear, CauseCode::none, false};
    return finding_ = {judged_ ? Standing::present : Standing::unknown, CauseCode::link_frozen, false};
  }

  [[nodiscard]] constexpr Finding finding() const { return finding_; }

  [[nodiscard]] constexpr Instant deadline() const {
    if (!seen_ && awaited_ != Instant{} && finding_.standing != Standing::present)
      return deadline_after(awaited_, set_.first_within);
    if (!seen_ || (judged_ && !alive_)) return never;
    return deadline_after(changed_at_, set_.changes_within);
  }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    words.text(set_.tag.view()).text(" ");
    if (!seen_ && finding_.standing != Standing::present) return words.text("has not been read yet").view();
    if (!seen_) {
      words.text("has never been read, although its link could for ").ms(now_ - awaited_);
      return words.text(": does it have a value of that name?").view();
    }
    // It moved, and too late: "for 0 ms" would explain nothing.
    const bool late = judged_ && now_ - changed_at_ < set_.changes_within;
    if (late)
      words.text("changed only after ").ms(took_);
    else
      words.text("has stood at ").number(value_).text(" for ").ms(now_ - changed_at_);
    words.text(", must change within ").ms(set_.changes_within);
    if (late) words.text("; its next change in time ends this");
    if (quality_ != SampleQuality::good) words.text("; it ").text(flaw(quality_));
    return words.view();
  }

 private:
  constexpr void look(Instant at, double value) {
    if (!seen_) {
      seen_ = true;
      value_ = value;
      changed_at_ = at;
    } else if (value != value_ && at >= changed_at_) {
      // A change that came too late proves the freeze it ended, also when no update fell into that time.
      took_ = at - changed_at_;
      alive_ = took_ < set_.changes_within;
      judged_ = true;
      value_ = value;
      changed_at_ = at;
    }
  }

  FrozenSettings set_;
  double value_ = 0.0;
  Instant changed_at_{};
  Duration took_{};  // the last change
  Instant now_{};
  Instant awaited_{};
  bool seen_ = false;
  bool alive_ = false;
  bool judged_ = false;  // known to be alive or frozen at least once
  SampleQuality quality_ = SampleQuality::no_link;
  Finding finding_{Standing::unknown, CauseCode::link_frozen, false};
};

}  // namespace standstill
