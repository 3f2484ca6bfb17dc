// How much the journal keeps. Pruning is oldest first, in small slices while nothing waits to be written.
#pragma once

#include <cstdint>

namespace standstill::record {

struct JournalLimits {
  int keep_days = 400;                                 // older events go…
  std::int64_t keep_bytes = 2LL * 1024 * 1024 * 1024;  // …and as many as bring the file below this
  // The newest so many stay whatever their age: a clock that jumped to 2099 must not empty the journal.
  std::int64_t keep_events = 50'000;
};

}  // namespace standstill::record
