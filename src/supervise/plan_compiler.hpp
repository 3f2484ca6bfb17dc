// Compiles the configuration into the plan that the guard reads, and remembers which source is which.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"
#include "kernel/latch.hpp"
#include "kernel/stages.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::supervise {

struct CompiledPlan {
  std::unique_ptr<plan::Plan> plan;  // sealed
  std::uint64_t hash = 0;
  std::unordered_map<std::string, SourceIndex> links;    // critical links
  std::unordered_map<std::string, SourceIndex> behind;   // critical links with a source behind (see below)
  std::unordered_map<std::string, SourceIndex> watches;  // with a [bus], "bus" is one of them
  std::unordered_map<std::string, std::uint8_t> outputs;
  Stages stages;
};

// What may be wrong behind a link that is online, as a word: the command station behind a Rocrail server, the
// counters of a meter.
// Critical links of such a kind have a second source, LINK.WORD. Empty: nothing of that kind.
[[nodiscard]] std::string_view source_behind(const config::Link& link);

// Reads the secrets that a request needs. The error is a sentence with file:line:column.
[[nodiscard]] std::expected<CompiledPlan, std::string> compile_plan(const config::Config& config);

}  // namespace standstill::supervise
