// Drawings of values: gaps stay gaps, and what is drawn is where the numbers are.
#include "app/plot.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "support/temporary_folder.hpp"

namespace standstill::app {
namespace {

PlotSeries ramp() {  // 0 to 359, with a gap from 100 to 119
  PlotSeries made{.tag = "meter.power", .unit = "W", .steps = {}, .end_wall_ns = 1'769'860'800'000'000'000};
  for (int i = 0; i < 360; ++i)
    made.steps.push_back(i >= 100 && i < 120 ? std::nullopt : std::optional(std::pair<double, double>(i, i)));
  return made;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find('\n', from)) != std::string::npos; from = at + 1)
    lines.push_back(text.substr(from, at - from));
  return lines;
}

// The characters right of the margin.
std::vector<std::string> cells_of(const std::string& line, std::string_view edge) {
  std::vector<std::string> cells;
  for (std::size_t at = line.find(edge) + edge.size(); at < line.size(); at += 3)
    cells.push_back(line.substr(at, 3));
  return cells;
}

TEST(Plot, S7_a_step_with_an_unknown_sample_or_without_any_is_a_gap) {
  std::vector<PlotSample> samples;
  for (int i = 0; i < 60; ++i) samples.push_back({1'000'000.0 + 2 * i, i});
  samples[32].value.reset();                                 // 54 s before the end
  samples.erase(samples.begin() + 9, samples.begin() + 21);  // the supervisor stood still for 26 s
  const auto made = in_steps("meter.power", "W", samples);
  EXPECT_EQ(made.end_wall_ns, 1'000'118'000'000'000);
  ASSERT_EQ(made.steps.size(), 12U);
  EXPECT_EQ(made.steps.back(), std::pair(55.0, 59.0)) << "the lowest and the highest of its samples";
  for (std::size_t at = 0; at < made.steps.size(); ++at)
    EXPECT_EQ(made.steps[at].has_value(), at != 6 && at != 2 && at != 3) << at;
}

TEST(Plot, only_an_hour_is_drawn_and_nothing_is_nothing) {
  std::vector<PlotSample> samples;
  for (int i = 0; i < 2000; ++i) samples.push_back({1'000'000.0 + 2 * i, i});
  EXPECT_EQ(in_steps("a", "", samples).steps.size(), plot_steps);
  EXPECT_EQ(in_steps("a", "", samples).steps.back(), std::pair(1995.0, 1999.0));
  EXPECT_TRUE(in_steps("a", "", {}).steps.empty());
}

TEST(Plot, a_ramp_rises_from_the_lower_left_to_the_upper_right) {
  const auto lines = lines_of(plot_text(ramp(), 100));
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines[0], "meter.power, W");
  EXPECT_TRUE(lines[1].starts_with("  359 │")) << lines[1];
  EXPECT_TRUE(lines[8].starts_with("    0 │")) << lines[8];
  const auto top = cells_of(lines[1], "│"), bottom = cells_of(lines[8], "│");
  EXPECT_NE(top.back(), "⠀");
  EXPECT_EQ(top.front(), "⠀");
  EXPECT_NE(bottom.front(), "⠀");
  EXPECT_EQ(bottom.back(), "⠀");
}

TEST(Plot, S7_a_gap_is_empty_and_marked) {
  const auto lines = lines_of(plot_text(ramp(), 100));
  const auto axis = cells_of(lines[9], "└");
  std::size_t marked = 0;
  for (std::size_t x = 0; x < axis.size(); ++x) {
    if (axis[x] != "┄") continue;
    ++marked;
    EXPECT_NEAR(static_cast<double>(x) / static_cast<double>(axis.size()), 110.0 / 360, 0.04) << x;
  }
  EXPECT_GE(marked, 4U);
  // In the middle of it nothing is drawn at all.
  const std::size_t middle = axis.size() * 110 / 360;
  for (std::size_t row = 1; row <= 8; ++row) EXPECT_EQ(cells_of(lines[row], "│")[middle], "⠀") << row;
}

