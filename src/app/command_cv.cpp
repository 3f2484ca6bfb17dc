// `cv list|get|set|backup|restore`: a locomotive's configuration variables, over its telemetry line or on a
// programming track.
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cv_peer.hpp"
#include "app/table.hpp"
#include "plant/loco/telemetry.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

CvConnection connect(const CvOptions& options) {
  if (options.device.empty() == options.programming.empty()) {
    complain(
        "say where the engine is: --device for its telemetry line, or --programming for a programming track");
    return std::unexpected(exit_usage);
  }
  return options.device.empty() ? connect_programming(options) : connect_line(options);
}

int unreachable(const std::string& why) {
  complain(why);
  return exit_unreachable;
}

double decimal(std::int32_t value, const loco::Variable& one) { return value / std::pow(10.0, one.decimals); }

// What the engine would not understand it would take for a stop, so nothing of the kind is sent.
bool is_value(std::uint32_t number, const std::string& value) {
  return loco::read_line("CV" + std::to_string(number) + "=" + value).kind == loco::Typed::Kind::cv_write;
}

}  // namespace

int cv_list(const Context& context, const CvOptions& options) {
  auto line = connect(options);
  if (!line) return line.error();
  CvPeer& engine = **line;
  ordered_json all = ordered_json::array();
  Table table({"CV", "NAME", "VALUE", "UNIT", "RANGE"});
  for (const loco::Variable& one : loco::variables) {
    const auto number = static_cast<std::uint32_t>(one.cv);
    const auto value = engine.get(number);
    if (!value && !(options.device.empty() && !one.fits_dcc())) return unreachable(value.error());
    Sentence range;
    loco::put_value(range, one.low, one.decimals).text("-");
    loco::put_value(range, one.high, one.decimals);
    table.add({std::to_string(number), std::string(one.name), value ? printable(*value) : "?",
               std::string(one.unit), std::string(range.view())});
    all.push_back(
        {{"cv", number},
         {"name", one.name},
         {"value", value ? ordered_json(std::strtod(value->c_str(), nullptr)) : ordered_json(nullptr)},
         {"unit", one.unit},
         {"min", decimal(one.low, one)},
         {"max", decimal(one.high, one)}});
  }
  say(context.json ? all.dump() : table.text());
  return exit_done;
}

int cv_get(const Context& context, const CvOptions& options) {
  auto line = connect(options);
  if (!line) return line.error();
  CvPeer& engine = **line;
  const auto value = engine.get(options.number);
  if (!value) {
    complain(value.error());
    return value.error().starts_with("there is no") ? exit_refused : exit_unreachable;
  }
  if (context.json)
    say(ordered_json{{"cv", options.number}, {"value", std::strtod(value->c_str(), nullptr)}}.dump());
  else
    say(printable(*value));
  return exit_done;
}

int cv_set(const Context& context, const CvOptions& options) {
  if (!is_value(options.number, options.value))
    return misused("'" + options.value + "' is no value of a CV; write a number, for example 120");
  auto line = connect(options);
  if (!line) return line.error();
  CvPeer& engine = **line;
  const auto written = engine.set(options.number, options.value);
  if (!written) return unreachable(written.error());
  if (context.json)
    say(ordered_json{{"cv", options.number}, {"done", written->done}, {"answer", written->answer}}.dump());
  else if (written->done)
    say(printable(written->answer));
  else
    complain(printable(written->answer));
  return written->done ? exit_done : exit_refused;
}

int cv_backup(const Context&, const CvOptions& options) {
  auto line = connect(options);
  if (!line) return line.error();
  CvPeer& engine = **line;
  std::string text;
  for (const loco::Variable& one : loco::variables) {
    if (one.read_only) continue;
    const auto number = static_cast<std::uint32_t>(one.cv);
    const auto value = engine.get(number);
    if (!value && options.device.empty() && !one.fits_dcc()) {
      text += "# CV" + std::to_string(number) + " goes beyond eight bits and was not read\n";
      continue;
    }
    if (!value) return unreachable(value.error());
    text += "CV" + std::to_string(number) + "=" + *value + "\n";
  }
  std::ofstream file(options.file);
  file << text;
  if (!file.flush()) return misused("cannot write " + options.file);
  say("wrote " + options.file);
  return exit_done;
}

namespace {

struct Wanted {
  loco::Typed typed;
  std::string value;
  std::size_t row = 0;
};

// Before anything is written: all of the file's values, with what the engine has beside them, or why not
// (S16).
std::expected<void, std::string> fit(CvPeer& engine, const std::vector<Wanted>& wanted,
                                     const std::string& file) {
  loco::Settings::Values values = loco::Settings{}.values();
  std::array<bool, loco::variables.size()> told{};
  for (const Wanted& one : wanted) {
    const int index = loco::index_of(one.typed.cv);
    const auto place = static_cast<std::size_t>(index);
    if (index < 0 || loco::variables[place].read_only || one.typed.value < loco::variables[place].low ||
        one.typed.value > loco::variables[place].high)
      return std::unexpected(
          file + ":" + std::to_string(one.row) +
          ":1: " + std::string(loco::Settings{}.write(one.typed.cv, one.typed.value).answer.view()));
    values[place] = one.typed.value;
    told[place] = true;
  }
  for (const loco::Cv cv : {loco::Cv::target_pressure, loco::Cv::pressure_limit, loco::Cv::servo_neutral,
                            loco::Cv::servo_maximum}) {
    const std::size_t place = loco::index_of(cv);
    if (told[place]) continue;
    const auto has = engine.get(static_cast<std::uint32_t>(cv));
    if (!has) return std::unexpected(has.error());
    values[place] = static_cast<std::int32_t>(std::strtol(has->c_str(), nullptr, 10));
  }
  if (const std::string_view why = loco::Settings::conflict(values); !why.empty())
    return std::unexpected(file + ": " + std::string(why));
  return {};
}

}  // namespace

int cv_restore(const Context&, const CvOptions& options) {
  std::ifstream file(options.file);
  if (!file) return misused("cannot read " + options.file);
  std::vector<Wanted> wanted;
  std::size_t number = 0;
  for (std::string row; std::getline(file, row);) {
    ++number;
    if (row.empty() || row.starts_with('#')) continue;
    const loco::Typed typed = loco::read_line(row);
    if (typed.kind != loco::Typed::Kind::cv_write)
      return misused(options.file + ":" + std::to_string(number) + ":1: write CVn=VALUE, not '" +
                     printable(row) + "'");
    wanted.push_back({typed, row.substr(row.find('=') + 1), number});
  }
  auto line = connect(options);
  if (!line) return line.error();
  CvPeer& engine = **line;
  if (const auto fits = fit(engine, wanted, options.file); !fits) {
    complain(printable(fits.error()));
    complain("nothing was written");
    return exit_refused;
  }
  // Values that must fit each other may be refused in one order and taken in another: those are tried again.
  std::string last;
  while (!wanted.empty()) {
    std::vector<Wanted> refused;
    for (const Wanted& one : wanted) {
      const auto written = engine.set(one.typed.cv, one.value);
      if (!written) return unreachable(written.error());
      if (written->done) continue;
      last = written->answer;
      refused.push_back(one);
    }
    if (refused.size() == wanted.size()) {
      complain(printable(last));
      return exit_refused;
    }
    wanted = std::move(refused);
  }
  say("restored from " + options.file);
  return exit_done;
}

}  // namespace standstill::app
