// The terminal of the demo: keys without Enter, and a picture drawn in place. Leaves it as it was.
#pragma once

#include <termios.h>

#include <string>
#include <utility>
#include <vector>

namespace standstill::app {

class Screen {
 public:
  Screen();  // only where standard output is a terminal
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const std::vector<std::string>& lines);
  [[nodiscard]] static std::pair<int, int> size();  // rows, columns; 24 × 80 where it cannot be known
  [[nodiscard]] static bool possible();             // standard output is a terminal that can do it
  [[nodiscard]] static bool coloured();             // NO_COLOR is not set

 private:
  termios before_{};
  bool raw_ = false;
};

}  // namespace standstill::app
