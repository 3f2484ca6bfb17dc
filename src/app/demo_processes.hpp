// The processes of the demo: a real supervisor of this very program, and through it a real guard and cutters.
//
// This process becomes the reaper of all of them, so that none is left behind, also when one was killed on
// purpose.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <expected>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::app {

class DemoProcesses {
 public:
  // `log_file` takes what the supervisor and the guard say.
  DemoProcesses(std::string config_file, std::string state_dir, std::string log_file);
  ~DemoProcesses();  // as end()
  DemoProcesses(const DemoProcesses&) = delete;
  DemoProcesses& operator=(const DemoProcesses&) = delete;

  // Call from the thread that lives as long as the demo: the supervisor ends with it.
  [[nodiscard]] std::expected<void, std::string> start_supervisor();
  // Collects those that ended. True when the supervisor was among them.
  [[nodiscard]] bool supervisor_ended();

  [[nodiscard]] pid_t supervisor() const { return supervisor_; }  // 0: none runs
  [[nodiscard]] pid_t guard() const;                              // 0: none runs
  [[nodiscard]] pid_t cutter(int number) const;                   // 1 or 2; 0: it does not run

  [[nodiscard]] bool whole() const;  // supervisor, guard and both cutters run
  // Kills one of them and waits until it is dead, at most five seconds. False: there was none.
  [[nodiscard]] static bool kill(pid_t pid);

  // The end of what supervisor and guard have said, at most so many lines, fit for a terminal.
  [[nodiscard]] std::string last_words(std::size_t lines) const;

  // Outputs safe first, then everybody goes; KILL only for those that have not gone after ten seconds. False
  // when that was necessary.
  bool end();

 private:
  bool reap();  // true: no child is left
  [[nodiscard]] static std::vector<pid_t> children_of(pid_t parent);

  std::string config_file_, state_dir_, log_file_;
  std::atomic<pid_t> supervisor_ = 0;  // read by whoever presses k
};

}  // namespace standstill::app
