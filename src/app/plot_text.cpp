#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "app/plot.hpp"

namespace standstill::app {

namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string clock_text(std::int64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d", local.tm_hour, local.tm_min);
  return text.data();
}

// U+2800 and eight dots: bits 0 1 2 6 of the left column from the top, 3 4 5 7 of the right one.
std::string braille(unsigned dots) {
  const unsigned code = 0x2800U + dots;
  return {static_cast<char>(0xE0U | code >> 12U), static_cast<char>(0x80U | (code >> 6U & 0x3FU)),
          static_cast<char>(0x80U | (code & 0x3FU))};
}
constexpr std::array<std::array<unsigned, 4>, 2> dot_bits{
    {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

}  // namespace

PlotSeries in_steps(std::string tag, std::string unit, std::span<const PlotSample> samples) {
  PlotSeries made{.tag = std::move(tag), .unit = std::move(unit), .steps = {}, .end_wall_ns = 0};
  if (samples.empty()) return made;
  const double end = samples.back().at_s;
  made.end_wall_ns = static_cast<std::int64_t>(end * 1e9);
  const auto back = [end](double at_s) {  // how many steps before the last one
    return at_s >= end ? 0 : static_cast<std::size_t>((end - at_s) / plot_step_s);
  };
  made.steps.resize(std::min(plot_steps, back(samples.front().at_s) + 1));
  std::vector<bool> broken(made.steps.size(), false);
  for (const auto& [at_s, value] : samples) {
    if (back(at_s) >= made.steps.size()) continue;
    const std::size_t at = made.steps.size() - 1 - back(at_s);
    auto& step = made.steps[at];
    if (!value)
      broken[at] = true;
    else
      step = step ? std::pair(std::min(step->first, *value), std::max(step->second, *value))
                  : std::pair(*value, *value);
  }
  for (std::size_t at = 0; at < broken.size(); ++at)
    if (broken[at]) made.steps[at].reset();
  return made;
}

std::optional<std::pair<double, double>> range_of(const PlotSeries& series) {
  std::optional<std::pair<double, double>> range;
  for (const auto& step : series.steps) {
    if (!step) continue;
    range =
        range ? std::pair(std::min(range->first, step->first), std::max(range->second, step->second)) : *step;
  }
  if (range && range->first == range->second) {
    const double apart = range->first == 0 ? 1 : std::abs(range->first) * 0.01;
    range = std::pair(range->first - apart, range->second + apart);
  }
  return range;
}

std::vector<double> round_numbers(double low, double high, std::size_t most) {
  std::vector<double> found;
  if (!(high > low) || most == 0) return found;
  double unit = std::pow(10.0, std::floor(std::log10((high - low) / static_cast<double>(most))));
  for (const double factor : {1.0, 2.0, 5.0, 10.0})
    if (std::floor(high / (unit * factor)) - std::ceil(low / (unit * factor)) + 1 <=
        static_cast<double>(most)) {
      unit *= factor;
      break;
    }
  for (double at = std::ceil(low / unit); at * unit <= high && found.size() < most; at += 1)
    found.push_back(at * unit);
  return found;
}

std::string plot_text(const PlotSeries& series, std::size_t columns, std::size_t rows) {
  std::string made = series.tag + (series.unit.empty() ? "" : ", " + series.unit) + "\n";
  const auto range = range_of(series);
  if (!range) return made + "  no value within the last hour\n";
  const auto [low, high] = *range;
  std::size_t margin = 0;
  const std::array<std::string, 3> labels{number(high), number((low + high) / 2), number(low)};
  for (const auto& label : labels) margin = std::max(margin, label.size());
  const std::size_t width =
      columns > margin + 12 ? columns - margin - 2 : 10;  // characters of the plot itself
  const std::size_t dots = 2 * width, height = 4 * rows;

  // Lowest and highest of each column of dots; a column with a gap in it is one.
  std::vector<std::optional<std::pair<double, double>>> column(dots);
  std::vector<bool> broken(dots, false);
  const std::size_t first = plot_steps - std::min(plot_steps, series.steps.size());
  for (std::size_t i = 0; i < plot_steps; ++i) {
    const auto* step = i < first ? nullptr : &series.steps[series.steps.size() - plot_steps + i];
    for (std::size_t x = i * dots / plot_steps; x <= ((i + 1) * dots - 1) / plot_steps; ++x) {
      if (step == nullptr || !step->has_value()) {
        broken[x] = true;
        continue;
      }
      const auto& [lowest, highest] = **step;
      column[x] = column[x]
                      ? std::pair(std::min(column[x]->first, lowest), std::max(column[x]->second, highest))
                      : **step;
    }
  }
  std::vector<unsigned> cells(width * rows, 0);
  const auto level = [&, low = low, high = high](double value) {
    return static_cast<std::size_t>(
        std::lround((high - value) / (high - low) * static_cast<double>(height - 1)));
  };
  for (std::size_t x = 0; x < dots; ++x) {
    if (!column[x] || broken[x]) continue;
    for (std::size_t y = level(column[x]->second); y <= level(column[x]->first); ++y)
      cells[y / 4 * width + x / 2] |= dot_bits[x % 2][y % 4];
  }
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string& label = row == 0          ? labels[0]
                               : row == rows / 2 ? labels[1]
                               : row + 1 == rows ? labels[2]
                                                 : "";
    made += std::string(margin - label.size(), ' ') + label + " │";
    for (std::size_t x = 0; x < width; ++x) made += braille(cells[row * width + x]);
    made += "\n";
  }
  made += std::string(margin + 1, ' ') + "└";
  for (std::size_t x = 0; x < width; ++x) made += broken[2 * x] || broken[2 * x + 1] ? "┄" : "─";
  const auto hour = static_cast<std::int64_t>(series.step_s * plot_steps * 1e9);
  const std::string from = clock_text(series.end_wall_ns - hour), to = clock_text(series.end_wall_ns);
  made += "\n" + std::string(margin + 2, ' ') + from;
  const std::string_view legend = "┄ no value";
  const std::size_t legend_width = 10;
  if (width > from.size() + to.size() + legend_width + 2) {
    const std::size_t room = width - from.size() - to.size() - legend_width;
    made += std::string(room / 2, ' ') + std::string(legend) + std::string(room - room / 2, ' ') + to;
  }
  return made + "\n";
}

}  // namespace standstill::app
