// What a Layout tells its handlers, and what it answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "standstill/model.hpp"

namespace standstill {

namespace client {
class Engine;
}  // namespace client

// Done, or why not: a sentence for people.
class [[nodiscard]] Result {
 public:
  Result() = default;
  [[nodiscard]] static Result refused(std::string why) { return Result(std::move(why)); }
  [[nodiscard]] explicit operator bool() const { return error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }  // empty when done

 private:
  explicit Result(std::string why) : error_(std::move(why)) {}
  std::string error_;
};

// Speaks to the server. Copy it anywhere, use it in any thread and in every handler; once its Layout is gone,
// every command is refused.
class Sender {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Sender() = default;
  explicit Sender(std::weak_ptr<client::Engine> engine) : engine_(std::move(engine)) {}

  // What a person would type, in words or as an element: `lc BR01 V=40`, `sw sw1 turnout`, `lc "BR 01" stop`,
  // `go`,
  // `<fb id="fb1" state="true"/>`. Handed to the system before this returns; it waits for no answer and
  // behind no read. Refused without a connection (nothing is kept for later), or when it is no command. When
  // the server takes no data at the moment, the command waits and the result says so.
  Result send(std::string_view command) const;
  // An element from its parts, every value escaped: send("lc", {{"id", name}, {"V", "40"}}).
  Result send(std::string_view element, Fields fields) const;
  // ebreak, then track power off, in one piece and at once; commands that wait to leave and could start
  // something are dropped. It reaches what the server reaches: cut the power yourself when it is refused or
  // waits.
  Result emergency_stop() const;

 private:
  std::weak_ptr<client::Engine> engine_;
};

// The server is gone. Told once an outage, also when it could not be reached at all.
struct Loss {
  enum class Kind : std::uint8_t {
    lost,     // a crash, a hang, a cut cable, or no server there: nobody steers the trains
    goodbye,  // it had announced its shutdown
  };
  Kind kind = Kind::lost;
  std::string detail = {};  // why, a sentence
  std::chrono::system_clock::time_point at = {};
  bool was_online = false;  // at least once before
  Model model = {};         // as last told; without a plan when none ever came
  Sender sender = {};
};

// The server is back, its plan read anew.
struct Return {
  std::chrono::system_clock::time_point at = {};
  std::chrono::milliseconds outage{};  // since the Loss was noticed
  Model model = {};                    // what it now believes; switch positions and speeds may be old
  Sender sender = {};
};

// One object is different, or a whole plan arrived.
struct Change {
  enum class What : std::uint8_t { added, changed, removed, plan };
  What what = What::changed;
  Object object = {};  // as it is now; of a removed one, as it was; of a plan, the plan's own attributes
  Object before = {};  // false when it was added
  Model model = {};    // as it was then
  Sender sender = {};
  [[nodiscard]] Kind kind() const { return object.kind(); }
  [[nodiscard]] std::string id() const { return object.id(); }
  [[nodiscard]] bool changed(std::string_view attribute) const {
    return before[attribute] != object[attribute];
  }
};

// The layout's clock reached the minute of a trigger.
struct Moment {
  int hour = 0;    // 0 to 23
  int minute = 0;  // 0 to 59
  Model model = {};
  Sender sender = {};
};

// A handler did not do what a handler should. Nothing else is affected.
struct Trouble {
  enum class What : std::uint8_t {
    threw,     // an exception came out of it
    hung,      // it ran longer than Options::handler_patience; until it returns it is not called again
    returned,  // one that hung came back
    skipped,   // it was not called, because it hung, or because too many changes were waiting
    refused,   // a trigger could not be set up
  };
  What what = What::threw;
  std::string handler = {};  // "on_loss", "at 14:30", "when fb_*" …
  std::string detail = {};
  std::chrono::system_clock::time_point at = {};
};

struct TroubleCounters {
  std::uint64_t threw = 0;
  std::uint64_t hung = 0;
  std::uint64_t skipped = 0;
  std::uint64_t refused = 0;
};

// What ran: triggers, losses, returns, troubles; not the single on_change.
struct LogEntry {
  std::chrono::system_clock::time_point at = {};
  std::string handler = {};
  std::string what = {};  // "ran", "threw", "hung", "returned", "skipped", "refused"
  std::string detail = {};
  std::chrono::microseconds took{};
};

// When a trigger runs. From a function of the object: when that becomes true (it was not of the object
// before). From a function of the change: at every change for which it is true. It runs on the handlers'
// thread.
class Condition {
 public:
  Condition() = default;  // every change

  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, Condition> &&
             std::is_invocable_r_v<bool, Function&, const Object&>)
  Condition(Function function)  // NOLINT(google-explicit-constructor): a lambda is what users write
      : holds_([so = std::move(function)](const Change& change) mutable {
          return change.what != Change::What::removed && so(change.object) &&
                 !(change.before && so(change.before));
        }) {}

  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, Condition> &&
             std::is_invocable_r_v<bool, Function&, const Change&> &&
             !std::is_invocable_r_v<bool, Function&, const Object&>)
  Condition(Function function)  // NOLINT(google-explicit-constructor)
      : holds_(std::move(function)) {}

  [[nodiscard]] bool operator()(const Change& change) const { return !holds_ || holds_(change); }

 private:
  std::function<bool(const Change&)> holds_;
};

// The condition that an attribute becomes this: when("fb_*", becomes("state", "true"), …).
[[nodiscard]] inline Condition becomes(std::string attribute, std::string value) {
  return {[attribute = std::move(attribute), value = std::move(value)](const Object& object) {
    return object[attribute] == value;
  }};
}

}  // namespace standstill
