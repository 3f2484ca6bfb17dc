// The supervisor's event loop: descriptors, deadlines, and work posted by other threads.
//
// One thread calls run(); only post() and stop() may be called from another. Callbacks run one at a time in
// that thread and must not block. Destroying a Watch or Timer inside any callback, its own included, is
// allowed. (Why not Asio: the loop that watches runs in real time, is shared with libstandstill, and must say
// how long its own turns took. HTTP, which needs a library, lives on a thread of its own.)
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "kernel/time.hpp"
#include "os/fd.hpp"

namespace standstill::os {

class Loop {
  struct Watched;

 public:
  using Ready = std::function<void(std::uint32_t epoll_events)>;
  using Task = std::function<void()>;

  // A descriptor being watched; unwatches when destroyed (before the descriptor is closed, please).
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();
    void change(std::uint32_t epoll_events);
    [[nodiscard]] explicit operator bool() const { return watched_ != nullptr; }

   private:
    friend class Loop;
    std::shared_ptr<Watched> watched_;
  };

  // A one-shot deadline; cancelled when destroyed or set again.
  class Timer {
   public:
    Timer() = default;
    Timer(Timer&& other) noexcept;
    Timer& operator=(Timer&& other) noexcept;
    ~Timer();
    void cancel();
    [[nodiscard]] explicit operator bool() const { return loop_ != nullptr; }

   private:
    friend class Loop;
    Loop* loop_ = nullptr;
    std::pair<Instant, std::uint64_t> key_{};
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Watch watch(int fd, std::uint32_t epoll_events, Ready ready);
  [[nodiscard]] Timer at(Instant when, Task task);
  [[nodiscard]] Timer after(Duration delay, Task task) { return at(now() + delay, std::move(task)); }

  void post(Task task);  // thread-safe; runs in the loop's thread, in order
  void run();            // until stop()
  void stop();           // thread-safe; before run() it ends that run() in its first turn
  // One turn: waits at most `longest` for something to do. For tests and embedding.
  void turn(Duration longest);

  // Time at the start of this turn, or the time now outside run().
  [[nodiscard]] Instant now() const;
  // Longest time one turn kept the loop busy since the last call (for the loop's own metric); resets it.
  [[nodiscard]] Duration take_longest_turn() { return std::exchange(longest_turn_, Duration::zero()); }

 private:
  struct Watched {
    Loop* loop;
    int fd;
    Ready ready;
    bool active = true;
  };
  void run_timers();
  void run_posted();

  Fd epoll_;
  Fd wake_;
  std::map<std::pair<Instant, std::uint64_t>, Task> timers_;
  std::uint64_t next_timer_ = 0;
  std::vector<std::shared_ptr<Watched>> retired_;  // kept until the turn ends, events may still name them
  std::mutex posted_mutex_;
  std::vector<Task> posted_;
  std::atomic<bool> stopping_ = false;
  Duration longest_turn_{};
};

}  // namespace standstill::os
