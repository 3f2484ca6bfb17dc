// The watchdog devices of the plan: opened at the guard's start, given their signs of life from the guard's
// own loop and from nowhere else, so that a loop that stands still gives none.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "kernel/cause.hpp"
#include "kernel/standing.hpp"
#include "kernel/watchdog.hpp"
#include "output/line/watchdog_device.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::guard {

class Watchdogs {
 public:
  struct Tell {
    std::function<void(std::size_t output, Standing standing, const CauseDetail& why)> standing;
    // Signs of life are withheld from now on, or given again; `ms`: until the reset.
    std::function<void(std::size_t output, Withheld withheld, std::int64_t ms)> withheld;
  };

  Watchdogs(const plan::Plan& plan, Tell tell);

  [[nodiscard]] bool any() const { return any_; }
  // Opens what is not open yet, and again later. May block: at the start, and never between a decision and a
  // cut.
  void acquire(Instant now);
  // Call in every turn of the loop.
  void update(Instant now, Withheld withheld);
  [[nodiscard]] Instant deadline() const { return deadline_; }
  // Whether one of them says that it reset the machine before this boot.
  [[nodiscard]] bool reset_machine() const;
  // The clean end: nobody will be there to give signs of life.
  void disarm();

 private:
  struct Item {
    std::optional<output::WatchdogDevice> device;
    Instant petted_at{};
    Instant retry_at{};
  };

  const plan::Plan& plan_;
  Tell tell_;
  std::array<Item, plan::max_outputs> items_;
  bool any_ = false;
  Withheld withheld_ = Withheld::no;
  Instant deadline_ = never;
};

}  // namespace standstill::guard
