// Calls the user's functions, one at a time, on a thread of their own.
//
// Two threads: the worker makes the calls, the keeper looks at how long they take. A call that takes longer
// than `patience` has hung: its thread is left to it, a new worker goes on with the next call, and the
// handler is not called again until it returns. So at most one thread a handler can ever be stuck.
//
// Everything lives in a state that those threads share, because a stuck one outlives the dispatcher.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/time.hpp"
#include "standstill/events.hpp"

namespace standstill::client {

// One function of the user's, for the dispatcher to know it by.
struct Callback {
  explicit Callback(std::string what, bool in_log = true) : name(std::move(what)), logged(in_log) {}
  const std::string name;
  const bool logged;  // its ordinary runs stand in the log
  // The dispatcher's, under its lock:
  bool stuck = false;
  bool skip_told = false;
  bool cancelled = false;
};
using HandlerPtr = std::shared_ptr<Callback>;

class Dispatcher {
 public:
  static constexpr std::size_t max_waiting =
      10'000;                                   // ordinary calls; what comes beyond is skipped, and reported
  static constexpr std::size_t max_log = 1000;  // entries

  // The function owns all it needs; true when it did something worth the log.
  using Run = std::function<bool()>;
  enum class Order {
    urgent,   // before everything ordinary: losses, returns, troubles
    ordinary  // changes, triggers, messages
  };

  // Throws std::system_error when there is no thread to be had.
  Dispatcher(Duration patience, std::function<void(const Trouble&)> on_trouble);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void call(Order order, HandlerPtr handler, Run run);  // never blocks on a handler
  void cancel(const HandlerPtr& handler);
  // A trigger could not be set up.
  void refused(const std::string& handler, const std::string& why);
  // No call begins after this. Waits for the one that runs, at most until it counts as hung; in that very
  // call, not.
  void close();

  [[nodiscard]] std::vector<LogEntry> log() const;
  [[nodiscard]] TroubleCounters troubles() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace standstill::client
