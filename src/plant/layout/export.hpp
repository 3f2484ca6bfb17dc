// A layout as JSON, in the shape of a snapshot.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "plant/layout/model.hpp"

namespace standstill::layout {

// {"timestamp", "model", "clock", "power", "automatic", "locomotives", "blocks", "switches", "signals",
// "routes", "feedbacks", "outputs", …}; docs/architecture.md lists it. `timestamp` is seconds since 1970.
// Every object has its typed fields first and all it was told under "attributes" (and "nested"). "model" is
// the plan's title and version, or null when no plan ever came; then the lists are empty. Safe in any thread
// on a model of its own.
[[nodiscard]] nlohmann::ordered_json export_state(const Model& model, double timestamp);

}  // namespace standstill::layout
