// What every watch answers.
//
// A watch is a value: update(now, input) → Verdict. It owns no clock; `now` never runs backwards (boot time).
// Every watch also offers
//   judge(now, input)  the same without words: nothing may be formatted between a decision and the cut (S1),
//   so who
//                      cuts by its own decision judges first, cuts, and then asks for
//   detail()           the last answer as a sentence,
//   finding()          the last answer (unknown before the first one),
//   deadline()         when the answer can change although no new input arrives; `never` when it cannot.
// Unknown is only ever the time before the first knowledge; what was known once and is missing now is present
// (S7).
#pragma once

#include <cstdint>

#include "kernel/cause.hpp"
#include "kernel/format.hpp"
#include "kernel/standing.hpp"
#include "kernel/time.hpp"

namespace standstill {

struct Finding {
  Standing standing = Standing::unknown;
  CauseCode code = CauseCode::none;  // none while clear or closed; for unknown, the code it would have
  bool warn = false;                 // abnormal, to be shown and told; never while the cause stands
  constexpr bool operator==(const Finding&) const = default;
};

// A finding with the watch's words; a watch that is clear without a warning says nothing.
template <class Watch>
[[nodiscard]] constexpr Verdict spoken(const Finding& finding, const Watch& watch) {
  Verdict verdict{finding.standing, finding.code, {}, finding.warn};
  if (finding.standing != Standing::clear || finding.warn) verdict.detail = watch.detail();
  return verdict;
}

// Is this a cause, or as good as one: does it refuse a reset?
[[nodiscard]] constexpr bool counts_as_present(Standing standing) {
  return standing == Standing::unknown || standing == Standing::present;
}

// Does this refuse `start`? Everything but a clear watch does.
[[nodiscard]] constexpr bool blocks_start(Standing standing) { return standing != Standing::clear; }

// `from + length`, or `never` where that is further away than time can count.
[[nodiscard]] constexpr Instant deadline_after(Instant from, Duration length) {
  if (length > Duration::zero() && from > never - length) return never;
  return from + length;
}

static_assert(counts_as_present(Finding{}.standing));
static_assert(!counts_as_present(Standing::closed) && blocks_start(Standing::closed));
static_assert(deadline_after(instant_from_ns(1), Duration::max()) == never);

}  // namespace standstill
