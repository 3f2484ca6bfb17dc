#include "os/child_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string_view>

#include "os/clock.hpp"
#include "os/fd.hpp"

extern char** environ;

namespace standstill::os {
namespace {

constexpr Duration grace = 1s;            // between TERM and KILL
constexpr Duration grace_at_end = 200ms;  // the same while the supervisor itself is ending
constexpr std::size_t complaint_kept = 200;

// The input as a file in memory: a program that never reads cannot block us, and one that ends early raises
// no SIGPIPE.
Fd input_file(const std::string& text) {
  Fd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return file;
  std::size_t done = 0;
  while (done < text.size()) {
    const auto count = ::write(file.get(), text.data() + done, text.size() - done);
    if (count <= 0) return {};
    done += static_cast<std::size_t>(count);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    const sched_param ordinary{};
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setschedpolicy(&attributes_, SCHED_OTHER);
    posix_spawnattr_setschedparam(&attributes_, &ordinary);
    // Its own session: our group's Ctrl-C is not its business, and one signal reaches all its children.
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSID);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

class Files {
 public:
  Files(int input, int complaints) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, complaints, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
  }
  ~Files() { posix_spawn_file_actions_destroy(&actions_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::string complaint(int fd) {
  std::array<char, complaint_kept> bytes{};
  const auto count = ::read(fd, bytes.data(), bytes.size());
  std::string text(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  while (text.ends_with(' ')) text.pop_back();
  return text.empty() ? text : ": " + text;
}

std::expected<void, ChildFailure> watch(pid_t child, int complaints, Duration time_out,
                                        const std::function<bool()>& ending_now) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const Instant began = now();
  Instant act_at = began + time_out;
  int signals_sent = 0;
  // Seen first and reaped last, so that the group's number cannot belong to somebody else when we signal it.
  for (siginfo_t info{}; ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                         info.si_pid == 0;) {
    const Instant at = now();
    const bool ending = ending_now();
    if (at >= act_at || (ending && signals_sent == 0)) {
      ::kill(-child, signals_sent == 0 ? SIGTERM : SIGKILL);
      ++signals_sent;
      act_at = at + (ending ? grace_at_end : grace);
    }
    pollfd entry{process.get(), POLLIN, 0};
    ::poll(&entry, process ? 1 : 0, 20);  // short, so that the end of the program is noticed too
  }
  // What a program that hung left running ends with it; one that succeeded may leave its siren sounding.
  if (signals_sent > 0) ::kill(-child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (signals_sent > 0)
    return std::unexpected(ChildFailure{"it had not ended after " + std::to_string(to_ms(time_out)) +
                                        " ms and was killed" + complaint(complaints)});
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFEXITED(status) ? "it ended with exit code " + std::to_string(WEXITSTATUS(status))
                                            : "it was ended by signal " + std::to_string(WTERMSIG(status));
  return std::unexpected(ChildFailure{how + complaint(complaints)});
}

}  // namespace

std::expected<void, ChildFailure> run_program(const ChildProgram& program,
                                              const std::function<bool()>& ending) {
  const Fd input = input_file(program.input);
  std::array<int, 2> ends{-1, -1};
  if (!input || ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return std::unexpected(ChildFailure{std::string("cannot prepare its input: ") + std::strerror(errno)});
  const Fd complaints(ends[0]);
  Fd complaints_in(ends[1]);
  std::vector<char*> arguments;
  arguments.reserve(program.command.size() + 1);
  for (const auto& word : program.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("STANDSTILL_")) environment.push_back(*entry);
  environment.push_back(nullptr);
  const Files files(input.get(), complaints_in.get());
  const Attributes attributes;
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], files.get(), attributes.get(), arguments.data(),
                                  environment.data());
  complaints_in.reset();
  if (error != 0)
    return std::unexpected(
        ChildFailure{"cannot run " + program.command.front() + ": " + std::strerror(error), true});
  return watch(child, complaints.get(), program.time_out, ending);
}

}  // namespace standstill::os
