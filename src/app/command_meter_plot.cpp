// `meter plot`: the last hour of some values, in the terminal or as a picture.
#include <sys/ioctl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/plot.hpp"
#include "config/config.hpp"
#include "terminal/client.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most = 8;

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 100;
  return size.ws_col;
}

PlotSeries series_of(const ordered_json& answer) {
  std::vector<PlotSample> samples;
  for (const auto& one : answer.at("samples"))
    samples.push_back({one.at(0), one.at(1).is_number() ? std::optional<double>(one.at(1)) : std::nullopt});
  return in_steps(answer.at("tag"), answer.at("unit"), samples);
}

// The first value of each Modbus link.
std::vector<std::string> usual(const config::Config& config, const ordered_json& tags) {
  std::vector<std::string> found;
  for (const auto& link : config.links) {
    if (!std::holds_alternative<config::ModbusLink>(link.peer)) continue;
    for (const auto& tag : tags)
      if (tag.at("link") == link.id && found.size() < most) {
        found.push_back(link.id + "." + tag.at("name").get<std::string>());
        break;
      }
  }
  return found;
}

int save(const std::vector<PlotSeries>& all, const std::filesystem::path& file) {
  const double height = plot_height * static_cast<double>(all.size());
  std::unique_ptr<Canvas> canvas;
  if (file.extension() == ".svg") {
    canvas = svg_canvas(plot_width, height);
  } else if (file.extension() == ".png") {
    auto made = png_canvas(plot_width, height);
    if (!made) {
      complain(made.error());
      return exit_no;
    }
    canvas = std::move(*made);
  } else {
    return misused("--out ends in .svg or .png, not '" + printable(file.filename().string()) + "'");
  }
  plot_picture(*canvas, all);
  if (const auto saved = canvas->save(file); !saved) {
    complain(saved.error());
    return exit_no;
  }
  return exit_done;
}

}  // namespace

int meter_plot(const Context& context, const MeterPlotOptions& options) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (options.tags.size() > most) return misused("at most " + std::to_string(most) + " values in one plot");
  const Ask ask(config->site.state_dir);
  std::vector<std::string> wanted = options.tags;
  if (wanted.empty()) {
    const auto tags = ask.get("/api/v1/tags");
    if (!tags) return tags.error();
    wanted = usual(*config, *tags);
    if (wanted.empty()) return misused("no Modbus link is configured, or none has been read yet");
  }
  ordered_json raw = ordered_json::array();
  std::vector<PlotSeries> all;
  for (const auto& tag : wanted) {
    const auto answer = ask.get("/api/v1/trend?tag=" + terminal::Client::encoded(tag));
    if (!answer) return answer.error();
    raw.push_back(*answer);
    all.push_back(series_of(*answer));
  }
  if (!options.out.empty()) return save(all, options.out);
  if (context.json) {
    say(raw.dump());
    return exit_done;
  }
  for (const auto& series : all) say(plot_text(series, terminal_columns()));
  return exit_done;
}

}  // namespace standstill::app
