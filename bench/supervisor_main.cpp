// The supervisor under measurement: the one that `standstill run` runs (links, watches, guard port, recorder,
// snapshots, in real time where allowed). Released without its HTTP terminal, because an operator's login
// costs 50 ms of processor time each and the plant must be brought back hundreds of times.
//
// usage: bench_supervisor CONFIG MEGABYTES [PORT_FILE]: holds so much more memory in 4 KiB pages. With
// PORT_FILE it has a terminal too, on a port of loopback that it writes there. Standard input: 'r'
// acknowledges, resets and starts; answered by 'R' when the plant runs, 'F' when it does not in ten seconds.
// End of file: a clean end.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "config/load.hpp"
#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "supervise/backend.hpp"
#include "supervise/guard_process.hpp"
#include "supervise/supervisor.hpp"
#include "terminal/server.hpp"

namespace {

using namespace standstill;

void hold_memory(std::size_t megabytes) {
  const std::size_t bytes = megabytes << 20U;
  if (bytes == 0) return;
  void* held = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (held == MAP_FAILED) std::exit(2);
  ::madvise(held, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(held)[at] = 1;
}

bool release(supervise::Supervisor& supervisor) {
  const Instant give_up = os::now() + 10s;
  Instant clear_since = never;
  while (os::now() < give_up) {
    const auto view = supervisor.view();
    bool clear = view->guard_connected;
    for (const auto& source : view->sources) clear = clear && source.standing == Standing::clear;
    if (!clear)
      clear_since = never;
    else if (clear_since == never)
      clear_since = os::now();
    const auto& guard = view->guard;
    if (view->guard_connected && guard.state == LatchState::running) return true;
    if (clear && guard.state == LatchState::tripped && guard.acknowledged == 0) {
      [[maybe_unused]] const auto answer = supervisor.word(permit::Word::acknowledge, guard.epoch, "bench");
    } else if (clear && guard.state == LatchState::tripped && os::now() - clear_since >= 105ms) {
      [[maybe_unused]] const auto answer = supervisor.word(permit::Word::reset, guard.epoch, "bench");
    } else if (clear && guard.state == LatchState::ready) {
      const auto answer = supervisor.word(permit::Word::start, guard.epoch, "bench");
      if (answer && answer->refusal == Refusal::none) return true;
    }
    ::usleep(4000);
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  const auto config = config::load(argv[1]);
  if (!config) {
    for (const auto& problem : config.error()) std::fprintf(stderr, "%s\n", to_string(problem).c_str());
    return 2;
  }
  auto plan = supervise::compile_plan(*config);
  if (!plan) {
    std::fprintf(stderr, "bench_supervisor: %s\n", plan.error().c_str());
    return 2;
  }
  if (!plan::store((config->site.state_dir / "plan").c_str(), *plan->plan)) return 2;
  hold_memory(std::strtoul(argv[2], nullptr, 10));
  os::forbid_core_files();
  os::return_freed_memory();
  os::Loop loop;
  supervise::RunOptions options;
  options.cutter_program = supervise::program_beside("bench_door");
  supervise::Supervisor supervisor(loop, *config, std::move(*plan), options);
  supervise::SupervisorBackend backend(supervisor);
  std::unique_ptr<terminal::Server> server;
  if (argc == 4) {
    terminal::ServerConfig terminal;
    terminal.listen = "127.0.0.1:0";
    terminal.socket_path = config->site.state_dir / "standstill.sock";
    auto made = terminal::Server::start(terminal, backend);
    if (!made) {
      std::fprintf(stderr, "bench_supervisor: %s\n", made.error().c_str());
      return 2;
    }
    server = std::move(*made);
    std::ofstream(argv[3]) << server->port() << '\n';
  }
  std::thread words([&] {
    char asked = 0;
    while (::read(STDIN_FILENO, &asked, 1) == 1) {
      const char answer = release(supervisor) ? 'R' : 'F';
      if (::write(STDOUT_FILENO, &answer, 1) != 1) break;
    }
    loop.post([&] { supervisor.end([&] { loop.stop(); }); });
  });
  [[maybe_unused]] const auto granted = os::enter_realtime(os::supervisor_priority, false);
  supervisor.begin();
  loop.run();
  words.join();
  server.reset();
}
