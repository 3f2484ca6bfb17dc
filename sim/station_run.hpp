// `standstill sim station`: many simulated stations on one emergency-stop bus, in one process.
#pragma once

#include <cstdint>
#include <string>

namespace standstill::sim {

struct RunStations {
  std::uint32_t count = 1;     // 1 to 1000
  std::string prefix = "sim";  // they are called PREFIX-1, PREFIX-2, …
  std::string host, socket;    // of the server: a name or address, or the path of a Unix socket
  std::uint16_t port = 6379;
  std::string user, password;
  std::string key_file;  // the master key, or with one station the station's
  std::uint32_t lease_ms = 3000;
  bool second_path = true;
  std::string control;  // a socket to break them
};

// Until INT, TERM or `quit`. Exit code 0, or 2 with the reason on standard error when it cannot start.
[[nodiscard]] int run_stations(const RunStations& options);

}  // namespace standstill::sim
