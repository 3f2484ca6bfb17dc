// The user's triggers: which of them a change or a minute of the layout's clock concerns.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/dispatcher.hpp"
#include "client/pattern.hpp"
#include "plant/layout/object.hpp"

namespace standstill::client {

// Never changes; a call that waits may outlive its registration.
struct TimeTrigger {
  HandlerPtr handler;
  TimePattern time;
  std::function<void(const Moment&)> function;
};
struct ChangeTrigger {
  HandlerPtr handler;
  std::optional<layout::Kind> kind;  // none: any
  std::string glob;
  Condition condition;
  std::function<void(const Change&)> function;
  [[nodiscard]] bool concerns(layout::Kind of, std::string_view id) const {
    return (!kind || *kind == of) && glob_matches(glob, id);
  }
};

// Any thread.
class Triggers {
 public:
  using Times = std::vector<std::shared_ptr<const TimeTrigger>>;
  using Changes = std::vector<std::shared_ptr<const ChangeTrigger>>;

  std::uint64_t add(std::shared_ptr<const TimeTrigger> trigger);
  std::uint64_t add(std::shared_ptr<const ChangeTrigger> trigger);
  // What was removed; the user's functions die with it.
  struct Removed {
    HandlerPtr handler;  // null when there was none
    std::shared_ptr<const void> trigger;
  };
  Removed remove(std::uint64_t number);

  [[nodiscard]] Times times() const;
  [[nodiscard]] Changes concerned(layout::Kind kind, std::string_view id) const;
  [[nodiscard]] bool any_change(layout::Kind kind, std::string_view id) const;

 private:
  struct Entry {
    std::uint64_t number;
    std::shared_ptr<const TimeTrigger> time;  // one of the two
    std::shared_ptr<const ChangeTrigger> change;
  };
  std::uint64_t add(Entry entry);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::uint64_t last_ = 0;
  std::atomic<bool> some_change_ =
      false;  // spares the lock for every update of a layout without such triggers
};

// "fb_*", or "fb:fb_*" for one kind only; the error says which kinds there are.
[[nodiscard]] std::expected<ChangeTrigger, std::string> change_trigger(std::string_view ids);

}  // namespace standstill::client
