// A run of the engine as a picture: temperatures, pressure, servo and heaters over time, with what happened.
#pragma once

#include <string>
#include <vector>

namespace standstill::sim::loco {

struct Point {
  double at = 0;                                  // s
  double boiler = 0, superheater = 0, logic = 0;  // °C
  double pressure = 0;                            // kPa
  double servo = 0;                               // degrees
  double heat = 0;                                // of both heaters, W
};
struct Mark {
  double at = 0;
  std::string what;
};

[[nodiscard]] std::string svg(const std::vector<Point>& points, const std::vector<Mark>& marks);

}  // namespace standstill::sim::loco
