// standstill-guard: see docs/architecture.md. Started by `standstill run`, or earlier by its own systemd
// unit.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "guard/guard.hpp"
#include "os/lock_file.hpp"
#include "os/realtime.hpp"

namespace {

using namespace standstill;

int usage() {
  std::fprintf(
      stderr,
      "usage: standstill-guard --state-dir DIR [--cutter PROGRAM] [--ends-with-supervisor]\n"
      "The guard owns the latch and energises outputs; `standstill run` starts it when none runs.\n");
  return 2;
}

std::string beside_this_program(const char* name) {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  const std::string self(path, length > 0 ? static_cast<std::size_t>(length) : 0);
  return self.substr(0, self.find_last_of('/') + 1) + name;
}

void request_end(int) { guard::end_requested = 1; }

}  // namespace

int main(int argc, char** argv) {
  guard::GuardOptions options;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--ends-with-supervisor") {
      options.ends_with_supervisor = true;
      --i;
      continue;
    }
    if (i + 1 >= argc) return usage();
    if (option == "--state-dir")
      options.state_dir = argv[i + 1];
    else if (option == "--cutter")
      options.cutter_program = argv[i + 1];
    else
      return usage();
  }
  if (options.state_dir.empty()) return usage();
  if (options.cutter_program.empty()) options.cutter_program = beside_this_program("standstill-cutter");

  [[maybe_unused]] const pid_t session = ::setsid();  // the end of a terminal is not the end of the guard
  for (const int ignored : {SIGINT, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(ignored, SIG_IGN);
  struct sigaction end{};
  end.sa_handler = request_end;
  ::sigaction(SIGTERM, &end, nullptr);
  os::forbid_core_files();
  os::widen_descriptor_table();

  auto lock = os::take_lock(options.state_dir + "/guard.lock", "guard");
  if (!lock) {
    std::fprintf(stderr, "standstill-guard: %s\n", lock.error().c_str());
    return 1;
  }
  auto base = guard::lay_foundations(options);
  if (!base) {
    std::fprintf(stderr, "standstill-guard: %s\n", base.error().c_str());
    return 1;
  }
  const os::RealTime granted = os::enter_realtime(os::guard_priority, true);
  if (!granted.warning.empty())
    std::fprintf(stderr, "standstill-guard: warning: %s\n", granted.warning.c_str());
  // Never destroyed: threads that only wait still look at it while the process ends.
  static auto& guard = *new guard::Guard(options, std::move(*base), granted.scheduled, granted.memory_locked);
  if (guard.run() == guard::Guard::End::replan) {
    ::execv("/proc/self/exe", argv);
    std::fprintf(stderr, "standstill-guard: cannot start anew with the new plan\n");
  }
  ::_exit(0);
}
