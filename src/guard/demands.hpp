// The buttons: read by the guard itself, so that no supervisor is needed to stop.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "kernel/latch.hpp"
#include "kernel/watch_demand.hpp"
#include "output/line/gpio_line.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::guard {

class Demands {
 public:
  // The words come from the watch, after the cut: nothing is formatted before it (S1).
  using Tell = std::function<void(SourceIndex source, const Finding& finding, const DemandWatch& watch)>;

  Demands(const plan::Plan& plan, Tell tell);

  void acquire_lines();      // missing ones; again when a chip returns
  void update(Instant now);  // reads every level; the first open sample is told at once
  [[nodiscard]] Instant deadline() const { return deadline_; }

  // Descriptors to poll; at most two a demand, -1 where there is none.
  [[nodiscard]] std::array<int, 2> descriptors(std::size_t demand) const;
  [[nodiscard]] std::size_t count() const { return plan_.demand_count; }

 private:
  struct Item {
    output::GpioLine a, b;
    std::optional<DemandWatch> watch;
    Standing told = Standing::unknown;
    CauseCode told_code = CauseCode::none;
  };
  Contact read(output::GpioLine& line, bool closed_high, bool& opened) const;

  const plan::Plan& plan_;
  Tell tell_;
  std::array<Item, plan::max_demands> items_;
  Instant deadline_ = never;
};

}  // namespace standstill::guard
