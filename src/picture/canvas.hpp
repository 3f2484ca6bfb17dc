// What drawings are drawn on: SVG as text, or PNG by the library cairo.
//
// Lengths are pixels, y grows downwards, colours are "#rrggbb". Errors are sentences.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace standstill::picture {

struct Point {
  double x = 0, y = 0;
};
enum class Anchor : std::uint8_t { left, middle, right };

class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void rectangle(Point corner, double width, double height, std::string_view colour) = 0;
  virtual void polygon(std::span<const Point> points, std::string_view colour) = 0;
  virtual void line(std::span<const Point> points, double width, std::string_view colour) = 0;
  virtual void text(Point at, Anchor anchor, double size, std::string_view colour,
                    const std::string& text) = 0;
  [[nodiscard]] virtual std::expected<void, std::string> save(const std::filesystem::path& file) = 0;
};
[[nodiscard]] std::unique_ptr<Canvas> svg_canvas(double width, double height);
// By cairo, which is looked for when it is needed: no program has to carry it for the sake of a picture.
[[nodiscard]] std::expected<std::unique_ptr<Canvas>, std::string> png_canvas(double width, double height);

}  // namespace standstill::picture
