// What stands behind a Plc: link, session, and the one loop that both a caller and the Plc's own thread can
// turn.
//
// The loop has one holder at a time. A caller that waits for its answer holds it and does the connection's
// work in its own thread, so that a read costs no switch between threads; a second caller posts its question
// to the holder. When nobody has called for a while, the keeper takes the loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

#include "client/dispatcher.hpp"
#include "client/plc_group.hpp"
#include "kernel/watch_frozen.hpp"
#include "link/link.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "plant/plc/session.hpp"
#include "standstill/plc.hpp"

namespace standstill::client {

class PlcEngine : public std::enable_shared_from_this<PlcEngine> {
 public:
  PlcEngine(std::string host, PlcOptions options);
  ~PlcEngine();
  PlcEngine(const PlcEngine&) = delete;
  PlcEngine& operator=(const PlcEngine&) = delete;

  void start();
  void close();

  // Asks with `begin` on the loop and waits for what `convert` makes of the outcome, at most the options'
  // time-out. `convert` runs on the loop, where the outcome is shown, and may outlive the call. What either
  // throws is thrown to the caller, whoever turns the loop for him.
  template <class From, class Convert>
  auto call(const auto& begin, Convert convert) {
    using To = std::invoke_result_t<Convert&, plc::Outcome<From>>;
    const auto waiting = std::make_shared<Waiting<To, Convert>>(std::move(convert));
    const Instant begun = now();
    const plc::Terms terms = terms_at(begun);
    const auto ask = [&](Instant at) {
      // Where another turns the loop, whoever asked may have his answer, and be gone, before this ends.
      const auto kept = waiting;
      PlcEngine* const engine = this;
      kept->carefully([&] {
        engine->prepare();
        engine->asked_at_ = at;
        // Owned by the question until it is answered, which it is once: so that the function needs no memory.
        kept->own = kept;
        begin(terms, [engine, asked = kept.get()](plc::Outcome<From> outcome) {
          const auto own = std::move(asked->own);
          own->carefully([&] {
            if (!outcome) outcome = std::unexpected(engine->with_cause(std::move(outcome.error())));
            own->result.emplace(own->convert(std::move(outcome)));
          });
          engine->settle(own->done);
        });
        engine->link_->send_now();
      });
      if (kept->thrown && !kept->done) engine->settle(kept->done);
    };
    run_until(std::ref(ask), waiting->done, begun, terms.give_up);
    if (!waiting->done) return waiting->convert(std::unexpected(closed()));
    if (waiting->thrown) std::rethrow_exception(waiting->thrown);
    return std::move(*waiting->result);
  }
  // The same without waiting; `then` gets the result on the handlers' thread.
  template <class From, class Convert, class Then>
  void call_later(std::function<void(const plc::Terms&, plc::Done<From>)> begin, Convert convert, Then then) {
    using To = std::invoke_result_t<const Convert&, plc::Outcome<From>>;
    if (!unusable_.empty())
      return later([then = std::move(then), result = convert(std::unexpected(closed()))] { then(result); });
    loop_.post([this, begin = std::move(begin), convert = std::move(convert), then = std::move(then),
                terms = terms_at(now())] {
      prepare();
      asked_at_ = now();
      auto watch = std::make_shared<os::Loop::Timer>(expiry(terms));
      begin(terms, [this, convert, then, watch](plc::Outcome<From> outcome) {
        watch->cancel();
        if (!outcome) outcome = std::unexpected(with_cause(std::move(outcome.error())));
        dispatcher_.call(Dispatcher::Order::ordinary, on_answer_,
                         [then, result = std::make_shared<To>(convert(std::move(outcome)))] {
                           then(*result);
                           return false;
                         });
      });
      link_->send_now();
    });
  }

  // What these addresses mean. Who asks for the same again and again has them understood once.
  [[nodiscard]] PlcTags tags(const std::vector<std::string>& addresses);

  // Runs it on the handlers' thread: what needs no question.
  void later(std::function<void()> then) {
    dispatcher_.call(Dispatcher::Order::ordinary, on_answer_, [then = std::move(then)] {
      then();
      return false;
    });
  }

