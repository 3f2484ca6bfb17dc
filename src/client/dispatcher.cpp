#include "client/dispatcher.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "os/clock.hpp"

namespace standstill::client {

namespace {

struct Call {
  HandlerPtr handler;
  Dispatcher::Run run;
};

struct Outcome {
  bool ran = false;
  bool threw = false;
  std::string error;
};

// Also destroys what the user's function had captured: that is user code, too.
Outcome run_guarded(Dispatcher::Run run) {
  Outcome outcome;
  try {
    outcome.ran = run();
    run = nullptr;
  } catch (const std::exception& error) {
    outcome.threw = true;
    outcome.error = error.what();
  } catch (...) {
    outcome.threw = true;
    outcome.error = "something that is no std::exception";
  }
  return outcome;
}

std::chrono::system_clock::time_point wall() {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(os::wall_ns())));
}

std::string milliseconds(Duration length) { return std::to_string(to_ms(length)) + " ms"; }

}  // namespace

struct Dispatcher::State {
  struct Running {
    std::uint64_t number;
    HandlerPtr handler;
    Instant since;
    Instant deadline;
    std::thread::id thread;
  };

  Duration patience{};
  std::shared_ptr<const std::function<void(const Trouble&)>> on_trouble;
  HandlerPtr trouble_handler = std::make_shared<Callback>("on_handler_trouble", false);

  std::mutex mutex;
  std::condition_variable work;   // for the worker: a call waits
  std::condition_variable watch;  // for the keeper: a call began, or the end
  std::condition_variable idle;   // for close(): no call runs
  std::deque<Call> urgent;
  std::deque<Call> ordinary;
  std::optional<Running> running;
  std::uint64_t last_number = 0;
  bool keeper_sleeps = false;
  bool closing = false;
  bool overflow_told = false;
  std::deque<LogEntry> log;
  TroubleCounters counters;
  std::thread worker;
  std::thread keeper;

  // All below: with the lock held.
  void write(const Callback& handler, std::string what, std::string detail, Duration took) {
    if (log.size() == max_log) log.pop_front();
    log.push_back({wall(), handler.name, std::move(what), std::move(detail),
                   std::chrono::duration_cast<std::chrono::microseconds>(took)});
  }
  void report(Trouble::What what, const HandlerPtr& handler, const std::string& word, std::string detail,
              Duration took) {
    write(*handler, word, detail, took);
    if (handler == trouble_handler || closing) return;  // it cannot be told of itself
    Trouble trouble{what, handler->name, std::move(detail), wall()};
    urgent.push_back({trouble_handler, [told = on_trouble, trouble = std::move(trouble)] {
                        (*told)(trouble);
                        return true;
                      }});
    work.notify_one();
  }
  void skip(const HandlerPtr& handler, bool& told, const char* why) {
    ++counters.skipped;
    if (!std::exchange(told, true)) report(Trouble::What::skipped, handler, "skipped", why, {});
  }
  std::optional<Call> next() {
    for (auto* queue : {&urgent, &ordinary}) {
      if (queue->empty()) continue;
      Call call = std::move(queue->front());
      queue->pop_front();
      if (ordinary.size() < max_waiting / 2) overflow_told = false;
      return call;
    }
    return std::nullopt;
  }
  void done(const HandlerPtr& handler, const Outcome& outcome, Duration took) {
    if (outcome.threw) {
      ++counters.threw;
      report(Trouble::What::threw, handler, "threw", outcome.error, took);
    } else if (outcome.ran && handler->logged) {
      write(*handler, "ran", {}, took);
    }
  }

  static void work_on(const std::shared_ptr<State>& self) {
    std::unique_lock lock(self->mutex);
    for (;;) {
      self->work.wait(lock,
                      [&] { return self->closing || !self->urgent.empty() || !self->ordinary.empty(); });
      if (self->closing) return;
      Call call = *self->next();
      if (call.handler->stuck || call.handler->cancelled) {
        if (call.handler->stuck)
          self->skip(call.handler, call.handler->skip_told, "it still hangs in an earlier call");
        lock.unlock();
        run_guarded([dropped = std::move(call.run)] { return false; });
        lock.lock();
        continue;
      }
      const auto number = ++self->last_number;
      const Instant since = os::now();
      self->running =
          Running{number, call.handler, since, since + self->patience, std::this_thread::get_id()};
      if (self->keeper_sleeps) self->watch.notify_one();
      lock.unlock();
      const Outcome outcome = run_guarded(std::move(call.run));
      lock.lock();
      const Duration took = os::now() - since;
      const bool replaced = !self->running || self->running->number != number;
      if (!replaced) {
        self->running.reset();
        self->idle.notify_all();
      } else {
        call.handler->stuck = call.handler->skip_told = false;
        self->report(Trouble::What::returned, call.handler, "returned",
                     "it came back after " + milliseconds(took), took);
      }
      self->done(call.handler, outcome, took);
      if (replaced) return;  // another worker has taken over
    }
  }

