#include "supervise/guard_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::supervise {

std::string program_beside(const char* name) {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string self(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return self.substr(0, self.find_last_of('/') + 1) + name;
}

GuardProcess::GuardProcess(std::string program, std::string cutter, std::string state_dir)
    : program_(program.empty() ? program_beside("standstill-guard") : std::move(program)),
      cutter_(std::move(cutter)),
      state_dir_(std::move(state_dir)) {}

std::expected<void, std::string> GuardProcess::start() {
  if (running()) return {};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  std::string name = "standstill-guard", dir = "--state-dir", ends = "--ends-with-supervisor",
              cutter = "--cutter";
  std::array<char*, 7> argv{name.data(), dir.data(), state_dir_.data(), ends.data(), nullptr,
                            nullptr,     nullptr};
  if (!cutter_.empty()) {
    argv[4] = cutter.data();
    argv[5] = cutter_.data();
  }
  // A guard outlives its supervisor: it must not keep the terminal's socket, or the next supervisor cannot
  // listen.
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  const int error = posix_spawn(&pid_, program_.c_str(), &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return {};
  pid_ = -1;
  return std::unexpected(program_ + ": cannot be started: " + std::strerror(error));
}

void GuardProcess::fence() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

bool GuardProcess::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

}  // namespace standstill::supervise
