// The thread behind one alert: its queue, its retries, its status.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "kernel/backoff.hpp"
#include "tell/alert.hpp"
#include "tell/background_thread.hpp"
#include "tell/inbox.hpp"
#include "tell/wake.hpp"

namespace standstill::tell {

class Teller::Worker {
 public:
  using Changed = std::function<void(const AlertStatus&, const AlertEvent&)>;

  Worker(AlertConfig config, std::unique_ptr<Channel> channel, Changed changed);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void ask_to_end() { wake_.end(); }
  void join() { thread_.join(); }
  [[nodiscard]] bool wants(const std::string& event) const;
  void submit(std::shared_ptr<const AlertEvent> event);
  [[nodiscard]] AlertStatus status() const;
  [[nodiscard]] const std::string& id() const { return config_.id; }
  [[nodiscard]] bool idle() const { return pending_.load() == 0; }

 private:
  struct Waiting {
    std::shared_ptr<const AlertEvent> event;
    Instant since{};
    unsigned refusals = 0;
    bool tried = false;  // every event gets at least one attempt, however long it waited
  };
  void run();
  void attempt(Waiting& waiting);
  void delivered();
  void failed(Waiting& waiting, const Undelivered& undelivered);
  void done_with_first();

  const AlertConfig config_;
  const std::unique_ptr<Channel> channel_;
  const Changed changed_;
  Wake wake_;
  Inbox<Waiting> inbox_;
  std::atomic<std::size_t> pending_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;

  std::deque<Waiting> queue_;  // the worker's own
  Backoff backoff_;
  JitterSource jitter_;
  Instant try_at_{};

  mutable std::mutex status_mutex_;  // never taken by submit()
  AlertStatus status_;
  BackgroundThread thread_;
};

}  // namespace standstill::tell