  static void keep(const std::shared_ptr<State>& self) {
    std::unique_lock lock(self->mutex);
    for (;;) {
      self->keeper_sleeps = true;
      self->watch.wait(lock, [&] { return self->closing || self->running; });
      self->keeper_sleeps = false;
      if (self->closing) return;
      const auto number = self->running->number;
      // Not woken when the call ends: by then another one may run, and this one is looked at when its time is
      // up.
      self->watch.wait_for(lock, self->running->deadline - os::now(), [&] { return self->closing; });
      if (self->closing) return;
      if (!self->running || self->running->number != number || os::now() < self->running->deadline) continue;
      hung(self);
    }
  }

  static void hung(const std::shared_ptr<State>& self) {
    std::thread next;
    try {
      next = std::thread(work_on, self);  // waits for the lock
    } catch (const std::system_error&) {
      self->running->deadline += self->patience;  // no thread to be had now: ask again
      return;
    }
    const HandlerPtr handler = self->running->handler;
    const Duration took = os::now() - self->running->since;
    self->running.reset();
    self->worker.detach();
    self->worker = std::move(next);
    handler->stuck = true;
    ++self->counters.hung;
    self->report(
        Trouble::What::hung, handler, "hung",
        "it runs for more than " + milliseconds(self->patience) + "; it is not called again until it returns",
        took);
  }
};

Dispatcher::Dispatcher(Duration patience, std::function<void(const Trouble&)> on_trouble)
    : state_(std::make_shared<State>()) {
  state_->patience = patience;
  state_->on_trouble = std::make_shared<const std::function<void(const Trouble&)>>(std::move(on_trouble));
  const std::lock_guard lock(state_->mutex);
  state_->worker = std::thread(State::work_on, state_);
  try {
    state_->keeper = std::thread(State::keep, state_);
  } catch (...) {
    state_->closing = true;
    state_->work.notify_all();
    state_->worker.detach();
    throw;
  }
}

Dispatcher::~Dispatcher() { close(); }

void Dispatcher::call(Order order, HandlerPtr handler, Run run) {
  const std::lock_guard lock(state_->mutex);
  if (state_->closing) return;
  if (order == Order::ordinary && state_->ordinary.size() >= max_waiting)
    return state_->skip(handler, state_->overflow_told,
                        "too many calls are waiting: the handlers are too slow for what happens");
  auto& queue = order == Order::urgent ? state_->urgent : state_->ordinary;
  queue.push_back({std::move(handler), std::move(run)});
  state_->work.notify_one();
}

void Dispatcher::cancel(const HandlerPtr& handler) {
  const std::lock_guard lock(state_->mutex);
  handler->cancelled = true;
}

void Dispatcher::refused(const std::string& handler, const std::string& why) {
  const std::lock_guard lock(state_->mutex);
  ++state_->counters.refused;
  state_->report(Trouble::What::refused, std::make_shared<Callback>(handler), "refused", why, {});
}

void Dispatcher::close() {
  std::deque<Call> dropped[2];
  std::thread worker;
  std::thread keeper;
  {
    std::unique_lock lock(state_->mutex);
    if (std::exchange(state_->closing, true)) return;
    std::swap(dropped[0], state_->urgent);
    std::swap(dropped[1], state_->ordinary);
    state_->work.notify_all();
    state_->watch.notify_all();
    const auto mine = [&] {
      return state_->running && state_->running->thread == std::this_thread::get_id();
    };
    if (state_->running && !mine())
      state_->idle.wait_for(lock, state_->running->deadline - os::now(), [&] { return !state_->running; });
    if (state_->running)
      state_->worker.detach();
    else
      worker = std::move(state_->worker);
    keeper = std::move(state_->keeper);
  }
  keeper.join();
  if (worker.joinable()) worker.join();
  for (auto& queue : dropped)
    for (auto& call : queue) run_guarded([run = std::move(call.run)] { return false; });
}

std::vector<LogEntry> Dispatcher::log() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->log.begin(), state_->log.end()};
}

TroubleCounters Dispatcher::troubles() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counters;
}

}  // namespace standstill::client
