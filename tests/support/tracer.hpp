// Runs a program under ptrace(2) and stops it at every system call: to list them, to kill the process at one
// of them, or to make one fail. What happens depends on the calls alone, never on time.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace standstill::test {

struct TracedProcess {
  pid_t pid = -1;
  std::string program;                 // last part of the path, such as "standstill-cutter"
  std::vector<std::string> arguments;  // without the program's name
};

struct TracedCall {
  const TracedProcess& process;
  pid_t thread;
  long number;  // SYS_…
  std::array<std::uint64_t, 6> arguments;
  bool entry;           // false: the kernel has done it, and `result` stands
  std::int64_t result;  // negative errno when it failed
  std::uint64_t index;  // of this process, from 1, counted at entry; 0: the end of the execve that began it
};

class Tracer {
 public:
  enum class Role {
    leave,   // not traced
    follow,  // only what it starts is looked at
    step,    // the judge sees each of its system calls twice, at entry and at exit
  };
  struct Deed {
    enum class What { go_on, kill, fail } what = What::go_on;
    int error = 0;  // fail, at entry: the kernel does nothing and the program sees this errno
  };
  // Both are called in this tracer's own thread.
  using Choose = std::function<Role(const TracedProcess&)>;  // at each execve
  using Judge = std::function<Deed(const TracedCall&)>;

  struct Command {
    std::vector<std::string> words;
    std::vector<std::string> environment{};  // NAME=value, on top of this process's own
    std::string log{};                       // where both outputs are appended; empty: left as they are
  };
  Tracer(Command command, Choose choose, Judge judge);
  ~Tracer();  // whatever is still traced dies
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }  // -1: ptrace is not allowed here
  // The wait status of a traced process once it has ended. Nobody else can wait for it.
  [[nodiscard]] std::optional<int> ended(pid_t process) const;
  [[nodiscard]] bool all_ended() const { return done_; }

  [[nodiscard]] static std::string name(long number);  // "pwrite64"; a number where there is no name
  [[nodiscard]] static bool allowed();                 // may this user trace at all?

 private:
  struct Thread;
  void trace(const Command& command, std::atomic<int>& started);
  pid_t launch(const Command& command);
  void stopped(pid_t thread, int status);
  void executed(pid_t thread);
  void at_call(Thread& thread, pid_t tid);
  void resume(pid_t tid, int signal);
  Thread& known(pid_t tid);

  Choose choose_;
  Judge judge_;
  std::atomic<pid_t> pid_ = -1;
  std::atomic<bool> done_ = false;
  struct Watched {
    TracedProcess process;
    Role role = Role::follow;
    std::uint64_t calls = 0;
  };
  std::map<pid_t, std::shared_ptr<Watched>> processes_;  // by process; the tracer's thread only
  std::map<pid_t, Thread> threads_;                      // by thread; the tracer's thread only
  mutable std::mutex mutex_;
  std::map<pid_t, int> ended_;    // under mutex_
  std::map<pid_t, bool> living_;  // traced processes, under mutex_
  std::thread thread_;
};

struct Tracer::Thread {
  std::shared_ptr<Watched> of;
  long number = -1;
  std::array<std::uint64_t, 6> arguments{};
  std::uint64_t index = 0;
  int inject = 0;
};

}  // namespace standstill::test
