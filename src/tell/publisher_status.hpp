// How the messages of one publisher fare, for the journal and for metrics.
#pragma once

#include <cstdint>
#include <string>

namespace standstill::tell {

struct PublisherStatus {
  std::string id = {};
  bool online = false;
  std::string last_error = {};  // a sentence; kept after a return
  std::uint64_t sent = 0;       // confirmed by the broker
  std::uint64_t waiting = 0;    // for a broker that is away, and for its confirmation
  std::uint64_t lost = 0;       // did not fit
  std::uint64_t disconnects = 0;
};

}  // namespace standstill::tell
