// The files of `state_dir` that a member of the bus keeps.
#pragma once

#include <filesystem>

#include "config/config.hpp"

namespace standstill::supervise {

// The largest epoch of the bus that was ever seen here, as a decimal number.
[[nodiscard]] inline std::filesystem::path epoch_file(const config::Config& config) {
  return config.site.state_dir / "bus_epoch";
}
// Stops that this member owes to others, and did at the end of the start before.
[[nodiscard]] inline std::filesystem::path owed_file(const config::Config& config) {
  return config.site.state_dir / "bus_owed";
}
// On a controller: the registered stations, a name a line. To forget one, take its line out while the
// supervisor does not run.
[[nodiscard]] inline std::filesystem::path stations_file(const config::Config& config) {
  return config.site.state_dir / "bus_stations";
}

}  // namespace standstill::supervise