TEST(Plot, what_began_later_stands_at_the_right) {
  auto series = ramp();
  series.steps.erase(series.steps.begin(), series.steps.end() - 36);
  const auto axis = cells_of(lines_of(plot_text(series, 100))[9], "└");
  EXPECT_EQ(axis.front(), "┄");
  EXPECT_EQ(axis[axis.size() * 8 / 10], "┄");
  EXPECT_EQ(axis.back(), "─");
}

TEST(Plot, a_value_that_never_changes_and_one_that_never_was) {
  auto series = ramp();
  for (auto& step : series.steps) step = std::pair(230.0, 230.0);
  const auto lines = lines_of(plot_text(series, 80));
  EXPECT_TRUE(lines[1].starts_with("232.3 │")) << lines[1];
  for (auto& step : series.steps) step.reset();
  EXPECT_NE(plot_text(series, 80).find("no value within the last hour"), std::string::npos);
  EXPECT_FALSE(range_of(series));
}

TEST(Plot, levels_are_round_numbers) {
  EXPECT_EQ(round_numbers(-17, 376, 5), (std::vector<double>{0, 100, 200, 300}));
  EXPECT_EQ(round_numbers(0, 10, 5), (std::vector<double>{0, 5, 10}));
  for (const double value : round_numbers(229.2, 231.1, 5))
    EXPECT_NEAR(value * 2, std::round(value * 2), 1e-6);
  EXPECT_TRUE(round_numbers(3, 3, 5).empty());
  for (int i = 1; i < 2000; ++i) EXPECT_LE(round_numbers(0, i * 0.37, 5).size(), 5U) << i;
}

TEST(Plot, S7_the_picture_draws_each_stretch_by_itself_and_shades_the_gap) {
  test::TemporaryFolder folder;
  const auto canvas = svg_canvas(plot_width, plot_height);
  auto series = ramp();
  series.tag = "a<b&c";
  plot_picture(*canvas, std::span(&series, 1));
  ASSERT_TRUE(canvas->save(folder / "plot.svg"));
  std::ifstream file(folder / "plot.svg");
  const std::string svg(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(svg.find("a&lt;b&amp;c"), std::string::npos);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = svg.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("stroke-width=\"1.6\""), 2U) << "before the gap, and after it";
  EXPECT_EQ(count("fill=\"#f1e6cf\""), 1U) << "the gap";
  // The first stretch ends where the gap begins.
  std::smatch gap;
  ASSERT_TRUE(std::regex_search(
      svg, gap, std::regex("<rect x=\"([0-9.]+)\" y=\"[0-9.]+\" width=\"([0-9.]+)\"[^>]*#f1e6cf")));
  EXPECT_NEAR(std::stod(gap[1]), 76 + 100.0 / 360 * (960 - 76 - 16), 0.1);
  EXPECT_NEAR(std::stod(gap[2]), 20.0 / 360 * (960 - 76 - 16), 0.1);
}

TEST(Plot, a_png_is_one_and_a_folder_that_is_not_there_is_named) {
  const auto made = png_canvas(plot_width, plot_height);
  if (!made) GTEST_SKIP() << made.error();
  test::TemporaryFolder folder;
  const auto series = ramp();
  plot_picture(**made, std::span(&series, 1));
  ASSERT_TRUE((*made)->save(folder / "plot.png"));
  std::ifstream file(folder / "plot.png", std::ios::binary);
  const std::string png(std::istreambuf_iterator<char>(file), {});
  ASSERT_GT(png.size(), 5000U);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(static_cast<unsigned char>(png[18]) << 8 | static_cast<unsigned char>(png[19]), 1920);
  const auto refused = (*made)->save(folder / "nowhere/plot.png");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("nowhere/plot.png"), std::string::npos);
}

}  // namespace
}  // namespace standstill::app
