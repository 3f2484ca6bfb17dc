// One connection to a Rocrail server, kept alive, with handlers on loss and return and the layout's model at
// hand.
//
//   standstill::Layout layout = standstill::connect("localhost", 8051, {
//       .on_loss = [](const standstill::Loss& loss) { … },
//   });
//
// Threads: the connection has one of its own, which runs none of your code. Handlers, conditions and triggers
// run one at a time on another one, so they need no locks among themselves; losses and returns overtake
// changes and triggers that wait. A handler that throws or hangs is reported and changes nothing else; the
// others go on, on a new thread.
//
// Every function here may be called from any thread, handlers included.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "standstill/events.hpp"
#include "standstill/model.hpp"

namespace standstill {

// What must not be missing has a default; give what you need, in this order.
struct Options {
  std::function<void(const Loss&)> on_loss = {};
  std::function<void(const Return&)> on_return = {};
  std::function<void(const Change&)> on_change = {};  // every object that changes; a lot while trains run
  // Exceptions and warnings the server means for people; level as Rocrail's (1 exception, 2 info, 4 warning
  // …).
  std::function<void(const std::string& text, std::int64_t level)> on_message = {};
  // Without this one, a line on the standard error output.
  std::function<void(const Trouble&)> on_handler_trouble = {};

  std::chrono::milliseconds probe{1000};             // ask when nothing was heard for so long
  std::chrono::milliseconds silence{3000};           // gone when a probe stays unanswered for so long
  std::chrono::milliseconds connect_timeout{5000};   // for name and connection together
  std::chrono::milliseconds retry_first{2000};       // wait before the next attempt, growing by half …
  std::chrono::milliseconds retry_longest{60000};    // … up to this
  std::chrono::milliseconds handler_patience{5000};  // a handler that runs longer has hung
  std::chrono::minutes clock_offset{0};  // what to add to the server's clock, which is read as UTC
};

// What the connection is doing.
struct Status {
  std::string state;    // dialing, probing, online, silent, lost, closed, suspended
  bool online = false;  // the server answers and its plan is at hand
  std::string detail;   // the last reason, a sentence; empty when there was none
  std::string peer;     // "127.0.0.1:8051"; empty before the first attempt
  std::uint64_t disconnects = 0;
};

// A trigger that was set up, or why it could not be.
class Trigger {
 public:
  Trigger() = default;
  Trigger(std::weak_ptr<client::Engine> engine, std::uint64_t number, std::string error)
      : engine_(std::move(engine)), number_(number), error_(std::move(error)) {}
  [[nodiscard]] explicit operator bool() const { return number_ != 0; }
  [[nodiscard]] const std::string& error() const { return error_; }
  void cancel();  // it is not begun again; one that runs goes on

 private:
  std::weak_ptr<client::Engine> engine_;
  std::uint64_t number_ = 0;
  std::string error_;
};

class Layout {
 public:
  // Starts at once and returns at once. Unusable options (a port of 0, an empty host …) are told as a loss.
  // Throws std::system_error when the system gives no thread or descriptor.
  Layout(std::string host, std::uint16_t port, Options options = {});
  // No handler begins after this. Waits for one that runs, but not longer than Options::handler_patience;
  // called in a handler it waits for none.
  ~Layout();
  Layout(Layout&&) noexcept;
  Layout& operator=(Layout&&) noexcept;

  // True when the server answers and its plan is at hand; else why not.
  Result wait_online(std::chrono::milliseconds timeout) const;
  [[nodiscard]] bool online() const { return status().online; }
  [[nodiscard]] Status status() const;
  void retry_now();  // do not wait for the next attempt

  [[nodiscard]] Model model() const;
  [[nodiscard]] std::string export_state() const { return model().export_state(); }
  [[nodiscard]] bool is_occupied(std::string_view block) const { return model().is_occupied(block); }
  [[nodiscard]] bool all_stopped() const { return model().all_stopped(); }
  [[nodiscard]] bool loco_in_block(std::string_view loco, std::string_view block) const {
    return model().loco_in_block(loco, block);
  }

  [[nodiscard]] Sender sender() const;
  Result send(std::string_view command) const { return sender().send(command); }
  Result send(std::string_view element, Sender::Fields fields) const {
    return sender().send(element, fields);
  }
  Result emergency_stop() const { return sender().emergency_stop(); }

  // By the layout's clock: "14:30", every hour "*:30", every five minutes "*/5" (1 to 1440, counted from
  // midnight). Runs when the clock enters such a minute. Minutes that a report skipped (up to five) are made
  // up for; a clock that was set, or moved further, counts as entering the new minute only.
  Trigger at(std::string_view time, std::function<void(const Moment&)> function);
  Trigger at(std::string_view time, std::function<void()> function);
  Trigger every(std::string_view time, std::function<void(const Moment&)> function) {
    return at(time, std::move(function));
  }
  Trigger every(std::string_view time, std::function<void()> function) {
    return at(time, std::move(function));
  }
  // When an object whose id matches changes: `*` is any text, `?` any character, [abc] [a-z] [!a] one of a
  // set. Before a colon may stand the kind, in Rocrail's word: "fb:*". Objects that a new plan brings do not
  // count as changed.
  Trigger when(std::string_view ids, Condition condition, std::function<void(const Change&)> function);

  [[nodiscard]] std::vector<LogEntry> log() const;  // the last 1000, oldest first
  [[nodiscard]] TroubleCounters troubles() const;

 private:
  std::shared_ptr<client::Engine> engine_;
};

// The one call that starts it all.
[[nodiscard]] inline Layout connect(std::string host, std::uint16_t port, Options options = {}) {
  return {std::move(host), port, std::move(options)};
}

}  // namespace standstill
