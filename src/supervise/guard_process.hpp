// Starts the guard when none runs.
#pragma once

#include <expected>
#include <string>

#include <sys/types.h>

namespace standstill::supervise {

class GuardProcess {
 public:
  GuardProcess(std::string program, std::string cutter, std::string state_dir);

  // In a session of its own; it takes its own lock, so starting a second one does no harm.
  [[nodiscard]] std::expected<void, std::string> start();
  [[nodiscard]] bool ours() const { return pid_ > 0; }
  // A guard of ours that hangs before it has said a word: it is ended, and the next one makes everything
  // safe.
  void fence();
  // Collects it when it has ended. True while it runs.
  bool running();

 private:
  std::string program_, cutter_, state_dir_;
  pid_t pid_ = -1;
};

// The path of a program that is installed beside this one.
[[nodiscard]] std::string program_beside(const char* name);

}  // namespace standstill::supervise
