#include "sim/loco/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace standstill::sim::loco {

namespace {

constexpr double left = 60, wide = 820, tall = 130, gap = 34, top = 62, row = 16;

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

std::string number(double value, const char* format = "%.1f") {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string text_at(double x, double y, const std::string& what, const std::string& more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" + more + ">" + escaped(what) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& look) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
         number(y2) + "\" " + look + "/>\n";
}

// 1, 2 or 5 times a power of ten, so that about eight fit.
double tick_of(double span) {
  const double raw = span / 8;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 5.0})
    if (raw <= step * power) return step * power;
  return 10 * power;
}

struct Curve {
  const char* name;
  const char* colour;
  double Point::* value;
  double limit;
};
struct Lane {
  const char* unit;
  double most;
  std::vector<Curve> curves;
};

class Drawing {
 public:
  Drawing(const std::vector<Point>& points, std::vector<Lane> lanes)
      : points_(points),
        lanes_(std::move(lanes)),
        from_(points.empty() ? 0 : points.front().at),
        until_(points.empty() ? 1 : std::max(points.back().at, from_ + 1)),
        bottom_(top + static_cast<double>(lanes_.size()) * (tall + gap) - gap) {}

  std::string draw(const std::vector<Mark>& marks, const std::vector<Stage>& stages) {
    const double height = bottom_ + 24 + row * static_cast<double>(stages.size()) + 8;
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(left + wide + 20) + "\" height=\"" +
           number(height) +
           "\" font-family=\"sans-serif\" font-size=\"12\">\n<title>A run of the engine</title>\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    bands(stages);
    time_axis();
    double y = top;
    for (const Lane& lane : lanes_) {
      curves(lane, y);
      y += tall + gap;
    }
    flags(marks);
    return out_ + "</svg>\n";
  }

 private:
  [[nodiscard]] double x(double at) const { return left + (at - from_) / (until_ - from_) * wide; }

  // A stage is a shade over all lanes, with its name below them.
  void bands(const std::vector<Stage>& stages) {
    constexpr std::array shades{"#fdebd0", "#d6eaf8", "#e5e7e9"};
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const double begin = x(stages[i].at);
      const double end = i + 1 < stages.size() ? x(stages[i + 1].at) : left + wide;
      const double name_at = bottom_ + 24 + row * static_cast<double>(i + 1);
      out_ += "<rect x=\"" + number(begin) + "\" y=\"" + number(top) + "\" width=\"" +
              number(std::max(end - begin, 1.0)) + "\" height=\"" + number(bottom_ - top) + "\" fill=\"" +
              shades[i % shades.size()] + "\"/>\n";
      out_ += line(begin, bottom_, begin, name_at - 4, "stroke=\"#999999\"");
      const bool fits = begin < left + wide - 200;
      out_ += text_at(begin + (fits ? 3 : -3), name_at,
                      stages[i].what + ", from " + number(stages[i].at, "%.2f") + " s",
                      fits ? "" : " text-anchor=\"end\"");
    }
  }

  void time_axis() {
    const double tick = tick_of(until_ - from_);
    for (double at = std::ceil(from_ / tick) * tick; at <= until_; at += tick) {
      out_ += line(x(at), top, x(at), bottom_ + 4, "stroke=\"#eeeeee\"");
      out_ += text_at(x(at), bottom_ + 17, number(at, "%g"), " text-anchor=\"middle\"");
    }
    out_ += text_at(left - 8, bottom_ + 17, "s", " text-anchor=\"end\"");
  }

  void curves(const Lane& lane, double y) {
    out_ += "<rect x=\"" + number(left) + "\" y=\"" + number(y) + "\" width=\"" + number(wide) +
            "\" height=\"" + number(tall) + "\" fill=\"none\" stroke=\"#cccccc\"/>\n";
    out_ += text_at(left - 8, y + 12, number(lane.most, "%g"), " text-anchor=\"end\"");
    out_ += text_at(left - 8, y + tall, std::string("0 ") + lane.unit, " text-anchor=\"end\"");
    const auto height_of = [&](double value) {
      return y + tall - std::clamp(value, 0.0, lane.most) / lane.most * tall;
    };
    double name_at = left + 6;
    // As many points as the picture has columns.
    const std::size_t step = std::max<std::size_t>(1, points_.size() / static_cast<std::size_t>(wide * 2));
    for (const Curve& curve : lane.curves) {
      const std::string colour = curve.colour;
      out_ += text_at(name_at, y - 5, curve.name, " fill=\"" + colour + "\"");
      name_at += 130;
      if (curve.limit > 0) {
        const double at = height_of(curve.limit);
        out_ += line(left, at, left + wide, at, "stroke=\"" + colour + "\" stroke-dasharray=\"2 4\"");
        out_ += text_at(left + wide - 3, at - 3, "limit " + number(curve.limit, "%g"),
                        " text-anchor=\"end\" font-size=\"10\" fill=\"" + colour + "\"");
      }
      out_ += "<polyline fill=\"none\" stroke=\"" + colour + "\" points=\"";
      for (std::size_t i = 0; i < points_.size(); i += step)
        out_ += number(x(points_[i].at)) + "," + number(height_of(points_[i].*curve.value)) + " ";
      out_ += "\"/>\n";
    }
  }

  void flags(const std::vector<Mark>& marks) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const double at = x(marks[i].at);
      const double y = i % 2 == 0 ? 14 : 30;
      out_ += line(at, y, at, bottom_, "stroke=\"#444444\" stroke-dasharray=\"3 3\"");
      const bool fits = at < left + wide / 2;
      out_ += text_at(at + (fits ? 3 : -3), y, marks[i].what, fits ? "" : " text-anchor=\"end\"");
    }
  }

  const std::vector<Point>& points_;
  std::vector<Lane> lanes_;
  double from_, until_, bottom_;
  std::string out_;
};

}  // namespace

std::string svg(const std::vector<Point>& points, const std::vector<Mark>& marks,
                const std::vector<Stage>& stages, const Limits& limits) {
  return Drawing(points, {{"°C",
                           300,
                           {{"boiler's shell", "#c0392b", &Point::boiler, limits.boiler},
                            {"superheater", "#e67e22", &Point::superheater, limits.superheater},
                            {"electronics", "#2980b9", &Point::logic, limits.logic}}},
                          {"kPa", 250, {{"pressure", "#8e44ad", &Point::pressure, limits.pressure}}},
                          {"°", 180, {{"regulator's servo", "#16a085", &Point::servo, 0}}},
                          {"W", 80, {{"heaters", "#7f8c8d", &Point::heat, 0}}}})
      .draw(marks, stages);
}

}  // namespace standstill::sim::loco
