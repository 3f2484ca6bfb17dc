// `standstill sim loco` in real time, as a process: an engine with a telemetry line, under steam.
#pragma once

#include <string>

#include "support/sim_program.hpp"

namespace standstill::test {

class SimEngine : public SimProgram {
 public:
  SimEngine() : SimProgram({"loco"}) {
    also({"--pty", line()});
    start();
  }
  [[nodiscard]] std::string line() const { return in_folder("engine"); }
};

}  // namespace standstill::test
