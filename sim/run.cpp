#include "sim/run.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iostream>
#include <sstream>

#include "os/end_signals.hpp"
#include "sim/meter.hpp"
#include "sim/plc_server.hpp"
#include "sim/relay.hpp"
#include "sim/rocrail_server.hpp"

namespace standstill::sim {

namespace {

int refuse(const std::string& why) {
  std::cerr << "standstill sim: " << why << '\n';
  return 2;
}

// The end of the program as an event of the loop.
class Signals {
 public:
  Signals(os::Loop& loop, std::function<void(int)> came) {
    watch_ = loop.watch(ends_.fd(), EPOLLIN, [this, came = std::move(came)](std::uint32_t) {
      while (const auto number = ends_.take()) came(*number);
    });
  }

 private:
  os::EndSignals ends_;
  os::Loop::Watch watch_;
};

std::expected<std::unique_ptr<Control>, std::string> serve_control(os::Loop& loop, const std::string& path,
                                                                   Control::Answer answer) {
  if (path.empty()) return std::unique_ptr<Control>();
  return Control::start(loop, path, std::move(answer));
}

}  // namespace

int run_rocrail(const RunRocrail& options) {
  if (options.flavour != "2.0" && options.flavour != "2.1") {
    return refuse("--flavour must be 2.0 or 2.1, not '" + options.flavour + "'");
  }
  if (options.clock_divider < 1 || options.clock_divider > 100)
    return refuse("--clock-divider must be 1 to 100");
  RocrailOptions server_options{.address = options.address,
                                .port = options.port,
                                .plan_xml = {},
                                .newer = options.flavour == "2.1",
                                .reader_sleep = std::chrono::milliseconds(options.reader_sleep_ms),
                                .split_writes = options.split,
                                .console = options.console,
                                .clock_divider = options.clock_divider,
                                .tick = std::chrono::milliseconds(options.tick_ms),
                                .seed = options.seed,
                                .start_running = options.running};
  if (!options.plan.empty()) {
    std::ifstream file(options.plan, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return refuse("cannot read the plan file " + options.plan);
    server_options.plan_xml = text.str();
  }
  os::Loop loop;
  auto server = RocrailServer::start(loop, server_options);
  if (!server) return refuse((options.plan.empty() ? "" : options.plan + ": ") + server.error());
  auto control = serve_control(loop, options.control,
                               [&server](std::string_view line) { return (*server)->command(line); });
  if (!control) return refuse(control.error());
  (*server)->on_quit([&loop] { loop.stop(); });
  os::Loop::Timer poll;
  std::function<void()> until_gone = [&] {
    if ((*server)->state_word() == "leaving") {
      poll = loop.after(20ms, until_gone);
    } else if ((*server)->state_word() != "serving") {
      loop.stop();
    }
  };
  const Signals signals(loop, [&](int number) {
    if (!(*server)->serving()) {
      loop.stop();
      return;
    }
    (*server)->goodbye(number == SIGINT ? "Interrupt." : "Software termination signal from kill.");
    until_gone();
  });
  std::cout << "listening on " << options.address << ':' << (*server)->port() << std::endl;
  loop.run();
  return 0;
}

int run_relay(const RunRelay& options) {
  if (options.sense_port > 65535) return refuse("--sense-port must be 0 to 65535");
  os::Loop loop;
  const Signals signals(loop, [&loop](int) { loop.stop(); });
  if (options.http) {
    auto relay = HttpRelay::start(loop, {.address = options.address, .port = options.port});
    if (!relay) return refuse(relay.error());
    (*relay)->on_quit([&loop] { loop.stop(); });
    auto control = serve_control(loop, options.control,
                                 [&relay](std::string_view line) { return (*relay)->command(line); });
    if (!control) return refuse(control.error());
    (*relay)->on_change([](bool on) { std::cout << (on ? "contact on" : "contact off") << std::endl; });
    std::cout << "listening on " << options.address << ':' << (*relay)->port() << std::endl;
    loop.run();
    return 0;
  }
  auto relay = SerialRelay::start(loop, {.link = options.link,
                                         .run_line = options.run_line,
                                         .safe_line = options.safe_line,
                                         .reply = options.reply});
  if (!relay) return refuse(relay.error());
  (*relay)->on_quit([&loop] { loop.stop(); });
  auto control = serve_control(loop, options.control,
                               [&relay](std::string_view line) { return (*relay)->command(line); });
  if (!control) return refuse(control.error());
  std::unique_ptr<HttpServer> sense;
  (*relay)->on_change([](bool on) { std::cout << (on ? "contact on" : "contact off") << std::endl; });
  std::cout << "pty " << (*relay)->device() << std::endl;
  if (options.sense_port >= 0) {
    auto served = serve_sense(loop, (*relay)->contact(), options.address,
                              static_cast<std::uint16_t>(options.sense_port));
    if (!served) return refuse(served.error());
    sense = std::move(*served);
    std::cout << "sense on " << options.address << ':' << sense->port() << std::endl;
  }
  loop.run();
  return 0;
}

int run_plc(const RunPlc& options) {
  if (options.pdu < 64 || options.pdu > 960) return refuse("--pdu must be 64 to 960");
  if (options.outstanding < 1 || options.outstanding > 64) return refuse("--outstanding must be 1 to 64");
  if (options.password.size() > s7::longest_password)
    return refuse("--password has at most " + std::to_string(s7::longest_password) + " characters");
  PlcOptions server_options{.address = options.address,
                            .port = options.port,
                            .file = {},
                            .manners = {.pdu = static_cast<std::uint16_t>(options.pdu),
                                        .outstanding = static_cast<std::uint16_t>(options.outstanding),
                                        .put_get = true,
                                        .writable = true,
                                        .bit_writes = true,
                                        .password = options.password},
                            .cycle = std::chrono::milliseconds(options.cycle_ms),
                            .seed = 1};
  if (!options.file.empty()) {
    std::ifstream file(options.file, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return refuse("cannot read the file " + options.file);
    server_options.file = text.str();
    if (const auto fits = PlcMemory().load(server_options.file); !fits)
      return refuse(options.file + ": " + fits.error());
  }
  os::Loop loop;
  auto server = PlcServer::start(loop, server_options);
  if (!server) return refuse(server.error());
  (*server)->faults().delay = std::chrono::milliseconds(options.delay_ms);
  auto control = serve_control(loop, options.control,
                               [&server](std::string_view line) { return (*server)->command(line); });
  if (!control) return refuse(control.error());
  (*server)->on_quit([&loop] { loop.stop(); });
  const Signals signals(loop, [&loop](int) { loop.stop(); });
  std::cout << "listening on " << options.address << ':' << (*server)->port() << std::endl;
  loop.run();
  return 0;
}

int run_meter(const RunMeter& options) {
  MeterOptions made{.tcp = options.tcp,
                    .address = options.address,
                    .port = options.port,
                    .link = options.link,
                    .units = {},
                    .serial = options.serial,
                    .seed = options.seed};
  for (const std::uint16_t unit : options.units) {
    if (unit < 1 || unit > 247) return refuse("--unit must be 1 to 247");
    made.units.push_back(static_cast<std::uint8_t>(unit));
  }
  if (made.units.empty()) made.units = {1};
  os::Loop loop;
  const Signals signals(loop, [&loop](int) { loop.stop(); });
  auto meter = Meter::start(loop, std::move(made));
  if (!meter) return refuse(meter.error());
  (*meter)->on_quit([&loop] { loop.stop(); });
  auto control = serve_control(loop, options.control,
                               [&meter](std::string_view line) { return (*meter)->command(line); });
  if (!control) return refuse(control.error());
  if (options.tcp)
    std::cout << "listening on " << options.address << ':' << (*meter)->port() << std::endl;
  else
    std::cout << "pty " << (*meter)->device() << std::endl;
  loop.run();
  return 0;
}

}  // namespace standstill::sim
