#include "sim/loco_run.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <expected>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "os/clock.hpp"
#include "os/loop.hpp"
#include "os/pseudo_terminal.hpp"
#include "sim/control.hpp"
#include "sim/loco/plot.hpp"
#include "sim/loco/rig.hpp"

namespace standstill::sim {

namespace {

using loco::Rig;
namespace engine = standstill::loco;

struct Planned {
  Duration at{};
  std::string fault;
};

int refuse(const std::string& why) {
  std::cerr << "standstill sim loco: " << why << '\n';
  return 2;
}

std::optional<std::string> plan(const RunLoco& options, std::vector<Planned>& into) {
  for (const std::string& word : options.faults) {
    const std::size_t at = word.find('@');
    double seconds = 0;
    const char* end = word.data() + word.size();
    if (at == std::string::npos || std::from_chars(word.data() + at + 1, end, seconds).ptr != end ||
        seconds < 0 || seconds > 1e6)
      return "--fault " + word + ": write NAME@SECONDS, for example leak@30";
    loco::Faults probe;
    const std::string name = word.substr(0, at);
    if (name != "dcc-lost" && name != "dcc-garbage" && !loco::set_fault(probe, name, true))
      return "--fault " + word + ": there is no fault '" + name + "'; there are dcc-lost, dcc-garbage, " +
             std::string(loco::fault_names);
    into.push_back({Duration{static_cast<std::int64_t>(seconds * 1e9)}, name});
  }
  return std::nullopt;
}

bool set(Rig& rig, const std::string& name, bool on) {
  if (name == "dcc-lost") {
    rig.track.station = !on;
    return true;
  }
  if (name == "dcc-garbage") {
    rig.track.garbage = on;
    return true;
  }
  return loco::set_fault(rig.model.faults, name, on);
}

// Empty, or what the engine said against it.
std::string write_cv(Rig& rig, const std::string& assignment) {
  const std::size_t before = rig.said.size();
  const engine::Typed typed = engine::read_line("CV" + assignment);
  if (typed.kind != engine::Typed::Kind::cv_write) return "write NUMBER=VALUE, for example 42=120";
  rig.type("CV" + assignment);
  const std::string answer = rig.said.size() > before ? rig.said[before] : "";
  return answer.starts_with("Updated") ? "" : answer;
}

double seconds(Duration length) { return static_cast<double>(length.count()) * 1e-9; }

// The command station's manners: 0 first, then the speed.
void throttle(Rig& rig, Instant began, std::uint32_t step) {
  rig.track.step = rig.now() - began < 4s ? 0 : static_cast<std::uint8_t>(step);
}

// What the picture says of an act of the sequence; of those that begin together one speaks.
const char* stage_name(std::int32_t act) {
  switch (act) {
    case engine::Sequence::vent:
      return "heaters off, vents";
    case engine::Sequence::close:
      return "regulator closed";
    case engine::Sequence::sleep:
      return "asleep";
    default:
      return nullptr;
  }
}

std::string about(const engine::Event& event) {
  constexpr std::array<const char*, engine::Sequence::acts> acts{
      "heaters off",         "regulator to the whistle position",
      "log to flash",        "regulator closed",
      "servo without power", "asleep"};
  if (event.which < engine::watch_count) return std::string(engine::watch_names[event.which]);
  const auto act = static_cast<std::size_t>(event.value);
  const bool stage = event.kind == engine::EventKind::stage || event.kind == engine::EventKind::stage_failed;
  return stage && act < acts.size() ? acts[act] : "";
}

int simulated(const RunLoco& options, Rig& rig, const std::vector<Planned>& planned) {
  const Instant began = rig.now();
  const Instant end = began + Duration{static_cast<std::int64_t>(options.minutes * 60e9)};
  std::vector<loco::Point> points;
  // A picture needs no more points than it has columns, however long the run.
  const auto every = static_cast<std::uint64_t>(options.minutes * 3000 / 20'000) + 1;
  std::uint64_t cycles = 0;
  std::vector<loco::Mark> marks;
  std::vector<loco::Stage> stages;
  std::vector<bool> done(planned.size());
  std::uint32_t events = 0;
  bool parked = false;
  rig.hears = [&](std::string_view line) {
    std::printf("%9.2f %.*s\n", seconds(rig.now() - began), static_cast<int>(line.size()), line.data());
  };
  while (rig.now() < end) {
    for (std::size_t i = 0; i < planned.size(); ++i) {
      if (done[i] || rig.now() - began < planned[i].at) continue;
      done[i] = true;
      (void)set(rig, planned[i].fault, true);
      marks.push_back({seconds(rig.now() - began), planned[i].fault});
      std::printf("%9.2f FAULT %s\n", seconds(rig.now() - began), planned[i].fault.c_str());
    }
    throttle(rig, began, options.step);
    rig.cycle();
    rig.said.clear();
    const engine::EventRing& ring = rig.engine().chain().events();
    for (; events < ring.total(); ++events) {
      const std::size_t back = ring.total() - events;
      if (back > ring.size()) continue;
      const engine::Event& event = ring.at(ring.size() - back);
      const std::string kind(name(event.kind));
      std::printf("%9.2f EVENT %s %s\n", seconds(rig.now() - began), kind.c_str(), about(event).c_str());
      if (event.kind == engine::EventKind::stage && stage_name(event.value) != nullptr)
        stages.push_back({seconds(rig.now() - began), stage_name(event.value)});
      if (event.kind != engine::EventKind::trip) continue;
      parked = true;
      marks.push_back({seconds(rig.now() - began), std::string(rig.engine().chain().reason().view())});
    }
    if ((options.svg.empty() && options.png.empty()) || ++cycles % every != 0) continue;
    const engine::Outputs& outputs = rig.outputs();
    points.push_back({seconds(rig.now() - began), 20 + 0.8 * (rig.model.shell - 20), rig.model.superheater,
                      rig.model.electronics, rig.model.pressure(), rig.model.servo / 10,
                      outputs.drive.boiler_permille * 0.051 + outputs.drive.superheater_permille * 0.020});
  }
  for (const bool png : {false, true}) {
    const std::string& file = png ? options.png : options.svg;
    if (file.empty()) continue;
    const double height = loco::plot_height(stages.size());
    auto canvas = png ? picture::png_canvas(loco::plot_width, height)
                      : std::expected<std::unique_ptr<picture::Canvas>, std::string>(
                            picture::svg_canvas(loco::plot_width, height));
    if (!canvas) return refuse(canvas.error());
    const engine::Settings& cvs = rig.engine().settings();
    loco::draw(**canvas, points, marks, stages,
               {static_cast<double>(cvs[engine::Cv::boiler_limit]),
                static_cast<double>(cvs[engine::Cv::superheater_limit]),
                static_cast<double>(cvs[engine::Cv::logic_limit]),
                static_cast<double>(cvs[engine::Cv::pressure_limit])});
    if (const auto saved = (*canvas)->save(file); !saved) return refuse(saved.error());
  }
  std::printf("%s\n",
              parked ? std::string(rig.engine().chain().reason().view()).c_str() : "it ran to the end");
  return parked ? 1 : 0;
}

void add_commands(Commands& commands, Rig& rig, RunLoco& options, Instant& began, bool& programming,
                  os::Loop& loop) {
  const auto wrong = [](std::string why) { return std::unexpected<std::string>(std::move(why)); };
  for (const bool on : {true, false})
    commands.add(on ? "fault" : "mend", "NAME", on ? "something breaks" : "it works again",
                 [&rig, on, wrong](const Words& words) -> std::expected<nlohmann::json, std::string> {
                   if (words.size() == 1 && set(rig, words[0], on)) return nlohmann::json::object();
                   return wrong("there are dcc-lost, dcc-garbage, " + std::string(loco::fault_names));
                 });
  commands.add("step", "0-126", "the commanded speed",
               [&options, wrong](const Words& words) -> std::expected<nlohmann::json, std::string> {
                 std::uint32_t step = 0;
                 const char* const end = words.empty() ? nullptr : words[0].data() + words[0].size();
                 if (words.size() != 1 || std::from_chars(words[0].data(), end, step).ptr != end ||
                     words[0].empty() || step > 126)
                   return wrong("write step 0 to step 126");
                 options.step = step;
                 return nlohmann::json::object();
               });
  commands.add("cv", "NUMBER=VALUE", "writes a variable",
               [&rig, wrong](const Words& words) -> std::expected<nlohmann::json, std::string> {
                 const std::string why = words.size() == 1 ? write_cv(rig, words[0]) : "write cv 42=120";
                 if (!why.empty()) return wrong(why);
                 return nlohmann::json::object();
               });
  commands.add("state", "", "the engine now",
               [&rig](const Words&) -> std::expected<nlohmann::json, std::string> {
                 const engine::Chain& chain = rig.engine().chain();
                 return nlohmann::json{{"state", std::string(name(chain.latch().state()))},
                                       {"epoch", chain.latch().epoch()},
                                       {"reason", std::string(chain.reason().view())},
                                       {"asleep", rig.outputs().asleep},
                                       {"boiler_permille", rig.outputs().drive.boiler_permille},
                                       {"opening", rig.opening()},
                                       {"pressure_kpa", rig.model.pressure()},
                                       {"speed_mps", rig.model.speed}};
               });
  commands.add("stop", "", "an emergency stop by DCC", [&rig] { rig.track.send(dcc::stop_everybody(true)); });
  commands.add("power-cycle", "", "off the rails and on again", [&rig, &began] {
    rig.power_up();
    began = rig.now();
  });
  commands.add(
      "programming", "on|off", "onto the programming track and back: a power cycle each way",
      [&rig, &began, &programming, wrong](const Words& words) -> std::expected<nlohmann::json, std::string> {
        if (words.size() != 1 || (words[0] != "on" && words[0] != "off"))
          return wrong("write programming on, or programming off");
        programming = words[0] == "on";
        rig.power_up();
        began = rig.now();
        return nlohmann::json::object();
      });
  commands.add("rails", "HALVES", "half bits on the programming track: 1 takes 58 µs, 0 takes 100 µs",
               [&rig, &programming, wrong](const Words& words) -> std::expected<nlohmann::json, std::string> {
                 if (!programming) return wrong("it stands on the layout; write programming on first");
                 if (words.size() != 1 || words[0].find_first_not_of("01") != std::string::npos)
                   return wrong("write ones and zeros, one a half bit");
                 std::vector<Duration> halves;
                 for (const char c : words[0])
                   halves.push_back(c == '1' ? dcc::Timing{}.one : dcc::Timing{}.zero);
                 const int pulses = rig.program(halves);
                 rig.said.clear();
                 return nlohmann::json{{"pulses", pulses}, {"ma", 60}, {"ms", 6}};
               });
  commands.add("quit", "", "ends", [&loop] { loop.stop(); });
}

int live(RunLoco options, Rig& rig) {
  os::PseudoTerminal line;
  if (const auto why = line.open(options.link)) return refuse(*why);
  os::Loop loop;
  rig.hears = [&line](std::string_view said) {
    const std::string text = std::string(said) + "\n";
    if (::write(line.fd(), text.data(), text.size()) < 0)
      return;  // nobody reads: it is dropped, as on a UART
  };
  engine::LineReader reader;
  const auto watch = loop.watch(line.fd(), EPOLLIN, [&](std::uint32_t) {
    std::array<std::uint8_t, 256> bytes{};
    const ssize_t got = ::read(line.fd(), bytes.data(), bytes.size());
    for (ssize_t i = 0; i < got; ++i)
      if (reader.take(bytes[static_cast<std::size_t>(i)])) rig.typed(reader.typed());
  });
  Instant began = rig.now();
  Commands commands;
  bool programming = false;  // time stands still between what is sent there
  add_commands(commands, rig, options, began, programming, loop);
  std::unique_ptr<Control> control;
  if (!options.control.empty()) {
    auto made =
        Control::start(loop, options.control, [&](std::string_view said) { return commands.answer(said); });
    if (!made) return refuse(made.error());
    control = std::move(*made);
  }
  sigset_t signals{};
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const os::Fd ends(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  const auto ended = loop.watch(ends.get(), EPOLLIN, [&](std::uint32_t) { loop.stop(); });
  // The engine's time follows this machine's; when it was busy, what was missed is made up for.
  Instant origin = os::now();
  Instant from = rig.now();
  os::Loop::Timer timer;
  std::function<void()> turn = [&] {
    if (programming) {
      origin = os::now();
      from = rig.now();
    }
    for (int i = 0; i < 50 && rig.now() - from < os::now() - origin; ++i) {
      throttle(rig, began, options.step);
      rig.cycle();
    }
    rig.said.clear();
    timer = loop.after(engine::cycle, turn);
  };
  turn();
  std::cout << "pty " << line.device() << std::endl;
  loop.run();
  return 0;
}

}  // namespace

int run_loco(const RunLoco& options) {
  if (options.step > 126) return refuse("--step must be 0 to 126");
  if (options.minutes < 0 || options.minutes > 100'000) return refuse("--minutes must be 0 to 100000");
  if (options.minutes == 0 && !(options.svg.empty() && options.png.empty()))
    return refuse("--svg and --png need --minutes");
  std::vector<Planned> planned;
  if (const auto why = plan(options, planned)) return refuse(*why);
  if (!planned.empty() && options.minutes == 0)
    return refuse("--fault needs --minutes; in real time use the control socket");
  Rig rig;
  if (!options.cold) rig.model.preheat();
  rig.power_up();
  for (const std::string& cv : options.cvs)
    if (const std::string why = write_cv(rig, cv); !why.empty()) return refuse("--cv " + cv + ": " + why);
  return options.minutes > 0 ? simulated(options, rig, planned) : live(options, rig);
}

}  // namespace standstill::sim
