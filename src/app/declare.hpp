// Declares every command to the parser. Internal to command_line.cpp and declare.cpp, the only files that
// know CLI11.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/context.hpp"

namespace CLI {
class App;
}

namespace standstill::app {

// What parsing found: the command to run, with its options bound.
struct Chosen {
  std::function<int()> run;                                 // empty: no command was typed
  std::function<int(const std::string& shell)> completion;  // these two set before parsing
  std::function<int()> manual;
  std::shared_ptr<void> declaration;  // keeps alive what the callbacks refer to
};

// A command below `parent`, with the line at the end of every help text.
CLI::App* subcommand(CLI::App& parent, const char* name, const char* description);

// `context` and `chosen` must outlive the parser.
void declare_commands(CLI::App& root, Context& context, Chosen& chosen);

}  // namespace standstill::app
