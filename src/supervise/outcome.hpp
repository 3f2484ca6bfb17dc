// What the backend answers, as the contract has it: a JSON document, or what is wrong and what to do next.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "record/event_json.hpp"
#include "terminal/backend.hpp"

namespace standstill::supervise {

[[nodiscard]] inline terminal::Outcome ok(const nlohmann::json& body) { return {200, record::dump(body)}; }

[[nodiscard]] inline terminal::Outcome problem(int status, const std::string& error,
                                               const std::string& hint) {
  return {status, record::dump(nlohmann::json{{"error", error}, {"hint", hint}})};
}

// The loop did not answer in time.
[[nodiscard]] inline terminal::Outcome busy() {
  return problem(503, "the supervisor did not answer in time", "look at `standstill health`");
}

}  // namespace standstill::supervise
