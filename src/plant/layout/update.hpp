// What a report changes in the model, by the rules measured on real servers.
#pragma once

#include <cstdint>
#include <string>

#include "plant/layout/decoder.hpp"
#include "plant/layout/model.hpp"

namespace standstill::layout {

struct Change {
  enum class What : std::uint8_t { nothing, added, changed, removed };
  What what = What::nothing;
  Kind kind = Kind::other;
  ObjectPtr object;  // as it is now; of a removed one, as it was; null when nothing is known of it
  ObjectPtr before;  // null when it was added
};

// Attributes of a report replace those of the object, others stay. Beyond that:
//  - <fn> tells functions of a loco; a loco's own `fx` and `fn` replace what single functions were told
//  before;
//  - <bk cmd="free"> empties a block, "loc" and "reserve" put a loco into it;
//  - a loco that reports another block leaves the one it was in, and enters an empty one;
//  - <clock cmd="freeze|go"> sets `freeze`; a <state> without iid replaces those of single stations;
//  - before a plan came only clock, state, automatic mode, messages and system commands are kept.
Change apply(Model& model, const Report& report);

}  // namespace standstill::layout
