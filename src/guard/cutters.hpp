// The two cutters: started, given descriptors, watched by heartbeat and lifeline, fenced and started again.
#pragma once

#include <array>
#include <atomic>
#include <string>

#include "os/fd.hpp"
#include "os/shared_memory.hpp"
#include "wire/pages/pages.hpp"

namespace standstill::guard {

class Cutters {
 public:
  Cutters(std::string program, os::SharedMemory& inner, os::SharedMemory& cuts, int notify_fd);

  // Starts cutter `index` (0 or 1). False when it could not be started; the text says why.
  [[nodiscard]] bool start(std::size_t index, std::string& why);

  struct Look {
    bool lost = false;  // just found dead or silent; the other one serves from now on
    bool alive = false;
    bool ended = false;  // one that was lost earlier is gone now with all its threads: it can do no more
    Duration silent{};   // how long, when lost by heartbeat
  };
  // Judges cutter `index`. Who finds one lost cuts first (S1) and fences it then.
  [[nodiscard]] Look look(std::size_t index, Instant now);
  // Kills a lost cutter and lets go of its socket. Closing may take its time: descriptors may be on the way
  // in it.
  void fence(std::size_t index);

  // Descriptors: a serial device opened by one cutter goes to the other; GPIO lines go to both.
  void forward_descriptors();
  void give_line(std::size_t output, int fd);
  [[nodiscard]] int socket(std::size_t index) const { return sockets_[index].get(); }
  [[nodiscard]] bool alive(std::size_t index) const { return alive_[index]; }
  [[nodiscard]] Instant next_look(std::size_t index) const;
  // For the guard's clean end: true when both have gone by themselves.
  [[nodiscard]] bool both_gone();

 private:
  struct Waiter {
    pages::CutterPage* page;
    std::atomic<bool>* died;
    int notify_fd;
  };
  static void* await_end(void* waiter);
  void collect(std::size_t index);

  std::string program_;
  os::SharedMemory& inner_;
  os::SharedMemory& cuts_;
  int notify_fd_;
  std::array<os::Fd, 2> sockets_;
  std::array<int, 2> pids_{-1, -1};
  std::array<bool, 2> alive_{};
  std::array<bool, 2> ending_{};  // lost, and not yet gone
  std::array<bool, 2> beaten_{};  // it has sent its first heartbeat
  std::array<Instant, 2> started_{};
  std::array<std::atomic<bool>, 2> died_{};
  std::array<Waiter, 2> waiters_{};
  std::array<os::Fd, plan::max_outputs> serial_;  // what a cutter started later must be given
};

}  // namespace standstill::guard
