// What the command line returns to the shell (docs/commands.md, "Exit codes").
#pragma once

namespace standstill::app {

enum Exit : int {  // NOLINT: an exit code is an int
  exit_done = 0,
  exit_no = 1,           // the answer is no: unhealthy, differs, a test failed
  exit_usage = 2,        // a wrong command line or configuration
  exit_unreachable = 3,  // nobody answers
  exit_refused = 4,      // somebody answered no, with reasons
};

}  // namespace standstill::app
