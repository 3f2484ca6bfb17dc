// The command line: what may be typed, and which function of commands.hpp answers.
#pragma once

namespace standstill::app {

// The program's main function. Returns the exit code.
[[nodiscard]] int command_line(int argc, const char* const* argv);

}  // namespace standstill::app
