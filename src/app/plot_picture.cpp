#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "app/plot.hpp"

namespace standstill::app {

namespace {

constexpr double left = 76, right = 16, top = 34, bottom = 26;
constexpr std::string_view paper = "#ffffff", ink = "#222222", pale = "#e3e3e3", unknown = "#f1e6cf",
                           band = "#b7cdea", stroke = "#1f5fa8";

std::string local_time(std::int64_t wall_ns, const char* format) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), format, &local);
  return text.data();
}

class Panel {
 public:
  Panel(Canvas& canvas, const PlotSeries& series, double y) : canvas_(canvas), series_(series), y_(y) {}

  void draw() {
    canvas_.text({left, y_ + 20}, Anchor::left, 15, ink,
                 series_.tag + (series_.unit.empty() ? "" : " (" + series_.unit + ")"));
    canvas_.text({plot_width - right, y_ + 20}, Anchor::right, 12, ink,
                 "the hour until " + local_time(series_.end_wall_ns, "%Y-%m-%d %H:%M:%S"));
    gaps();
    const auto range = range_of(series_);
    if (range) {
      const double room = (range->second - range->first) * 0.05;
      low_ = range->first - room;
      high_ = range->second + room;
      levels();
    }
    times();
    if (range)
      values();
    else
      canvas_.text({plot_width / 2, y_ + plot_height / 2}, Anchor::middle, 14, ink,
                   "no value within the last hour");
  }

 private:
  [[nodiscard]] const std::optional<std::pair<double, double>>& step(std::size_t i) const {
    static const std::optional<std::pair<double, double>> none;
    const std::size_t first = plot_steps - std::min(plot_steps, series_.steps.size());
    return i < first ? none : series_.steps[series_.steps.size() - plot_steps + i];
  }
  [[nodiscard]] static double x_of(double step) {
    return left + step / plot_steps * (plot_width - left - right);
  }
  [[nodiscard]] double y_of(double value) const {
    return y_ + top + (high_ - value) / (high_ - low_) * (plot_height - top - bottom);
  }
  void gaps() {
    for (std::size_t i = 0; i < plot_steps; ++i) {
      if (step(i)) continue;
      const std::size_t from = i;
      while (i < plot_steps && !step(i)) ++i;
      canvas_.rectangle({x_of(static_cast<double>(from)), y_ + top},
                        x_of(static_cast<double>(i)) - x_of(static_cast<double>(from)),
                        plot_height - top - bottom, unknown);
    }
  }
  void levels() {
    for (const double value : round_numbers(low_, high_, 5)) {
      const std::array<PlotPoint, 2> across{{{left, y_of(value)}, {plot_width - right, y_of(value)}}};
      canvas_.line(across, 1, pale);
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%.6g", value == 0 ? 0.0 : value);
      canvas_.text({left - 8, y_of(value) + 4}, Anchor::right, 12, ink, text.data());
    }
  }
  void times() {
    const double base = y_ + plot_height - bottom;
    const auto ten_minutes = std::int64_t{600} * 1'000'000'000;
    const auto step_ns = static_cast<std::int64_t>(series_.step_s * 1e9);
    const std::int64_t begin = series_.end_wall_ns - step_ns * static_cast<std::int64_t>(plot_steps);
    for (std::int64_t at = (begin / ten_minutes + 1) * ten_minutes; at <= series_.end_wall_ns;
         at += ten_minutes) {
      const double x = x_of(static_cast<double>(at - begin) / static_cast<double>(step_ns));
      const std::array<PlotPoint, 2> mark{{{x, base}, {x, base + 4}}};
      canvas_.line(mark, 1, ink);
      canvas_.text({x, base + 18}, Anchor::middle, 12, ink, local_time(at, "%H:%M"));
    }
    const std::array<PlotPoint, 2> across{{{left, base}, {plot_width - right, base}}};
    canvas_.line(across, 1, ink);
  }
  // Each stretch between two gaps by itself: nothing is drawn across a gap.
  void values() {
    for (std::size_t i = 0; i < plot_steps; ++i) {
      if (!step(i)) continue;
      std::vector<PlotPoint> upper, lower, middle;
      for (; i < plot_steps && step(i); ++i) {
        const double x = x_of(static_cast<double>(i) + 0.5);
        upper.push_back({x, y_of(step(i)->second)});
        lower.push_back({x, y_of(step(i)->first)});
        middle.push_back({x, y_of((step(i)->first + step(i)->second) / 2)});
      }
      if (middle.size() == 1) {  // a single step is as wide as it is
        middle.push_back({middle[0].x + x_of(0.5) - left, middle[0].y});
        middle[0].x -= x_of(0.5) - left;
      } else {
        upper.insert(upper.end(), lower.rbegin(), lower.rend());
        canvas_.polygon(upper, band);
      }
      canvas_.line(middle, 1.6, stroke);
    }
  }

  Canvas& canvas_;
  const PlotSeries& series_;
  double y_;
  double low_ = 0, high_ = 1;
};

}  // namespace

void plot_picture(Canvas& canvas, std::span<const PlotSeries> all) {
  canvas.rectangle({0, 0}, plot_width, plot_height * static_cast<double>(all.size()), paper);
  for (std::size_t i = 0; i < all.size(); ++i)
    Panel(canvas, all[i], plot_height * static_cast<double>(i)).draw();
}

}  // namespace standstill::app
