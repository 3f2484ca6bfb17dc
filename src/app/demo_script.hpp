// A demo without hands: one order a line. Blank lines and those that begin with # are skipped.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::app {

struct DemoOrder {
  enum class Kind { key, sleep, until_whole };
  Kind kind = Kind::key;
  char key = '\0';   // as pressed
  Duration pause{};  // of `sleep SECONDS`, 0 to 3600

  [[nodiscard]] std::string name() const;
};

// `file`: a path, "-" for standard input, "" for no orders at all. Errors name file and line.
[[nodiscard]] std::expected<std::vector<DemoOrder>, std::string> read_script(const std::string& file);
[[nodiscard]] std::expected<std::vector<DemoOrder>, std::string> parse_script(const std::string& text,
                                                                              const std::string& name);

}  // namespace standstill::app
