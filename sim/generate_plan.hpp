// A plan of any size, with the attributes a real one has: for benches and for `sim rocrail`'s command `big`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace standstill::sim {

// `objects` (1 to 1 000 000) counts everything with an id: feedbacks, switches, blocks, signals, outputs,
// texts, routes and locos, in about the proportions of a large layout. Blocks form one ring. Same arguments,
// same bytes.
[[nodiscard]] std::string generate_plan(std::size_t objects, std::uint32_t seed);

}  // namespace standstill::sim
