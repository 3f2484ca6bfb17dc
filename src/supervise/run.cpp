// `standstill run`: lays the foundations, starts what belongs together, and ends it in order.
#include <sys/epoll.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include "os/end_signals.hpp"
#include "os/lock_file.hpp"
#include "os/realtime.hpp"
#include "os/service_notice.hpp"
#include "supervise/backend.hpp"
#include "supervise/looking_after.hpp"
#include "supervise/supervisor.hpp"
#include "terminal/server.hpp"

namespace standstill::supervise {

namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "standstill: %s\n", what.c_str());
  return 2;
}

std::string listen_address(const config::Terminal& terminal) {
  const bool v6 = terminal.host.find(':') != std::string::npos;
  return (v6 ? "[" + terminal.host + "]" : terminal.host) + ":" + std::to_string(terminal.port);
}

}  // namespace

int run_supervisor(const config::Config& config, const RunOptions& options) {
  if (const auto unsupported = config.unsupported(); !unsupported.empty()) {
    for (const auto& problem : unsupported) std::fprintf(stderr, "%s\n", to_string(problem).c_str());
    return 2;
  }
  std::error_code failed;
  std::filesystem::create_directories(config.site.state_dir, failed);
  if (failed)
    return complain(config.site.state_dir.string() + ": cannot be made: " + failed.message() +
                    "; choose another [site] state_dir");
  auto lock = os::take_lock(config.site.state_dir / "supervisor.lock", "supervisor");
  if (!lock) return complain(lock.error());
  if (config.bus)
    if (const auto start = prepare_bus(config); !start) return complain(start.error());
  auto plan = compile_plan(config);
  if (!plan) return complain(plan.error());
  // An unchanged plan is left alone: a full disk must not keep the supervisor of a tripped plant from
  // starting.
  const std::string plan_file = config.site.state_dir / "plan";
  const auto known = std::make_unique<plan::Plan>();
  if (!plan::load(plan_file.c_str(), *known) || plan::hash(*known) != plan->hash)
    if (const auto stored = plan::store(plan_file.c_str(), *plan->plan); !stored)
      return complain(stored.error());

  const os::EndSignals ends;       // all other threads leave them to the loop
  const os::ServiceNotice notice;  // before anything is started that would inherit its variables
  os::forbid_core_files();
  os::widen_descriptor_table();
  os::return_freed_memory();
  os::Loop loop;
  Supervisor supervisor(loop, config, std::move(*plan),
                        options);  // its threads are made before real time is asked for
  SupervisorBackend backend(supervisor);
  terminal::ServerConfig terminal;
  terminal.listen = listen_address(config.terminal);
  terminal.insecure = config.terminal.insecure;
  terminal.certificate_file = config.terminal.certificate_file;
  terminal.key_file = config.terminal.key_file;
  terminal.hosts = config.terminal.hosts;
  terminal.socket_path = config.site.state_dir / "standstill.sock";
  auto server = terminal::Server::start(terminal, backend);
  if (!server) return complain(server.error());

  const os::RealTime granted = os::enter_realtime(os::supervisor_priority, false);
  if (!granted.warning.empty()) std::fprintf(stderr, "standstill: warning: %s\n", granted.warning.c_str());
  for (const auto& warning : config.warnings) std::fprintf(stderr, "%s\n", to_string(warning).c_str());
  std::fprintf(stderr, "standstill: looking after '%s'; terminal on %s://%s:%u/, state in %s\n",
               config.site.name.c_str(), config.terminal.certificate_file.empty() ? "http" : "https",
               config.terminal.host.c_str(), (*server)->port(), config.site.state_dir.c_str());
  if (options.listening) options.listening((*server)->port());
  std::unique_ptr<LookingAfter> looking_after;
  if (config.watchdog) {
    auto started =
        LookingAfter::start(config, [&supervisor](std::string_view code, const std::string& detail) {
          supervisor.journal("watchdog", std::string(code), "watchdog", detail);
        });
    if (!started) {
      std::fprintf(stderr, "standstill: warning: [watchdog]: %s\n", started.error().c_str());
      supervisor.journal("watchdog", "not_started", "watchdog", started.error());
    } else {
      looking_after = std::move(*started);
    }
  }

  supervisor.begin();
  notice.ready();
  // From the loop that evaluates the watches, and only while it does.
  os::Loop::Timer beat;
  std::function<void()> say_alive = [&] {
    if (supervisor.turning()) notice.alive();
    beat = loop.after(*notice.beat(), say_alive);
  };
  if (notice.beat()) beat = loop.after(*notice.beat(), say_alive);
  const auto watch = loop.watch(ends.fd(), EPOLLIN, [&](std::uint32_t) {
    while (ends.take()) {
    }
    std::fprintf(stderr, "standstill: ending: outputs go safe first\n");
    notice.stopping();
    if (looking_after) looking_after->ask_to_end();
    supervisor.end([&] { loop.stop(); });
  });
  loop.run();
  server->reset();
  return 0;
}

}  // namespace standstill::supervise
