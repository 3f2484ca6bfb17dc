// Whether the guard may give a watchdog device its sign of life. A device that gets none resets the machine.
//
// Withheld while something stands still that only a reset can be trusted to mend. Not withheld because the
// plant is tripped: a tripped machine that serves must stay up, or it would reset for ever. For the same
// reason nothing that was never there since this guard began is missed, and a peer that is gone (its end was
// noticed, everything is safe) is not missed either: only one that is there and does not turn.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kernel/time.hpp"

namespace standstill {

enum class Withheld : std::uint8_t {
  no,
  supervisor_hangs,  // it is connected, and its permits have stopped
  cutters_gone,      // both were there, and neither is any more: nobody would stop a guard that hangs
  guard_was_lost,    // the guard before this one ended uncleanly while running, since this machine booted
};

[[nodiscard]] constexpr std::string_view reason(Withheld withheld) {
  constexpr std::array<std::string_view, 4> texts{"nothing stands still", "the supervisor hangs",
                                                  "both cutters are gone and cannot be started",
                                                  "the guard was lost while the plant was running"};
  const auto index = static_cast<std::size_t>(withheld);
  return index < texts.size() ? texts[index] : "unknown";
}

class WatchdogRule {
 public:
  // A supervisor that has connected sends its first permit within this; a cutter is back within this. A
  // loaded machine may take seconds for either.
  static constexpr Duration patience = 10s;

  struct Input {
    bool supervisor_connected = false;
    bool permit_heard = false;  // at least one on this connection
    bool permit_fresh = false;
    bool cutter_alive = false;  // at least one of the two
  };

  // `guard_was_lost` stands until the reset: what made a guard die or hang while energised is not known.
  constexpr explicit WatchdogRule(bool guard_was_lost = false) : guard_was_lost_(guard_was_lost) {}

  constexpr Withheld judge(Instant now, const Input& input) {
    if (!input.supervisor_connected || input.permit_heard) {
      connected_since_ = never;
    } else if (connected_since_ == never) {
      connected_since_ = now;
    }
    if (input.cutter_alive) {
      cutter_seen_ = true;
      cutter_missed_since_ = never;
    } else if (cutter_seen_ && cutter_missed_since_ == never) {
      cutter_missed_since_ = now;
    }
    if (guard_was_lost_) return Withheld::guard_was_lost;
    if (input.supervisor_connected && input.permit_heard && !input.permit_fresh)
      return Withheld::supervisor_hangs;
    if (connected_since_ != never && now - connected_since_ >= patience) return Withheld::supervisor_hangs;
    if (cutter_missed_since_ != never && now - cutter_missed_since_ >= patience)
      return Withheld::cutters_gone;
    return Withheld::no;
  }

 private:
  bool guard_was_lost_;
  bool cutter_seen_ = false;
  Instant connected_since_ = never;
  Instant cutter_missed_since_ = never;
};

}  // namespace standstill
