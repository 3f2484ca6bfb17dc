// `bus …`: options as plain values. Each command returns an exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/context.hpp"

namespace standstill::app {

struct BusKeygenOptions {
  std::string file;     // a new master key; with `station`: the master key that is there
  std::string station;  // whose key to derive
  std::string out;      // where to
};
[[nodiscard]] int bus_keygen(const Context& context, const BusKeygenOptions& options);

// Where the bus is, without a supervisor.
struct BusTarget {
  std::string url;  // redis://HOST:PORT; empty: [bus] of the configuration, with its user and password
  std::string user, password_file;  // at the server; empty: those of [bus], or none
};

struct BusStopOptions {
  BusTarget target;
  std::string reason = "operator_command";
  std::string description, initiator;
  std::vector<std::string> not_understood;  // stops all the same (S9)
};
[[nodiscard]] int bus_stop(const Context& context, const BusStopOptions& options);

struct BusWatchOptions {
  BusTarget target;
  bool all = false;      // heartbeats and confirmations, too
  unsigned seconds = 0;  // 0: until interrupted
};
[[nodiscard]] int bus_watch(const Context& context, const BusWatchOptions& options);

// A command to a station, by the controller's supervisor.
struct BusSendOptions {
  std::string station, device, command;
  std::vector<std::string> parameters;  // NAME=VALUE
  std::int64_t timeout_ms = 5000;
};
[[nodiscard]] int bus_send(const Context& context, const BusSendOptions& options);

[[nodiscard]] int bus_stations(const Context& context);

// One message; "-": from standard input.
[[nodiscard]] int bus_validate(const Context& context, const std::string& file);

}  // namespace standstill::app
