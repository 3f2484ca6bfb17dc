// Small types that several sections share.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/problem.hpp"

namespace standstill::config {

using std::chrono::milliseconds;

enum class Level : std::uint8_t { low, high };
enum class Bias : std::uint8_t { external, pull_up, pull_down };
[[nodiscard]] constexpr Level opposite(Level level) { return level == Level::low ? Level::high : Level::low; }

// Where a secret is kept; at most one of the two is set. See config/secret.hpp for reading it.
struct SecretSource {
  std::string file;
  std::string variable;

  [[nodiscard]] bool empty() const { return file.empty() && variable.empty(); }
};

// A serial line: 8 data bits; parity 'N', 'E' or 'O'; 1 or 2 stop bits.
struct SerialLine {
  std::string device;
  unsigned baud = 9600;
  std::string framing = "8N1";

  bool operator==(const SerialLine&) const = default;
};

struct TagReference {
  std::string link;
  std::string tag;

  [[nodiscard]] std::string text() const { return link + "." + tag; }
};

// [begin, end] of plausible values.
struct ValueRange {
  double lowest = 0.0;
  double highest = 0.0;
};

}  // namespace standstill::config
