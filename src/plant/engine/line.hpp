// What an engine says on its telemetry line, as its supervisor reads it (docs/locomotive.md, "Telemetry").
//
//   SPD:12.3|PSI:18.0|TB:105.0|TS:220.0|TL:34.0|SRV:77
//   STATE tripped 8 THERMAL_BOILER_LIMIT(112°C > 110°C)
//   LOG 8 THERMAL_BOILER_LIMIT(112°C > 110°C) at 41280 ms, 24 events
//   EVENT 41280 trip boiler limit 0
//
// Strict: a line that noise has touched is no reading. The engine's own encoder is plant/loco/telemetry.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/latch.hpp"

namespace standstill::engine {

struct Frame {
  double speed = 0;                               // cm/s
  double pressure = 0;                            // kPa above the air's; the line carries psi
  double boiler = 0, superheater = 0, logic = 0;  // °C
  double servo = 0;                               // °
  bool operator==(const Frame&) const = default;
};
[[nodiscard]] std::optional<Frame> read_frame(std::string_view line);

struct State {
  LatchState latch = LatchState::tripped;
  Epoch epoch = 0;
  std::string reason;
  bool operator==(const State&) const = default;
};
[[nodiscard]] std::optional<State> read_state(std::string_view line);

// The line "LOG …": how many lines with events follow it. "LOG none: …" has none.
[[nodiscard]] std::optional<std::size_t> read_log_head(std::string_view line);

// The names under which its values stand in the tag table, with their units.
struct TagName {
  std::string_view name, unit;
};
inline constexpr std::array<TagName, 9> tag_names{{{"speed", "cm/s"},
                                                   {"pressure", "kPa"},
                                                   {"boiler", "°C"},
                                                   {"superheater", "°C"},
                                                   {"logic", "°C"},
                                                   {"servo", "°"},
                                                   {"tripped", ""},
                                                   {"running", ""},
                                                   {"epoch", ""}}};

}  // namespace standstill::engine
