#include "sim/loco/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace standstill::sim::loco {

namespace {

using picture::Anchor;

constexpr double left = 60, wide = 820, tall = 130, gap = 34, top = 62, row = 16, text_size = 12;
constexpr std::size_t lane_count = 4;
constexpr double bottom = top + static_cast<double>(lane_count) * (tall + gap) - gap;
constexpr std::string_view black = "#000000";

std::string number(double value, const char* format = "%g") {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
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
  Drawing(picture::Canvas& canvas, const std::vector<Point>& points)
      : canvas_(canvas),
        points_(points),
        from_(points.empty() ? 0 : points.front().at),
        until_(points.empty() ? 1 : std::max(points.back().at, from_ + 1)) {}

  void draw(const std::array<Lane, lane_count>& lanes, const std::vector<Mark>& marks,
            const std::vector<Stage>& stages) {
    canvas_.rectangle({0, 0}, plot_width, plot_height(stages.size()), "#ffffff");
    bands(stages);
    time_axis();
    double y = top;
    for (const Lane& lane : lanes) {
      curves(lane, y);
      y += tall + gap;
    }
    flags(marks);
  }

 private:
  [[nodiscard]] double x(double at) const { return left + (at - from_) / (until_ - from_) * wide; }

  void line(picture::Point from, picture::Point to, std::string_view colour) {
    const std::array points{from, to};
    canvas_.line(points, 1, colour);
  }
  // Upright or level, `dash` drawn and `dash` not.
  void dashed(picture::Point from, picture::Point to, double dash, std::string_view colour) {
    const bool upright = from.x == to.x;
    const double end = upright ? to.y : to.x;
    const double begin = upright ? from.y : from.x;
    const int dashes = static_cast<int>(std::ceil((end - begin) / (2 * dash)));
    for (int i = 0; i < dashes; ++i) {
      const double at = begin + 2 * dash * i;
      const double stop = std::min(at + dash, end);
      upright ? line({from.x, at}, {from.x, stop}, colour) : line({at, from.y}, {stop, from.y}, colour);
    }
  }
  void text(picture::Point at, Anchor anchor, const std::string& what, std::string_view colour = black,
            double size = text_size) {
    canvas_.text(at, anchor, size, colour, what);
  }

  // A stage is a shade over all lanes, with its name below them.
  void bands(const std::vector<Stage>& stages) {
    constexpr std::array shades{"#fdebd0", "#d6eaf8", "#e5e7e9"};
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const double begin = x(stages[i].at);
      const double end = i + 1 < stages.size() ? x(stages[i + 1].at) : left + wide;
      const double name_at = bottom + 24 + row * static_cast<double>(i + 1);
      canvas_.rectangle({begin, top}, std::max(end - begin, 1.0), bottom - top, shades[i % shades.size()]);
      line({begin, bottom}, {begin, name_at - 4}, "#999999");
      const bool fits = begin < left + wide - 200;
      text({begin + (fits ? 3 : -3), name_at}, fits ? Anchor::left : Anchor::right,
           stages[i].what + ", from " + number(stages[i].at, "%.2f") + " s");
    }
  }

  void time_axis() {
    const double tick = tick_of(until_ - from_);
    const int last = static_cast<int>(std::floor(until_ / tick));
    for (int i = static_cast<int>(std::ceil(from_ / tick)); i <= last; ++i) {
      const double at = tick * i;
      line({x(at), top}, {x(at), bottom + 4}, "#eeeeee");
      text({x(at), bottom + 17}, Anchor::middle, number(at));
    }
    text({left - 8, bottom + 17}, Anchor::right, "s");
  }

  void curves(const Lane& lane, double y) {
    const std::array<picture::Point, 5> frame{
        {{left, y}, {left + wide, y}, {left + wide, y + tall}, {left, y + tall}, {left, y}}};
    canvas_.line(frame, 1, "#cccccc");
    text({left - 8, y + 12}, Anchor::right, number(lane.most));
    text({left - 8, y + tall}, Anchor::right, std::string("0 ") + lane.unit);
    const auto height_of = [&](double value) {
      return y + tall - std::clamp(value, 0.0, lane.most) / lane.most * tall;
    };
    double name_at = left + 6;
    // As many points as the picture has columns.
    const std::size_t step = std::max<std::size_t>(1, points_.size() / static_cast<std::size_t>(wide * 2));
    for (const Curve& curve : lane.curves) {
      text({name_at, y - 5}, Anchor::left, curve.name, curve.colour);
      name_at += 130;
      if (curve.limit > 0) {
        const double at = height_of(curve.limit);
        dashed({left, at}, {left + wide, at}, 3, curve.colour);
        text({left + wide - 3, at - 3}, Anchor::right, "limit " + number(curve.limit), curve.colour, 10);
      }
      std::vector<picture::Point> way;
      for (std::size_t i = 0; i < points_.size(); i += step)
        way.push_back({x(points_[i].at), height_of(points_[i].*curve.value)});
      canvas_.line(way, 1, curve.colour);
    }
  }

  void flags(const std::vector<Mark>& marks) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const double at = x(marks[i].at);
      const double y = i % 2 == 0 ? 14 : 30;
      dashed({at, y}, {at, bottom}, 3, "#444444");
      const bool fits = at < left + wide / 2;
      text({at + (fits ? 3 : -3), y}, fits ? Anchor::left : Anchor::right, marks[i].what);
    }
  }

  picture::Canvas& canvas_;
  const std::vector<Point>& points_;
  double from_, until_;
};

}  // namespace

double plot_height(std::size_t stages) { return bottom + 24 + row * static_cast<double>(stages) + 8; }

void draw(picture::Canvas& canvas, const std::vector<Point>& points, const std::vector<Mark>& marks,
          const std::vector<Stage>& stages, const Limits& limits) {
  Drawing(canvas, points)
      .draw({{{"°C",
               300,
               {{"boiler's shell", "#c0392b", &Point::boiler, limits.boiler},
                {"superheater", "#e67e22", &Point::superheater, limits.superheater},
                {"electronics", "#2980b9", &Point::logic, limits.logic}}},
              {"kPa", 250, {{"pressure", "#8e44ad", &Point::pressure, limits.pressure}}},
              {"°", 180, {{"regulator's servo", "#16a085", &Point::servo, 0}}},
              {"W", 80, {{"heaters", "#7f8c8d", &Point::heat, 0}}}}},
            marks, stages);
}

}  // namespace standstill::sim::loco
