// `standstill sim loco`: an engine on simulated rails, in simulated time or in real time with a telemetry
// line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace standstill::sim {

struct RunLoco {
  double minutes = 0;               // of simulated time, as fast as it goes; 0: real time until it is ended
  std::uint32_t step = 60;          // commanded speed step, 0 to 126
  bool cold = false;                // begins cold; else under steam
  std::vector<std::string> faults;  // NAME@SECONDS
  std::vector<std::string> cvs;     // NUMBER=VALUE
  std::string svg, png;             // files to draw into
  std::string link;                 // real time: a symbolic link to the telemetry line's pty
  std::string control;              // real time: a socket to break it
};

// Exit code: 0; in simulated time 1 when the engine shut itself down; 2 with the reason when it cannot start.
[[nodiscard]] int run_loco(const RunLoco& options);

}  // namespace standstill::sim
