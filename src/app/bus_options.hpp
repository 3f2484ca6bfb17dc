// `bus …`: options as plain values. Each command returns an exit code.
#pragma once

#include <string>

#include "app/context.hpp"

namespace standstill::app {

struct BusKeygenOptions {
  std::string file;     // a new master key; with `station`: the master key that is there
  std::string station;  // whose key to derive
  std::string out;      // where to
};
[[nodiscard]] int bus_keygen(const Context& context, const BusKeygenOptions& options);

[[nodiscard]] int bus_stations(const Context& context);

// One message; "-": from standard input.
[[nodiscard]] int bus_validate(const Context& context, const std::string& file);

}  // namespace standstill::app
