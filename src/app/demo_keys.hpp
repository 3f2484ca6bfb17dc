// What can be done to the demo: one key or one word each, for people and for scripts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo_operator.hpp"
#include "app/demo_plant.hpp"
#include "app/demo_processes.hpp"

namespace standstill::app {

struct DemoKey {
  char key;
  const char* name;  // in scripts
  const char* does;
};

// Break, then recover, then leave.
[[nodiscard]] const std::vector<DemoKey>& demo_keys();
// A line of a script: a key or its name. Nothing: neither.
[[nodiscard]] std::optional<char> demo_key(std::string_view word);
// The keys in lines of at most `columns`; while the guide speaks, how to take over.
[[nodiscard]] std::vector<std::string> keys_text(std::size_t columns, bool guided);

struct DemoAnswer {
  bool done = true;
  std::string text;  // a sentence
};

// Does what the key says, and blocks for it. 'q' is the caller's.
[[nodiscard]] DemoAnswer press(char key, DemoPlant& plant, const DemoProcesses& processes,
                               const DemoOperator& person);

}  // namespace standstill::app
