// The one-way switch of the chain: running → tripped → (acknowledge) → (reset) → ready → (start) → running.
//
// A value: no OS, no heap, no clock. Every entry takes the time and answers what changed; the guard (or the
// firmware) acts on it. Invariants S3 to S6 and S10 live here; tests/unit/kernel/latch_test.cpp holds it
// against a naive model.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernel/cause.hpp"
#include "kernel/standing.hpp"
#include "kernel/time.hpp"

namespace standstill {

enum class LatchState : std::uint8_t { tripped, ready, running };  // order is part of the record's format

inline constexpr std::array<std::string_view, 3> latch_state_names{"tripped", "ready", "running"};
[[nodiscard]] constexpr std::string_view name(LatchState state) {
  return latch_state_names[static_cast<std::size_t>(state)];
}

using Epoch = std::uint32_t;
using SourceIndex = std::uint8_t;

// Why a word (acknowledge, reset, start) was refused; several may hold at once.
enum class Refusal : std::uint16_t {
  none = 0,
  wrong_epoch = 1,  // the word named another epoch
  wrong_state = 2,  // e.g. start while tripped
  not_acknowledged = 4,
  cause_present = 8,        // at least one source is present
  source_unknown = 16,      // at least one source was not heard since the supervisor started
  settling = 32,            // a cause was present within settle time
  link_closed = 64,         // start only: a peer said goodbye and has not come back
  readback_not_safe = 128,  // start only: a read-back does not show safe
  no_permit = 256,          // start only: no valid permit from the supervisor
  stale_word = 512,         // the word is older than the permit time-out
  not_recorded = 1024,      // start only: the latch file could not be written
};
[[nodiscard]] constexpr Refusal operator|(Refusal a, Refusal b) {
  return static_cast<Refusal>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr Refusal& operator|=(Refusal& a, Refusal b) { return a = a | b; }
[[nodiscard]] constexpr bool has(Refusal all, Refusal one) {
  return (static_cast<std::uint16_t>(all) & static_cast<std::uint16_t>(one)) != 0;
}

// What must survive power loss. Everything else is learnt again.
struct LatchRecord {
  Epoch epoch = 0;
  LatchState state = LatchState::tripped;
  bool acknowledged = false;
  Cause first_out;
};

template <std::size_t Sources>
class Latch {
 public:
  static_assert(Sources < 255, "SourceIndex is 8 bits");

  struct Source {
    Standing standing = Standing::unknown;
    bool recorded = false;   // belongs to this epoch's causes
    Cause cause;             // the newest of this epoch from this source; cause.present follows standing
    Instant last_present{};  // for the settle time; meaningful when ever_present
    bool ever_present = false;
    bool unseen_end = false;  // it was present and then became unknown: nobody saw it go
  };

  constexpr explicit Latch(Duration settle = 2s) : settle_(settle) {}
  constexpr void set_settle(Duration settle) { settle_ = settle; }

  // --- boot
  // -------------------------------------------------------------------------------------------------------

  // `record` is null when none was readable. Never ends in `running`. True when a new epoch began.
  constexpr bool boot(const LatchRecord* record, Instant now, std::int64_t wall_ns) {
    if (record == nullptr) {
      enter_tripped({CauseCode::no_record, false, "guard", "no latch record was found", now, wall_ns});
    } else {
      epoch_ = record->epoch;
      state_ = record->state;
      acknowledged_ = record->acknowledged;
      first_out_ = record->first_out;
      first_out_.present = false;
      first_out_source_ = no_source;
      if (state_ == LatchState::running)
        enter_tripped({CauseCode::unclean_end, false, "guard", "the guard ended while the plant was running",
                       now, wall_ns});
      else if (state_ == LatchState::tripped)
        last_trip_cause_ = now;
    }
    // What was reported before the record was read (a line that could not be requested) is a cause like any
    // other: it trips a latch that was `ready`, and clears an old acknowledgement.
    std::array<bool, Sources> told{};
    for (std::size_t i = 0; i < used_; ++i) told[i] = sources_[i].recorded;
    for (std::size_t i = 0; i < used_; ++i)
      if (told[i])
        raise(static_cast<SourceIndex>(i), sources_[i].cause, sources_[i].standing == Standing::present);
    return record == nullptr || epoch_ != record->epoch;
  }

  // Others (journal, bus) may remember a higher epoch than a lost record: epochs only grow.
  // An acknowledgement named the old number, so it does not count for the new one.
  constexpr void raise_epoch(Epoch floor) {
    if (state_ != LatchState::tripped || floor < epoch_) return;
    epoch_ = after(floor);
    acknowledged_ = false;
  }

  // --- what happens
  // -----------------------------------------------------------------------------------------------

  // How a source stands at `cause.at`. True when this tripped the latch (a new epoch began).
  constexpr bool report(SourceIndex index, Standing standing, const Cause& cause) {
    if (index >= used_)
      return standing == Standing::present && raise(no_source, cause, false);  // a cause all the same
    Source& source = sources_[index];
    const Standing before = source.standing;
    source.standing = standing;
    if (standing != Standing::present) {
      // A cause that nobody saw end may have lasted until it was seen otherwise: the settle time runs from
      // there.
      const bool was_present = before == Standing::present || source.unseen_end;
      source.unseen_end = was_present && standing == Standing::unknown;
      if (was_present) seen_present(source, cause.at);
      source.cause.present = false;
      if (first_out_source_ == index) first_out_.present = false;
      return false;
    }
    source.unseen_end = false;
    seen_present(source, cause.at);
    const bool same =
        before == Standing::present && source.recorded && source.cause.code == known(cause.code);
    return !same && raise(index, cause, true);
  }

  // A momentary cause: somebody stopped, a process was late. It is over as soon as it is recorded.
  constexpr bool stop(SourceIndex index, const Cause& cause) {
    if (index >= used_) return raise(no_source, cause, false);
    seen_present(sources_[index], cause.at);
    return raise(index, cause, sources_[index].standing == Standing::present);
  }

  // The supervisor is new: what it told before no longer counts.
  constexpr void forget(SourceIndex index) {
    if (index >= used_) return;
    if (sources_[index].standing == Standing::present) return;  // stays a cause until somebody says otherwise
    sources_[index].standing = Standing::unknown;
  }

  // Outputs go safe quietly (a goodbye, a clean end): no cause, no epoch. True when it changed anything.
  constexpr bool ease() {
    if (state_ != LatchState::running) return false;
    state_ = LatchState::ready;
    return true;
  }

  // --- what operators say
  // -----------------------------------------------------------------------------------------

  constexpr Refusal acknowledge(Epoch epoch) {
    if (epoch != epoch_) return Refusal::wrong_epoch;
    if (state_ != LatchState::tripped) return Refusal::wrong_state;
    acknowledged_ = true;
    return Refusal::none;
  }

  [[nodiscard]] constexpr Refusal may_reset(Epoch epoch, Instant now) const {
    if (epoch != epoch_) return Refusal::wrong_epoch;
    if (state_ != LatchState::tripped) return Refusal::wrong_state;
    Refusal refusal = Refusal::none;
    if (!acknowledged_) refusal |= Refusal::not_acknowledged;
    return refusal | blockers(now);
  }

  constexpr Refusal reset(Epoch epoch, Instant now) {
    const Refusal refusal = may_reset(epoch, now);
    if (refusal == Refusal::none) state_ = LatchState::ready;
    return refusal;
  }

  // `more` are refusals that only the caller can know (read-backs, permit).
  constexpr Refusal start(Epoch epoch, Instant now, Refusal more) {
    if (epoch != epoch_) return Refusal::wrong_epoch;
    if (state_ != LatchState::ready) return Refusal::wrong_state;
    Refusal refusal = more;
    for (std::size_t i = 0; i < used_; ++i)
      if (sources_[i].standing == Standing::closed) refusal |= Refusal::link_closed;
    refusal |= blockers(now);
    if (refusal == Refusal::none) state_ = LatchState::running;
    return refusal;
  }

  // --- looking
  // ----------------------------------------------------------------------------------------------------

  [[nodiscard]] constexpr LatchState state() const { return state_; }
  [[nodiscard]] constexpr Epoch epoch() const { return epoch_; }
  [[nodiscard]] constexpr bool acknowledged() const { return acknowledged_; }
  [[nodiscard]] constexpr const Cause& first_out() const { return first_out_; }
  [[nodiscard]] constexpr const Source& source(SourceIndex index) const { return sources_[index]; }
  [[nodiscard]] constexpr std::size_t used() const { return used_; }
  // Before anything is reported: how many sources there are. What names another one trips without a source.
  constexpr void use(std::size_t count) { used_ = std::min(count, Sources); }
  [[nodiscard]] constexpr LatchRecord record() const { return {epoch_, state_, acknowledged_, first_out_}; }
  [[nodiscard]] constexpr bool settled(SourceIndex index, Instant now) const {
    const Source& source = sources_[index];
    return !source.ever_present || source.last_present <= now - settle_;
  }

 private:
  constexpr Refusal blockers(Instant now) const {
    Refusal refusal = Refusal::none;
    for (std::size_t i = 0; i < used_; ++i) {
      if (sources_[i].standing == Standing::present)
        refusal |= Refusal::cause_present;
      else if (sources_[i].standing == Standing::unknown)
        refusal |= Refusal::source_unknown;
      else if (!settled(static_cast<SourceIndex>(i), now))
        refusal |= Refusal::settling;
    }
    if (state_ == LatchState::tripped && last_trip_cause_ > now - settle_) refusal |= Refusal::settling;
    return refusal;
  }

  static constexpr Epoch after(Epoch epoch) {
    return epoch == std::numeric_limits<Epoch>::max() ? epoch : epoch + 1;
  }

  // A cause without a code that people can read is still a cause.
  static constexpr CauseCode known(CauseCode code) {
    const auto index = static_cast<std::size_t>(code);
    return index == 0 || index >= cause_code_names.size() ? CauseCode::software_error : code;
  }

  static constexpr void seen_present(Source& source, Instant at) {
    source.last_present = source.ever_present ? std::max(source.last_present, at) : at;
    source.ever_present = true;
  }

  constexpr bool raise(SourceIndex index, Cause cause, bool present) {
    cause.present = present;
    cause.code = known(cause.code);
    const bool trips = state_ != LatchState::tripped;
    if (trips) {
      enter_tripped(cause);
      first_out_source_ = index;
    }
    acknowledged_ = false;  // S6: a later cause clears the acknowledgement, never the first-out
    last_trip_cause_ = std::max(last_trip_cause_, cause.at);
    if (index == no_source) return trips;
    sources_[index].cause = cause;
    sources_[index].recorded = true;
    return trips;
  }

  constexpr void enter_tripped(const Cause& cause) {
    state_ = LatchState::tripped;
    epoch_ = after(epoch_);
    acknowledged_ = false;
    first_out_ = cause;
    first_out_source_ = no_source;
    last_trip_cause_ = std::max(last_trip_cause_, cause.at);
    for (Source& source : sources_) {
      source.recorded = false;
      // What was already present before this epoch is a cause of it too, only not the first.
      if (source.standing == Standing::present) source.recorded = true;
    }
  }

  static constexpr SourceIndex no_source = 255;

  std::array<Source, Sources> sources_{};
  std::size_t used_ = Sources;
  LatchState state_ = LatchState::tripped;
  Epoch epoch_ = 0;
  bool acknowledged_ = false;
  Cause first_out_{};
  SourceIndex first_out_source_ = no_source;
  Instant last_trip_cause_{};
  Duration settle_;
};

}  // namespace standstill
