// A stop button: a normally-closed contact, with one channel or two.
//
// The first open sample trips, before any debouncing, and a broken wire is a press. Only the way back is
// debounced: every channel closed for `lock_out` without a break. The level is read each cycle, because a
// burst of edges can be lost by the kernel's queue; an opening edge that was seen between two cycles counts
// as well. Two channels that disagree for `discrepancy` mean that one of them does not work (welded contact,
// cross-short). Closing the other again proves nothing then: the fault stands until both were seen open
// together, as safety relays demand it (ISO 13849-1, category 3, detection of a fault before the next
// demand).
#pragma once

#include <optional>

#include "kernel/watch_finding.hpp"

namespace standstill {

enum class Contact : std::uint8_t { unknown, closed, open };  // unknown: the chip is gone or the read failed

struct DemandSettings {
  SourceName button{};  // for the sentences
  bool two_channels = false;
  Duration lock_out = 50ms;
  Duration discrepancy = 50ms;
};

struct DemandInput {
  Contact a = Contact::unknown;
  Contact b = Contact::unknown;  // not looked at with one channel
  bool opened = false;           // an opening edge was seen since the last update, on any channel
};

class DemandWatch {
 public:
  constexpr explicit DemandWatch(const DemandSettings& settings) : set_(settings) {}

  constexpr Verdict update(Instant now, const DemandInput& input) { return spoken(judge(now, input), *this); }

  constexpr Finding judge(Instant now, const DemandInput& input) {
    input_ = input;
    if (!set_.two_channels) input_.b = input.a;
    watch_agreement(now);

    const bool open = input_.a == Contact::open || input_.b == Contact::open || input_.opened;
    const bool all_closed = input_.a == Contact::closed && input_.b == Contact::closed;
    if (!all_closed) {
      closed_since_.reset();
    } else if (!closed_since_ || input_.opened) {
      closed_since_ = now;
    }

    if (channel_fault_) return stand(Standing::present, CauseCode::sensor_fault);
    if (open) return stand(Standing::present, CauseCode::button_press);
    if (!all_closed) {  // unknown, S7
      const bool never_read = finding_.standing == Standing::unknown;
      return stand(never_read ? Standing::unknown : Standing::present, CauseCode::sensor_fault);
    }
    // In the lock-out the last answer stands: the press, the fault, or, after a start, unknown.
    if (finding_.standing != Standing::clear && now - *closed_since_ < set_.lock_out) return finding_;
    return stand(Standing::clear, CauseCode::none);
  }

  [[nodiscard]] constexpr Finding finding() const { return finding_; }

  [[nodiscard]] constexpr Instant deadline() const {
    if (disagree_since_ && !channel_fault_) return deadline_after(*disagree_since_, set_.discrepancy);
    if (closed_since_ && finding_.standing != Standing::clear && !channel_fault_)
      return deadline_after(*closed_since_, set_.lock_out);
    return never;
  }

  [[nodiscard]] constexpr CauseDetail detail() const {
    Sentence words;
    words.text(set_.button.view()).text(" ");
    if (finding_.standing == Standing::clear) return words.text("is released").view();
    if (channel_fault_) {
      words.text("has channels that disagreed for ").ms(set_.discrepancy);
      return words.text(" or longer; press and release it fully, and if this stays, repair it").view();
    }
    if (finding_.code == CauseCode::button_press) {
      if (closed_since_) return words.text("was pressed and is being released").view();
      return words.text("is pressed, or its wire is broken").view();
    }
    if (closed_since_) return words.text("has not been closed for its lock-out time yet").view();
    if (finding_.standing == Standing::unknown) return words.text("has not been read yet").view();
    return words.text("cannot be read: check its GPIO chip and line").view();
  }

 private:
  constexpr Finding stand(Standing standing, CauseCode code) { return finding_ = {standing, code, false}; }

  constexpr void watch_agreement(Instant now) {
    const bool known = input_.a != Contact::unknown && input_.b != Contact::unknown;
    if (!known) return;  // the unreadable channel is its own cause; the clock goes on
    if (input_.a == input_.b) {
      disagree_since_.reset();
      if (input_.a == Contact::open) channel_fault_ = false;
      return;
    }
    if (!disagree_since_) disagree_since_ = now;
    if (now - *disagree_since_ >= set_.discrepancy) channel_fault_ = true;
  }

  DemandSettings set_;
  DemandInput input_;
  std::optional<Instant> closed_since_;    // every channel, without a break
  std::optional<Instant> disagree_since_;  // one open, one closed
  bool channel_fault_ = false;
  Finding finding_{Standing::unknown, CauseCode::sensor_fault, false};
};

}  // namespace standstill
