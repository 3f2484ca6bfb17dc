// A run of the engine as a picture: temperatures, pressure, servo and heaters over time, their limits, and
// what happened when.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "picture/canvas.hpp"

namespace standstill::sim::loco {

struct Point {
  double at = 0;  // seconds
  double boiler = 0, superheater = 0, logic = 0;
  double pressure = 0;
  double servo = 0;  // degrees
  double heat = 0;   // watts of both heaters
};

struct Mark {  // a fault, or the reason of a shutdown
  double at = 0;
  std::string what;
};

struct Stage {  // of a shutdown; it lasts until the next one begins
  double at = 0;
  std::string what;
};

struct Limits {  // as the engine has them; 0: not drawn
  double boiler = 0, superheater = 0, logic = 0, pressure = 0;
};

inline constexpr double plot_width = 900;
// Of a run with so many stages.
[[nodiscard]] double plot_height(std::size_t stages);
void draw(picture::Canvas& canvas, const std::vector<Point>& points, const std::vector<Mark>& marks,
          const std::vector<Stage>& stages, const Limits& limits);

}  // namespace standstill::sim::loco
