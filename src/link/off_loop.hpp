// One blocking call (a name lookup, opening a device) made on a thread of its own, its answer handed to the
// loop.
//
// The call cannot be interrupted, so a caller that has waited long enough abandons it: the thread ends when
// the call returns, and its answer is dropped. At most one thread runs per OffLoop: as long as an abandoned
// call is stuck, the next start() waits for that one instead of stacking up threads.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "os/detached_thread.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"

namespace standstill::link {

template <typename T>
class OffLoop {
 public:
  using Done = std::function<void(T)>;

  explicit OffLoop(os::Loop& loop) : loop_(loop) {}

  // `done` gets the answer in the loop's thread. False when no thread could be started.
  [[nodiscard]] bool start(std::function<T()> job, Done done) {
    done_ = std::move(done);
    if (shared_) return true;
    auto shared = std::make_shared<Shared>();
    shared->bell.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!shared->bell) return false;
    const bool spawned = os::spawn_detached([shared, job = std::move(job)] {
      T answer = job();
      const std::lock_guard lock(shared->mutex);
      shared->answer.emplace(std::move(answer));
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(shared->bell.get(), &one, sizeof one);
    });
    if (!spawned) return false;
    shared_ = std::move(shared);
    watch_ = loop_.watch(shared_->bell.get(), EPOLLIN, [this](std::uint32_t) { answered(); });
    return true;
  }
  void abandon() { done_ = nullptr; }
  [[nodiscard]] bool stuck() const { return shared_ != nullptr; }

 private:
  struct Shared {
    os::Fd bell;
    std::mutex mutex;
    std::optional<T> answer;
  };
  void answered() {
    const auto shared = std::move(shared_);
    watch_ = {};
    std::optional<T> answer;
    {
      const std::lock_guard lock(shared->mutex);
      answer = std::move(shared->answer);
    }
    if (const auto done = std::exchange(done_, nullptr); done && answer) done(std::move(*answer));
  }

  os::Loop& loop_;
  std::shared_ptr<Shared> shared_;
  os::Loop::Watch watch_;
  Done done_;
};

}  // namespace standstill::link
