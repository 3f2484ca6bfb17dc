// How one source (a watch, a link, an output, a process) stands, as the latch needs to know it.
#pragma once

#include <cstdint>

#include "kernel/cause.hpp"

namespace standstill {

enum class Standing : std::uint8_t {
  unknown,  // nothing heard yet: does not trip, but counts as present for reset and start (S5, S7)
  clear,    // fine
  present,  // a cause: trips
  closed,   // a link whose peer said goodbye: no cause, but refuses start
};

struct Verdict {
  Standing standing = Standing::unknown;
  CauseCode code = CauseCode::none;
  CauseDetail detail;
  bool warn = false;  // abnormal, shown and told, no cause yet
};

}  // namespace standstill
