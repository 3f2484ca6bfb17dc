// A run of the engine as a picture: temperatures, pressure, servo and heaters over time, their limits, and
// what happened when. SVG, so that any viewer and any browser opens it.
#pragma once

#include <string>
#include <vector>

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

[[nodiscard]] std::string svg(const std::vector<Point>& points, const std::vector<Mark>& marks,
                              const std::vector<Stage>& stages, const Limits& limits);

}  // namespace standstill::sim::loco
