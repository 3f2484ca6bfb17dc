// The few threads on which calls of the backend may block, away from the thread that hears a stop.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "tell/background_thread.hpp"

namespace standstill::terminal {

class Pool {
 public:
  Pool(const char* name, std::size_t threads);
  ~Pool();  // finishes the calls under way, forgets those waiting
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // False when `most_waiting` or more wait already. A task must not throw.
  [[nodiscard]] bool post(std::function<void()> task, std::size_t most_waiting);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<tell::BackgroundThread> threads_;
};

}  // namespace standstill::terminal
