// Another program that Standstill looks after.
#pragma once

#include <string>
#include <vector>

#include "config/common.hpp"

namespace standstill::config {

struct Watchdog {
  SourceLocation where;
  std::vector<std::string> check;    // empty: only the devices are looked at
  std::vector<std::string> devices;  // absolute paths
  std::vector<std::string> restart;  // never empty
  milliseconds interval{30'000};
  milliseconds time_out{20'000};
  unsigned failures = 3;
  unsigned restarts_per_hour = 4;
};

}  // namespace standstill::config
