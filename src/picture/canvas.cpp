// The two kinds of pictures: SVG as text, PNG by cairo (https://www.cairographics.org/manual, a stable
// interface).
#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "picture/canvas.hpp"

namespace standstill::picture {

namespace {

class Svg final : public Canvas {
 public:
  Svg(double width, double height) {
    body_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) + "\" height=\"" +
            number(height) + "\" viewBox=\"0 0 " + number(width) + " " + number(height) +
            "\" font-family=\"DejaVu Sans, sans-serif\">\n";
  }
  void rectangle(Point corner, double width, double height, std::string_view colour) override {
    body_ += "<rect x=\"" + number(corner.x) + "\" y=\"" + number(corner.y) + "\" width=\"" + number(width) +
             "\" height=\"" + number(height) + "\" fill=\"" + std::string(colour) + "\"/>\n";
  }
  void polygon(std::span<const Point> points, std::string_view colour) override {
    body_ += "<polygon points=\"" + list(points) + "\" fill=\"" + std::string(colour) + "\"/>\n";
  }
  void line(std::span<const Point> points, double width, std::string_view colour) override {
    body_ += "<polyline points=\"" + list(points) + "\" fill=\"none\" stroke=\"" + std::string(colour) +
             "\" stroke-width=\"" + number(width) + "\"/>\n";
  }
  void text(Point at, Anchor anchor, double size, std::string_view colour, const std::string& text) override {
    constexpr std::array<const char*, 3> anchors{"start", "middle", "end"};
    body_ += "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" font-size=\"" + number(size) +
             "\" text-anchor=\"" + anchors[static_cast<std::size_t>(anchor)] + "\" fill=\"" +
             std::string(colour) + "\">";
    for (const char c : text) body_ += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    body_ += "</text>\n";
  }
  std::expected<void, std::string> save(const std::filesystem::path& file) override {
    std::ofstream out(file, std::ios::binary);
    out << body_ << "</svg>\n";
    out.close();
    if (!out)
      return std::unexpected(file.string() + " cannot be written: does its folder exist, is there room?");
    return {};
  }

 private:
  static std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.5g", value);
    return text.data();
  }
  static std::string list(std::span<const Point> points) {
    std::string text;
    for (const Point& point : points) text += number(point.x) + "," + number(point.y) + " ";
    return text;
  }
  std::string body_;
};

struct Extents {
  double x_bearing, y_bearing, width, height, x_advance, y_advance;
};

// The functions of libcairo.so.2 that are used.
struct Cairo {
  void* (*image_surface_create)(int format, int width, int height) = nullptr;
  void* (*create)(void* surface) = nullptr;
  void (*scale)(void* cr, double x, double y) = nullptr;
  void (*set_source_rgb)(void* cr, double red, double green, double blue) = nullptr;
  void (*rectangle)(void* cr, double x, double y, double width, double height) = nullptr;
  void (*move_to)(void* cr, double x, double y) = nullptr;
  void (*line_to)(void* cr, double x, double y) = nullptr;
  void (*fill)(void* cr) = nullptr;
  void (*stroke)(void* cr) = nullptr;
  void (*set_line_width)(void* cr, double width) = nullptr;
  void (*select_font_face)(void* cr, const char* family, int slant, int weight) = nullptr;
  void (*set_font_size)(void* cr, double size) = nullptr;
  void (*text_extents)(void* cr, const char* text, Extents* extents) = nullptr;
  void (*show_text)(void* cr, const char* text) = nullptr;
  int (*surface_write_to_png)(void* surface, const char* file) = nullptr;
  const char* (*status_to_string)(int status) = nullptr;
  void (*destroy)(void* cr) = nullptr;
  void (*surface_destroy)(void* surface) = nullptr;

