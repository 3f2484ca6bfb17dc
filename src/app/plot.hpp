// Drawings of values over time: in a terminal, and as pictures. A gap is drawn as a gap, never bridged.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "picture/canvas.hpp"

namespace standstill::app {

inline constexpr double plot_step_s = 10;
inline constexpr std::size_t plot_steps = 360;  // an hour; a shorter series stands at its right end

struct PlotSeries {
  std::string tag, unit;
  std::vector<std::optional<std::pair<double, double>>> steps;  // lowest and highest; nothing: a gap
  double step_s = plot_step_s;
  std::int64_t end_wall_ns = 0;  // when the last step ends
};

struct PlotSample {
  double at_s = 0;              // since 1970
  std::optional<double> value;  // nothing: it was not known
};
// Samples, oldest first and a few seconds apart, as steps that end with the last one. A step is a gap when
// one of its samples is nothing, and when it has none.
[[nodiscard]] PlotSeries in_steps(std::string tag, std::string unit, std::span<const PlotSample> samples);

// Round numbers between `low` and `high`, at most `most` of them.
[[nodiscard]] std::vector<double> round_numbers(double low, double high, std::size_t most);
// Lowest and highest value of all, a little apart when they are the same; nothing when there is no value.
[[nodiscard]] std::optional<std::pair<double, double>> range_of(const PlotSeries& series);

// Braille dots, `columns` wide altogether.
[[nodiscard]] std::string plot_text(const PlotSeries& series, std::size_t columns, std::size_t rows = 8);

using picture::Anchor;
using picture::Canvas;
using picture::png_canvas;
using picture::svg_canvas;
using PlotPoint = picture::Point;

inline constexpr double plot_width = 960, plot_height = 240;  // of one series
void plot_picture(Canvas& canvas, std::span<const PlotSeries> all);

}  // namespace standstill::app
