#include "output/peer/program_output.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "os/clock.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::output {

namespace {

std::array<char*, 32> split(const plan::Arguments& packed) {
  std::array<char*, 32> argv{};
  std::size_t count = 0;
  for (std::size_t at = 0; at < packed.size() && packed[at] != '\0' && count + 1 < argv.size();) {
    argv[count++] = const_cast<char*>(&packed[at]);
    at += std::strlen(&packed[at]) + 1;
  }
  return argv;
}

// In a session of its own, at ordinary priority and without our blocked signals: it is a guest here.
pid_t start(const std::array<char*, 32>& argv) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  const sched_param ordinary{};
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER);
  posix_spawnattr_setschedparam(&attributes, &ordinary);
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSCHEDULER));
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", 0, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  pid_t pid = -1;
  errno = posix_spawn(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return errno == 0 ? pid : -1;
}

Outcome trouble(const char* program, const std::string& what) {
  Outcome outcome;
  outcome.trouble.assign(std::string(program) + ": " + what);
  return outcome;
}

}  // namespace

Outcome ProgramOutput::probe() {
  for (const auto* packed : {&output_.safe_argv, &output_.run_argv})
    if ((*packed)[0] != '\0' && ::access(packed->data(), X_OK) != 0)
      return trouble(packed->data(), std::string("cannot be executed: ") + std::strerror(errno));
  Outcome outcome;
  outcome.good = true;
  return outcome;
}

Outcome ProgramOutput::apply(bool run, const Abort& abort) {
  const auto argv = split(run ? output_.run_argv : output_.safe_argv);
  const char* program = argv[0];
  if (program == nullptr) {  // nothing to do for `run`: energising happens elsewhere
    Outcome nothing;
    nothing.good = true;
    nothing.commanded = os::now();
    return nothing;
  }
  const Instant until = os::now() + std::chrono::milliseconds(output_.timeout_ms);
  const pid_t pid = start(argv);
  if (pid < 0) return trouble(program, std::string("cannot be started: ") + std::strerror(errno));
  const Instant commanded = os::now();
  const os::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  int status = 0;
  bool ended = false;
  while (!ended && os::now() < until && !abort()) {
    pollfd ask{process.get(), POLLIN, 0};
    ::poll(&ask, 1, static_cast<int>(std::clamp<std::int64_t>(to_ms(until - os::now()) + 1, 0, 5)));
    ended = ::waitpid(pid, &status, WNOHANG) == pid;
  }
  if (!ended) {
    ::kill(-pid, SIGKILL);  // it leads its own session, so its children go too
    ::waitpid(pid, &status, 0);
  }
  Outcome outcome;
  if (!ended)
    outcome = trouble(program, "did not end in time and was killed");
  else if (WIFSIGNALED(status))
    outcome = trouble(program, "was ended by signal " + std::to_string(WTERMSIG(status)));
  else if (WEXITSTATUS(status) != 0)
    outcome = trouble(program, "ended with exit code " + std::to_string(WEXITSTATUS(status)));
  else
    outcome.good = true;
  outcome.commanded = commanded;
  return outcome;
}

}  // namespace standstill::output