  [[nodiscard]] bool load() {
    void* library = ::dlopen("libcairo.so.2", RTLD_NOW);
    if (library == nullptr) return false;
    const auto find = [library](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      return function != nullptr;
    };
    return find(image_surface_create, "cairo_image_surface_create") && find(create, "cairo_create") &&
           find(scale, "cairo_scale") && find(set_source_rgb, "cairo_set_source_rgb") &&
           find(rectangle, "cairo_rectangle") && find(move_to, "cairo_move_to") &&
           find(line_to, "cairo_line_to") && find(fill, "cairo_fill") && find(stroke, "cairo_stroke") &&
           find(set_line_width, "cairo_set_line_width") && find(select_font_face, "cairo_select_font_face") &&
           find(set_font_size, "cairo_set_font_size") && find(text_extents, "cairo_text_extents") &&
           find(show_text, "cairo_show_text") && find(surface_write_to_png, "cairo_surface_write_to_png") &&
           find(status_to_string, "cairo_status_to_string") && find(destroy, "cairo_destroy") &&
           find(surface_destroy, "cairo_surface_destroy");
  }
};

class Png final : public Canvas {
 public:
  Png(const Cairo& cairo, double width, double height) : cairo_(cairo) {
    constexpr int rgb24 = 1;
    constexpr double dots = 2;  // for each pixel: sharp on paper too
    surface_ =
        cairo_.image_surface_create(rgb24, static_cast<int>(width * dots), static_cast<int>(height * dots));
    context_ = cairo_.create(surface_);
    cairo_.scale(context_, dots, dots);
    cairo_.select_font_face(context_, "sans-serif", 0, 0);
  }
  ~Png() override {
    cairo_.destroy(context_);
    cairo_.surface_destroy(surface_);
  }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;
  void rectangle(Point corner, double width, double height, std::string_view colour) override {
    use(colour);
    cairo_.rectangle(context_, corner.x, corner.y, width, height);
    cairo_.fill(context_);
  }
  void polygon(std::span<const Point> points, std::string_view colour) override {
    path(points, colour);
    cairo_.fill(context_);
  }
  void line(std::span<const Point> points, double width, std::string_view colour) override {
    path(points, colour);
    cairo_.set_line_width(context_, width);
    cairo_.stroke(context_);
  }
  void text(Point at, Anchor anchor, double size, std::string_view colour, const std::string& text) override {
    use(colour);
    cairo_.set_font_size(context_, size);
    Extents extents{};
    cairo_.text_extents(context_, text.c_str(), &extents);
    const double share = anchor == Anchor::left ? 0 : anchor == Anchor::middle ? 0.5 : 1;
    cairo_.move_to(context_, at.x - share * extents.x_advance, at.y);
    cairo_.show_text(context_, text.c_str());
  }
  std::expected<void, std::string> save(const std::filesystem::path& file) override {
    if (const int status = cairo_.surface_write_to_png(surface_, file.c_str()); status != 0)
      return std::unexpected(file.string() + " cannot be written: " + cairo_.status_to_string(status));
    return {};
  }

 private:
  void use(std::string_view colour) {
    const auto part = [&](std::size_t at) {
      return static_cast<double>(std::strtoul(std::string(colour.substr(at, 2)).c_str(), nullptr, 16)) / 255;
    };
    cairo_.set_source_rgb(context_, part(1), part(3), part(5));
  }
  void path(std::span<const Point> points, std::string_view colour) {
    use(colour);
    for (std::size_t i = 0; i < points.size(); ++i)
      (i == 0 ? cairo_.move_to : cairo_.line_to)(context_, points[i].x, points[i].y);
  }
  Cairo cairo_;
  void* surface_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace

std::unique_ptr<Canvas> svg_canvas(double width, double height) {
  return std::make_unique<Svg>(width, height);
}

std::expected<std::unique_ptr<Canvas>, std::string> png_canvas(double width, double height) {
  Cairo cairo;
  if (!cairo.load())
    return std::unexpected("a PNG needs the library cairo: install libcairo2, or write an .svg");
  return std::make_unique<Png>(cairo, width, height);
}

}  // namespace standstill::picture
