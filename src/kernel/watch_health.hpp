// Something that reports whether it is well: memory, a loop's own timing, a command station's track power.
//
// Unknown until the first report; unhealthy for `lasting` is the configured cause; a report that stops coming
// is the cause at once, because nobody knows any more (S7).
#pragma once

#include <optional>

#include "kernel/watch_finding.hpp"

namespace standstill {

enum class Health : std::uint8_t {
  unreported,
  healthy,
  unhealthy,
  overdue
};  // overdue: the first one never came

struct HealthSettings {
  SourceName subject{};  // "free memory", for the sentences
  CauseCode code = CauseCode::device_fault;
  Duration lasting{};  // >= 0; how long it must be unhealthy without a break
};

class HealthWatch {
 public:
  constexpr explicit HealthWatch(const HealthSettings& settings)
      : set_(settings), finding_{Standing::unknown, settings.code, false} {}

  constexpr Verdict update(Instant now, Health health) { return spoken(judge(now, health), *this); }

  constexpr Finding judge(Instant now, Health health) {
    now_ = now;
    health_ = health;
    if (health == Health::healthy) {
      reported_ = true;
      bad_since_.reset();
      return finding_ = {Standing::clear, CauseCode::none, false};
    }
    if (health != Health::unhealthy) {
      bad_since_.reset();
      return finding_ = {reported_ || health == Health::overdue ? Standing::present : Standing::unknown,
                         set_.code, false};
    }
    reported_ = true;
    if (!bad_since_) bad_since_ = now;
    // What stands does not become "maybe" again: only a healthy report ends it.
    if (now - *bad_since_ >= set_.lasting || finding_.standing == Standing::present)
      return finding_ = {Standing::present, set_.code, false};
    if (finding_.standing == Standing::unknown) return finding_;
    return finding_ = {Standing::clear, CauseCode::none, true};
  }

  [[nodiscard]] constexpr Finding finding() const { return finding_; }

  [[nodiscard]] constexpr Instant deadline() const {
    if (!bad_since_ || finding_.standing == Standing::present) return never;
    return deadline_after(*bad_since_, set_.lasting);
  }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    words.text(set_.subject.view()).text(" ");
    if (health_ == Health::healthy) return words.text("is healthy").view();
    if (health_ != Health::unhealthy)
      return words
          .text(reported_ ? "does not report any more"
                : health_ == Health::overdue
                    ? "has never reported, although its link could: is its name right?"
                    : "has not reported yet")
          .view();
    words.text("is not healthy");
    if (bad_since_ && set_.lasting > Duration::zero())
      words.text(" for ").ms(now_ - *bad_since_).text(", allowed ").ms(set_.lasting);
    return words.view();
  }

 private:
  HealthSettings set_;
  Health health_ = Health::unreported;
  std::optional<Instant> bad_since_;
  Instant now_{};
  bool reported_ = false;
  Finding finding_;
};

}  // namespace standstill
