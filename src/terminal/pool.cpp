#include "terminal/pool.hpp"

#include <utility>

namespace standstill::terminal {

Pool::Pool(const char* name, std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(name, [this] { run(); });
}

Pool::~Pool() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool Pool::post(std::function<void()> task, std::size_t most_waiting) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= most_waiting) return false;
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Pool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const auto task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace standstill::terminal
