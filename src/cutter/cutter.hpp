// One of two processes that can make every output safe and never decides to energise one.
//
// It holds duplicates of the guard's GPIO lines and the slow outputs. It cuts when the guard is gone
// (lifeline), silent (heartbeat), or when anybody adds to a cut word. A guard that missed its heartbeat is
// killed, so that it cannot act on what it knew before it stood still.
#pragma once

#include <array>
#include <memory>

#include "cutter/output_server.hpp"
#include "kernel/permit.hpp"
#include "os/shared_memory.hpp"
#include "output/line/gpio_line.hpp"

namespace standstill::cutter {

class Cutter {
 public:
  // Takes the inherited descriptors. `self` is 0 or 1. Exits the process with a message when they are not
  // usable.
  explicit Cutter(std::uint32_t self);

  // Runs until the guard is gone and everything is safe, or the guard says finish. Returns the exit code.
  int run();

 private:
  static void* await_guard_end(void* cutter);
  static void* serve_output(void* server);
  void guard_is_lost(const char* why);
  void lines_to_safe();
  void receive_descriptors();
  [[nodiscard]] bool everything_safe() const;

  os::SharedMemory inner_memory_, cut_memory_;
  Shared shared_;
  os::Fd guard_process_;
  int self_index_;
  std::array<std::atomic<int>, plan::max_outputs> lines_;  // GPIO line descriptors; -1: none
  std::array<std::unique_ptr<OutputServer>, plan::max_outputs> servers_;
  std::atomic<bool> guard_died_ = false;
};

}  // namespace standstill::cutter
