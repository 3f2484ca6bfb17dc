#include "app/demo_processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

#include "app/context.hpp"
#include "os/clock.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::app {

namespace {

constexpr Duration patience = 10s;  // a guard waits for its slowest output before it goes

std::string this_program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return {path.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

// The user's own STANDSTILL_… settings are about a real plant: they would move the demo's state_dir or port.
std::vector<char*> demo_environment() {
  std::vector<char*> kept;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    if (!text.starts_with("STANDSTILL_") || text.starts_with("STANDSTILL_NO_REALTIME=")) kept.push_back(*one);
  }
  kept.push_back(nullptr);
  return kept;
}

// The arguments of a process, each with a NUL behind it.
std::string command_line(pid_t pid) {
  std::ifstream words("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(words), std::istreambuf_iterator<char>()};
}

}  // namespace

DemoProcesses::DemoProcesses(std::string config_file, std::string state_dir, std::string log_file)
    : config_file_(std::move(config_file)), state_dir_(std::move(state_dir)), log_file_(std::move(log_file)) {
  // A guard whose supervisor was killed becomes our child instead of nobody's.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

DemoProcesses::~DemoProcesses() { end(); }

std::expected<void, std::string> DemoProcesses::start_supervisor() {
  // Everything is prepared before the fork: between fork and exec nothing may be allocated.
  std::string program = this_program(), option = "-c", run = "run", config = config_file_;
  std::array<char*, 5> arguments{program.data(), option.data(), config.data(), run.data(), nullptr};
  std::vector<char*> environment = demo_environment();
  const int log = ::open(log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  const pid_t parent = ::getpid();
  const pid_t child = log < 0 || nothing < 0 ? -1 : ::fork();
  if (child == 0) {
    ::setsid();  // a Ctrl-C at this terminal is for the demo, which ends the supervisor in order
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (::getppid() == parent) ::execve(program.c_str(), arguments.data(), environment.data());
    ::_exit(127);
  }
  const int error = errno;
  if (log >= 0) ::close(log);
  if (nothing >= 0) ::close(nothing);
  if (child < 0)
    return std::unexpected("the supervisor cannot be started: " + std::string(std::strerror(error)));
  supervisor_ = child;
  return {};
}

bool DemoProcesses::reap() {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == 0) return false;
    if (ended < 0) return errno == ECHILD;
    if (ended == supervisor_) supervisor_ = 0;
  }
}

bool DemoProcesses::supervisor_ended() {
  const pid_t before = supervisor_;
  reap();
  return before != 0 && supervisor_ == 0;
}

pid_t DemoProcesses::guard() const {
  // The lock file names the last one; its own folder among its arguments says that it is ours and alive.
  pid_t pid = 0;
  std::ifstream(state_dir_ + "/guard.lock") >> pid;
  if (pid <= 0) return 0;
  return command_line(pid).find(state_dir_) != std::string::npos ? pid : 0;
}

std::vector<pid_t> DemoProcesses::children_of(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task";
  for (auto task = std::filesystem::directory_iterator(tasks, ignored);
       task != std::filesystem::directory_iterator(); task.increment(ignored)) {
    if (ignored) break;
    std::ifstream list(task->path() / "children");
    for (pid_t pid = 0; list >> pid;) found.push_back(pid);
  }
  std::ranges::sort(found);
  return found;
}

pid_t DemoProcesses::cutter(int number) const {
  const pid_t parent = guard();
  if (parent == 0) return 0;
  for (const pid_t pid : children_of(parent)) {  // a cutter's only argument is its number
    const std::string line = command_line(pid);
    if (line.ends_with(std::string(1, '\0') + std::to_string(number) + std::string(1, '\0'))) return pid;
  }
  return 0;
}

bool DemoProcesses::whole() const {
  const pid_t supervisor = supervisor_;
  return supervisor != 0 && !command_line(supervisor).empty() && cutter(1) != 0 && cutter(2) != 0;
}

bool DemoProcesses::kill(pid_t pid) {
  if (pid <= 0 || ::kill(pid, SIGKILL) != 0) return false;
  // A dead one has no arguments any more, also before somebody collects it.
  for (const Instant until = os::now() + 5s; os::now() < until && !command_line(pid).empty();)
    std::this_thread::sleep_for(1ms);
  return true;
}

std::string DemoProcesses::last_words(std::size_t lines) const {
  std::ifstream log(log_file_);
  std::deque<std::string> kept;
  for (std::string line; std::getline(log, line);) {
    kept.push_back(printable(line));
    if (kept.size() > lines) kept.pop_front();
  }
  std::string text;
  for (const auto& line : kept) text += (text.empty() ? "" : "\n") + line;
  return text;
}

bool DemoProcesses::end() {
  // Supervisor first: it takes its guard along, and the guard makes the outputs safe before anybody goes.
  if (supervisor_ != 0) ::kill(supervisor_, SIGTERM);
  const Instant until = os::now() + patience;
  while (!reap() && supervisor_ != 0 && os::now() < until) std::this_thread::sleep_for(5ms);
  // Whoever is left is a guard or cutter that outlived its parent.
  for (const pid_t pid : children_of(::getpid())) {
    ::kill(pid, SIGCONT);
    ::kill(pid, SIGTERM);
  }
  while (!reap() && os::now() < until) std::this_thread::sleep_for(5ms);
  const auto left = children_of(::getpid());
  for (const pid_t pid : left) ::kill(pid, SIGKILL);
  while (!left.empty() && !reap()) std::this_thread::sleep_for(5ms);
  return left.empty();
}

}  // namespace standstill::app
