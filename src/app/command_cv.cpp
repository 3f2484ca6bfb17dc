// `cv list|get|set|backup|restore`: a locomotive's configuration variables over its telemetry line.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cv_options.hpp"
#include "app/table.hpp"
#include "link/serial.hpp"
#include "os/clock.hpp"
#include "plant/loco/telemetry.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

// The engine's line: it says a frame every second of its own accord, so answers are picked out by how they
// begin.
class EngineLine {
 public:
  explicit EngineLine(os::Fd fd, const CvOptions& options)
      : fd_(std::move(fd)), timeout_(std::chrono::milliseconds(options.timeout_ms)) {}

  // An empty line first: whatever somebody else left half typed ends there, and is not ours.
  [[nodiscard]] std::expected<std::string, std::string> ask(const std::string& line,
                                                            const std::vector<std::string>& beginnings) {
    const std::string bytes = line + "\n";
    if (::write(fd_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      return std::unexpected("the engine's line takes nothing: is it plugged in?");
    const Instant until = os::now() + timeout_;
    for (;;) {
      while (const auto said = take_line())
        for (const std::string& beginning : beginnings)
          if (said->starts_with(beginning)) return *said;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - os::now()).count();
      if (left <= 0)
        return std::unexpected("the engine does not answer: is this its telemetry line, and has it power?");
      pollfd one{fd_.get(), POLLIN, 0};
      if (::poll(&one, 1, static_cast<int>(left)) <= 0) continue;
      std::array<char, 512> buffer{};
      const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
      if (got == 0 || (one.revents & (POLLHUP | POLLERR)) != 0)
        return std::unexpected("the engine's line was unplugged");
      if (got > 0) heard_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  [[nodiscard]] std::expected<std::string, std::string> get(std::uint32_t number) {
    const std::string cv = "CV" + std::to_string(number);
    auto answer = ask(cv + "?", {cv + "=", "there is no CV"});
    if (!answer) return answer;
    if (answer->starts_with("there")) return std::unexpected(*answer);
    return answer->substr(cv.size() + 1);
  }

  struct Written {
    bool done = false;
    std::string answer;
  };
  [[nodiscard]] std::expected<Written, std::string> set(std::uint32_t number, const std::string& value) {
    const std::string cv = "CV" + std::to_string(number);
    auto answer = ask(cv + "=" + value, {"Updated " + cv + " ", cv + " ", cv + "=", "there is no CV"});
    if (!answer) return std::unexpected(answer.error());
    return Written{answer->starts_with("Updated"), *answer};
  }

 private:
  std::optional<std::string> take_line() {
    const std::size_t end = heard_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
  }

  os::Fd fd_;
  Duration timeout_;
  std::string heard_;
};

std::expected<EngineLine, int> connect(const CvOptions& options) {
  const auto format = link::serial_format(options.baud, "8N1");
  if (!format) {
    complain(format.error());
    return std::unexpected(exit_usage);
  }
  auto fd = link::open_serial(options.device, *format);
  if (!fd) {
    complain(fd.error());
    return std::unexpected(exit_unreachable);
  }
  return EngineLine(std::move(*fd), options);
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
  ordered_json all = ordered_json::array();
  Table table({"CV", "NAME", "VALUE", "UNIT", "RANGE"});
  for (const loco::Variable& one : loco::variables) {
    const auto number = static_cast<std::uint32_t>(one.cv);
    const auto value = line->get(number);
    if (!value) return unreachable(value.error());
    Sentence range;
    loco::put_value(range, one.low, one.decimals).text("-");
    loco::put_value(range, one.high, one.decimals);
    table.add({std::to_string(number), std::string(one.name), printable(*value), std::string(one.unit),
               std::string(range.view())});
    all.push_back({{"cv", number},
                   {"name", one.name},
                   {"value", std::strtod(value->c_str(), nullptr)},
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
  const auto value = line->get(options.number);
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
  const auto written = line->set(options.number, options.value);
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
  std::string text;
  for (const loco::Variable& one : loco::variables) {
    if (one.read_only) continue;
    const auto number = static_cast<std::uint32_t>(one.cv);
    const auto value = line->get(number);
    if (!value) return unreachable(value.error());
    text += "CV" + std::to_string(number) + "=" + *value + "\n";
  }
  std::ofstream file(options.file);
  file << text;
  if (!file.flush()) return misused("cannot write " + options.file);
  say("wrote " + options.file);
  return exit_done;
}

int cv_restore(const Context&, const CvOptions& options) {
  std::ifstream file(options.file);
  if (!file) return misused("cannot read " + options.file);
  std::vector<std::pair<std::uint32_t, std::string>> wanted;
  std::size_t number = 0;
  for (std::string row; std::getline(file, row);) {
    ++number;
    if (row.empty() || row.starts_with('#')) continue;
    const loco::Typed typed = loco::read_line(row);
    if (typed.kind != loco::Typed::Kind::cv_write)
      return misused(options.file + ":" + std::to_string(number) + ":1: write CVn=VALUE, not '" +
                     printable(row) + "'");
    wanted.emplace_back(typed.cv, row.substr(row.find('=') + 1));
  }
  auto line = connect(options);
  if (!line) return line.error();
  // Values that must fit each other may be refused in one order and taken in another: those are tried again.
  std::string last;
  while (!wanted.empty()) {
    std::vector<std::pair<std::uint32_t, std::string>> refused;
    for (const auto& one : wanted) {
      const auto written = line->set(one.first, one.second);
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
