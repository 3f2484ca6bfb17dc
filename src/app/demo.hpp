// `demo`: the whole chain against simulated peers, in one terminal, without hardware.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/context.hpp"

namespace standstill::app {

struct DemoOptions {
  std::optional<std::uint16_t> port;  // of the terminal; 0: a free one; nothing: 8080, or a free one if taken
  std::string folder;                 // kept afterwards; empty: a temporary one, removed at the end
  std::string script;                 // a file of keys or their names, a line each; "-": standard input
  bool no_guide = false;              // at once to the keys
  bool exit_after_guide = false;
  double pace = 1.0;  // of the guided minute: 0.1 waits a tenth as long; 0.02 to 10
};

// Runs until q, INT, TERM or HUP, or until the guide or script is through. Returns exit_done when all that
// was to be shown really happened, exit_no with the step that did not, exit_usage when it could not begin.
[[nodiscard]] int run_demo(const Context& context, const DemoOptions& options);

}  // namespace standstill::app
