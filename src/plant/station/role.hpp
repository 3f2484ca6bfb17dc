// What the two roles on the emergency-stop bus have in common: what they know of their own plant, and what
// they ask of the program around them. Nothing in here does I/O or reads a clock.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/latch.hpp"
#include "kernel/watch_remote.hpp"
#include "wire/estop/names.hpp"
#include "wire/estop/signed.hpp"

namespace standstill::station {

// The name of the source that stands for the bus; no link, watch or output may be called so.
inline constexpr std::string_view bus_source = "bus";

// The own latch and outputs, as the guard has told them last.
struct Local {
  bool known = false;  // a guard has spoken since it was last lost
  LatchState state = LatchState::tripped;
  bool acknowledged = false;
  Epoch epoch = 0;
  Cause first_out{};   // of this epoch
  Instant cut_done{};  // of this epoch's trip; Instant{}: none
  std::vector<estop::SafeState::Output> outputs;
};

struct Doer {
  // S1: the bus now stands so; called before anything is put into words.
  std::function<void(const Finding& finding)> decided;
  std::function<void(const Verdict& verdict)> told;  // a station's is optional
  // Trips, for a cause that is over the moment it is told.
  std::function<void(CauseCode code, const std::string& detail)> stop;
  std::function<void(std::string_view channel, const std::string& text)> publish;
  std::function<void(std::string_view key, const std::string& text)> retain;
  // Optional: calls tick() once more as soon as others have had a moment for what was published.
  std::function<void()> soon;
  std::function<estop::Envelope()> envelope;  // a new id, the time now, this instance
  // To the own guard; told what it answered by answered().
  std::function<void(estop::Action action, Epoch epoch, const std::string& who)> word;
  std::function<void(Epoch largest)> remember;                               // for the next start
  std::function<void(const std::vector<std::string>& stations)> registered;  // the same
  std::function<void(const std::string& owed)> keep;                         // the same: KeptStops::written()
  std::function<void(Epoch at_least)> raise;                                 // a trip with such an epoch
  // For the journal: a word and a sentence.
  std::function<void(std::string_view code, const std::string& detail)> said;
  std::function<void(const std::string& detail)> alarm;  // people must know
};

// Whether a latch that stands so is where this word leads.
[[nodiscard]] constexpr bool shows(estop::Action action, LatchState state, bool acknowledged) {
  if (action == estop::Action::acknowledge) return acknowledged || state != LatchState::tripped;
  return action == estop::Action::reset ? state != LatchState::tripped : state == LatchState::running;
}

// "stopped by bench-2: button_press: the red button was pressed".
[[nodiscard]] std::string in_words(const estop::HeardStop& heard);

}  // namespace standstill::station
