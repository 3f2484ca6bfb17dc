#include "sim/loco/plot.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace standstill::sim::loco {

namespace {

constexpr double left = 60, wide = 820, tall = 130, gap = 34, top = 40;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

struct Curve {
  const char* name;
  const char* colour;
  double Point::* value;
};
struct Lane {
  const char* unit;
  double most;
  std::vector<Curve> curves;
};

}  // namespace

std::string svg(const std::vector<Point>& points, const std::vector<Mark>& marks) {
  const std::vector<Lane> lanes{
      {"°C",
       300,
       {{"boiler", "#c0392b", &Point::boiler},
        {"superheater", "#e67e22", &Point::superheater},
        {"electronics", "#2980b9", &Point::logic}}},
      {"kPa", 250, {{"pressure", "#8e44ad", &Point::pressure}}},
      {"°", 180, {{"regulator's servo", "#16a085", &Point::servo}}},
      {"W", 80, {{"heaters", "#7f8c8d", &Point::heat}}},
  };
  const double from = points.empty() ? 0 : points.front().at;
  const double until = points.empty() ? 1 : std::max(points.back().at, from + 1);
  const auto x = [&](double at) { return left + (at - from) / (until - from) * wide; };
  const double height = top + static_cast<double>(lanes.size()) * (tall + gap) + 20;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(left + wide + 20) +
                    "\" height=\"" + number(height) +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n<title>A run of the engine</title>\n" +
                    "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  double y = top;
  for (const Lane& lane : lanes) {
    out += "<rect x=\"" + number(left) + "\" y=\"" + number(y) + "\" width=\"" + number(wide) +
           "\" height=\"" + number(tall) + "\" fill=\"none\" stroke=\"#cccccc\"/>\n<text x=\"8\" y=\"" +
           number(y + 12) + "\">" + number(lane.most) + "</text>\n<text x=\"8\" y=\"" + number(y + tall) +
           "\">0 " + lane.unit + "</text>\n";
    double name_at = left + 6;
    for (const Curve& curve : lane.curves) {
      out += "<text x=\"" + number(name_at) + "\" y=\"" + number(y - 5) + "\" fill=\"" + curve.colour +
             "\">" + curve.name + "</text>\n<polyline fill=\"none\" stroke=\"" + curve.colour +
             "\" points=\"";
      name_at += 110;
      // As many points as the picture has columns.
      const std::size_t step = std::max<std::size_t>(1, points.size() / static_cast<std::size_t>(wide * 2));
      for (std::size_t i = 0; i < points.size(); i += step) {
        const double value = std::clamp(points[i].*curve.value, 0.0, lane.most);
        out += number(x(points[i].at)) + "," + number(y + tall - value / lane.most * tall) + " ";
      }
      out += "\"/>\n";
    }
    y += tall + gap;
  }
  double text_at = 14;
  for (const Mark& mark : marks) {
    out += "<line x1=\"" + number(x(mark.at)) + "\" x2=\"" + number(x(mark.at)) + "\" y1=\"" +
           number(text_at) + "\" y2=\"" + number(height - 20) +
           "\" stroke=\"#444444\" stroke-dasharray=\"3 3\"/>\n<text x=\"" +
           number(std::min(x(mark.at) + 3, left + wide - 200)) + "\" y=\"" + number(text_at) + "\">" +
           escaped(mark.what) + "</text>\n";
    text_at = text_at > 20 ? 14 : 26;
  }
  out += "<text x=\"" + number(left) + "\" y=\"" + number(height - 6) + "\">" + number(from) +
         " s</text>\n<text x=\"" + number(left + wide - 40) + "\" y=\"" + number(height - 6) + "\">" +
         number(until) + " s</text>\n</svg>\n";
  return out;
}

}  // namespace standstill::sim::loco
