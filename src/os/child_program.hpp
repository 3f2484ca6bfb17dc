// Runs a program to its end, or ends it: no shell, nothing inherited, no output but its complaint.
//
// It gets a session of its own, ordinary scheduling, default signals, an environment without our variables
// (STANDSTILL_…: one may carry an operator's token) and a file as its standard input. Blocks; for background
// threads.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::os {

struct ChildProgram {
  std::vector<std::string> command;  // absolute path and arguments
  std::string input{};               // its standard input
  Duration time_out = 10s;           // then TERM, and a second later KILL, for it and what it started
};

struct ChildFailure {
  std::string why;           // a sentence, with the first 200 bytes of its standard error
  bool not_started = false;  // trying again is pointless
};

// Nothing when it ended with exit code 0. `ending` is asked all the time: once true, the program is ended
// early.
[[nodiscard]] std::expected<void, ChildFailure> run_program(const ChildProgram& program,
                                                            const std::function<bool()>& ending);

}  // namespace standstill::os
