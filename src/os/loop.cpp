#include "os/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "os/clock.hpp"

namespace standstill::os {

namespace {
[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// The loop whose callbacks this thread is running, while its turn has not come to what was posted yet.
thread_local const Loop* before_posted = nullptr;

struct BeforePosted {
  explicit BeforePosted(const Loop* loop) { before_posted = loop; }
  ~BeforePosted() { before_posted = nullptr; }
  BeforePosted(const BeforePosted&) = delete;
  BeforePosted& operator=(const BeforePosted&) = delete;
};
}  // namespace

Loop::Watch::Watch(Watch&& other) noexcept = default;

Loop::Watch& Loop::Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    Watch old;
    old.watched_ = std::move(watched_);
    watched_ = std::move(other.watched_);
  }
  return *this;
}

Loop::Watch::~Watch() {
  if (!watched_) return;
  watched_->active = false;
  epoll_ctl(watched_->loop->epoll_.get(), EPOLL_CTL_DEL, watched_->fd, nullptr);
  watched_->loop->retired_.push_back(std::move(watched_));
}

void Loop::Watch::change(std::uint32_t epoll_events) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = watched_.get();
  epoll_ctl(watched_->loop->epoll_.get(), EPOLL_CTL_MOD, watched_->fd, &event);
}

Loop::Timer::Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), key_(other.key_) {}

Loop::Timer& Loop::Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    loop_ = std::exchange(other.loop_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

Loop::Timer::~Timer() { cancel(); }

void Loop::Timer::cancel() {
  if (loop_ != nullptr) loop_->timers_.erase(key_);
  loop_ = nullptr;
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) fail("event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) fail("event loop");
}

Loop::~Loop() = default;

Loop::Watch Loop::watch(int fd, std::uint32_t epoll_events, Ready ready) {
  Watch made;
  made.watched_ = std::make_shared<Watched>(Watched{this, fd, std::move(ready)});
  epoll_event event{};
  event.events = epoll_events;
  event.data.ptr = made.watched_.get();
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  return made;
}

Loop::Timer Loop::at(Instant when, Task task) {
  Timer made;
  made.loop_ = this;
  made.key_ = {when, next_timer_++};
  timers_.emplace(made.key_, std::move(task));
  return made;
}

void Loop::post(Task task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  if (before_posted == this) return;  // this very turn comes to it
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Loop::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Loop::run() {
  while (!stopping_.exchange(false)) turn(Duration::max());
}

Instant Loop::now() const { return os::now(); }

void Loop::turn(Duration longest) {
  Duration wait = longest;
  if (!timers_.empty())
    wait = std::min(wait, std::max(Duration::zero(), timers_.begin()->first.first - os::now()));
  timespec timeout{};
  timespec* timeout_at = nullptr;
  if (wait != Duration::max()) {
    timeout = {.tv_sec = wait.count() / 1'000'000'000, .tv_nsec = wait.count() % 1'000'000'000};
    timeout_at = &timeout;
  }
  std::array<epoll_event, 64> events{};
  const int count =
      epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_at, nullptr);
  const Instant start = os::now();
  {
    const BeforePosted callbacks(this);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto got = ::read(wake_.get(), &ignored, sizeof ignored);
        continue;
      }
      auto* watched = static_cast<Watched*>(event.data.ptr);
      if (watched->active) watched->ready(event.events);
    }
    run_timers();
  }
  run_posted();
  retired_.clear();
  longest_turn_ = std::max(longest_turn_, os::now() - start);
}

void Loop::run_timers() {
  const Instant due = os::now();
  const std::uint64_t border =
      next_timer_;  // what is set now waits for the next turn, also when it is due at once
  for (auto it = timers_.begin(); it != timers_.end() && it->first.first <= due;) {
    if (it->first.second >= border) {
      ++it;
      continue;
    }
    auto node = timers_.extract(it);
    node.mapped()();
    it = timers_.begin();  // the callback may have cancelled any of them
  }
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

}  // namespace standstill::os
