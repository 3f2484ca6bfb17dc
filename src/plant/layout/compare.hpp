// Two exported states of a layout, object by object: what differs, and what a person should do about it.
//
// After a crash the server believes its last saved plan: speeds 0, turnouts as they once were. The snapshot
// knows better; the layout itself knows best. Advice therefore tells where to look, and never that the server
// is right.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::layout {

enum class Severity : std::uint8_t {
  note,      // worth knowing, no train is at risk
  check,     // look at it before the next train runs there
  dangerous  // trains may meet or derail when it is overlooked
};
[[nodiscard]] std::string_view name(Severity severity);

struct Difference {
  std::string
      kind;  // "locomotive", "block", "switch", "signal", "route", "feedback", "output", "clock", "layout"
  std::string id;
  std::string field;   // as in the exported state; "" when the object is on one side only
  std::string before;  // as text; "none" when there was nothing
  std::string now;
  std::string advice;  // a sentence
  Severity severity = Severity::check;
};

// Whether compare() looks at a member of that name: depth 1 of the state itself, 3 of an object in one of its
// lists. What loads a state only to compare it leaves the rest out: that of a large plan is most of it.
[[nodiscard]] bool is_compared(int depth, std::string_view name);

// Why what is known of a layout is not the layout as it is; `state` is that of its link, which is not online.
[[nodiscard]] std::string not_live(std::string_view link, std::string_view state);

// `before` is the snapshot, `now` the live state or a later snapshot. Both as export_state() makes them, or a
// whole snapshot file; what is missing or of another type in either is treated as unknown. Most dangerous
// first, then in the order of the plan.
[[nodiscard]] std::vector<Difference> compare(const nlohmann::ordered_json& before,
                                              const nlohmann::ordered_json& now);

}  // namespace standstill::layout
