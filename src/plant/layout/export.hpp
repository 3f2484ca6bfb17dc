// A layout as JSON, in the shape of a snapshot.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "plant/layout/document.hpp"
#include "plant/layout/model.hpp"

namespace standstill::layout {

// {"timestamp", "model", "clock", "power", "automatic", "locomotives", "blocks", "switches", "signals",
// "routes", "feedbacks", "outputs", …}; docs/architecture.md lists it. `timestamp` is seconds since 1970.
// Every object has its typed fields first and all it was told under "attributes" (and "nested"). "model" is
// the plan's title and version, or null when no plan ever came; then the lists are empty. Safe in any thread
// on a model of its own.
enum class Detail : std::uint8_t {
  everything,
  typed  // without "attributes" and "nested"
};
// Makes each object when it is written, so the model must outlive the document. A plan of 20 000 objects is
// some 5 MB of text, and more than ten times that as a value: what writes it uses this.
[[nodiscard]] Document export_document(const Model& model, double timestamp,
                                       Detail detail = Detail::everything);
// The same as a value.
[[nodiscard]] nlohmann::ordered_json export_state(const Model& model, double timestamp,
                                                  Detail detail = Detail::everything);

// What is different in `now`, a later copy of the same server's model, in the same shape: each object that
// changed, with its typed fields, in the list it belongs to ("texts" with "attributes"); "clock", "power" and
// "automatic" when they changed. {} when nothing did; null when objects came or went, so that the whole is
// wanted. Costs a look at every object's address.
[[nodiscard]] nlohmann::ordered_json export_changes(const Model& before, const Model& now);

}  // namespace standstill::layout
