// The state as text for people: what `status` and `watch` print.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace standstill::app {

// A member as text: "" where it is missing or null, numbers and booleans as they are written.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& object, const char* name);

// On one line, or indented; bytes that are no UTF-8 become U+FFFD instead of an exception.
[[nodiscard]] std::string dumped(const nlohmann::ordered_json& value, int indent = -1);

// `state` as GET /api/v1/state answers it. Members that are missing or of another type show as "?".
// `now_wall_ns` turns times into ages. Colours (ANSI) only where asked for. No line end at the end.
[[nodiscard]] std::string state_text(const nlohmann::ordered_json& state, std::int64_t now_wall_ns,
                                     bool colour = false);
// The same without its first line: causes, links, outputs, guard.
[[nodiscard]] std::string plant_text(const nlohmann::ordered_json& state, std::int64_t now_wall_ns);

}  // namespace standstill::app