  PlcResult<PlcDone> wait_online(Duration time_out);
  [[nodiscard]] PlcStatus status();
  void retry_now();
  [[nodiscard]] plc::Session& session() { return session_; }
  [[nodiscard]] const std::string& peer() const { return session_.settings().peer; }
  [[nodiscard]] static Instant now() { return os::now(); }
  // When the question began that is being asked right now.
  [[nodiscard]] Instant asked_at() const { return asked_at_; }

 private:
  template <class To, class Convert>
  struct Waiting {
    explicit Waiting(Convert how) : convert(std::move(how)) {}
    void carefully(const auto& what) {
      try {
        what();
      } catch (...) {
        if (!done) thrown = std::current_exception();
      }
    }
    Convert convert;
    std::atomic<bool> done = false;
    std::optional<To> result;   // once it is done
    std::exception_ptr thrown;  // instead of it
    std::shared_ptr<Waiting> own;
  };
  [[nodiscard]] plc::Terms terms_at(Instant now) const;
  // `now`: when it was called. `begin` gets the time at which it runs.
  void run_until(const std::function<void(Instant)>& begin, const std::atomic<bool>& done, Instant now,
                 Instant limit);
  void turn_until(const std::atomic<bool>& done, Instant now, Instant limit);
  void release();
  void settle(std::atomic<bool>& done);
  void wait_for_the_loop(std::unique_lock<std::mutex>& lock, const std::atomic<bool>& done);
  void count_caller(int change);
  void keep();
  void prepare();  // a call begins: an exhausted link dials again
  [[nodiscard]] os::Loop::Timer expiry(const plc::Terms& terms);
  void link_changed(const link::Status& status, link::State previous, std::string_view why);
  [[nodiscard]] plc::Trouble with_cause(plc::Trouble trouble) const;
  [[nodiscard]] plc::Trouble closed() const;  // why nothing is asked any more, or ever was
  void attempt_failed(std::string_view why);
  void beat();
  void judge_beat(const Sample& sample);
  void beat_refused(const std::string& why);
  void tell_beat(bool alive, const std::string& why);

  const std::string host_;
  const std::shared_ptr<const PlcOptions> options_;
  const std::string unusable_;  // what is wrong with the options; empty: nothing
  Dispatcher dispatcher_;
  const HandlerPtr on_loss_ = std::make_shared<Callback>("on_loss");
  const HandlerPtr on_return_ = std::make_shared<Callback>("on_return");
  const HandlerPtr on_attempt_ = std::make_shared<Callback>("on_attempt", false);
  const HandlerPtr on_heartbeat_ = std::make_shared<Callback>("on_heartbeat");
  const HandlerPtr on_answer_ = std::make_shared<Callback>("the function of an asynchronous call", false);

  std::mutex mutex_;
  std::condition_variable freed_;    // the loop has no holder, or a call is done
  std::condition_variable keeping_;  // the keeper's pause
  bool held_ = false;
  bool ended_ = true;
  std::atomic<std::uint32_t> callers_ = 0;
  std::atomic<std::uint32_t> waiters_ = 0;  // for freed_
  std::uint64_t calls_ = 0;
  std::optional<PlcTags> last_tags_;
  std::thread keeper_;

  // Only the loop's holder, from here:
  os::Loop loop_;
  plc::Session session_;
  std::unique_ptr<link::Link> link_;
  Instant asked_at_{};
  Instant turned_{};  // when the loop last had its turn
  std::optional<Instant> lost_at_;
  std::uint32_t tries_ = 0;  // failed attempts of this series
  bool was_online_ = false;
  bool online_ = false;  // on this connection
  bool loss_told_ = false;
  std::optional<s7::Address> beat_address_;
  FrozenWatch beat_watch_;
  int beats_asked_ = 0;        // and not answered yet
  bool beat_refused_ = false;  // the last time it was asked for
  std::optional<bool> alive_told_;
  os::Loop::Timer beat_timer_;
};

}  // namespace standstill::client
