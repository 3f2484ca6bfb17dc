// An event as `log --json` and GET /api/v1/journal print it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "record/event.hpp"

namespace standstill::record {

// {"id","at" (RFC 3339 UTC),"kind","code","source","detail","epoch","boot_ns","wall_ns","boot_id"}, with
// "guard_seq" for events of the guard and "data" where there is some (a text that is no JSON comes as a
// string).
[[nodiscard]] nlohmann::json to_json(const StoredEvent& stored);

// One line for people: "2026-01-31T12:00:00.000Z  trip   link_lost  layout: the connection ended …  (epoch
// 7)".
[[nodiscard]] std::string to_line(const StoredEvent& stored);

// Compact text of any JSON; bytes that are no UTF-8 become U+FFFD instead of an exception.
[[nodiscard]] std::string dump(const nlohmann::json& value, int indent = -1);

}  // namespace standstill::record
