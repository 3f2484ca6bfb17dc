#include "guard/demands.hpp"

#include <algorithm>

namespace standstill::guard {

Demands::Demands(const plan::Plan& plan, Tell tell) : plan_(plan), tell_(std::move(tell)) {
  for (std::size_t i = 0; i < plan_.demand_count; ++i) {
    const plan::Demand& demand = plan_.demands[i];
    DemandSettings settings;
    settings.button = plan_.sources[demand.source].name;
    settings.two_channels = demand.two_channels != 0;
    settings.discrepancy = std::chrono::milliseconds(demand.discrepancy_ms);
    settings.lock_out = std::chrono::milliseconds(demand.lock_out_ms);
    items_[i].watch.emplace(settings);
  }
}

void Demands::acquire_lines() {
  for (std::size_t i = 0; i < plan_.demand_count; ++i) {
    const plan::Demand& demand = plan_.demands[i];
    if (!items_[i].a)
      if (auto line = output::GpioLine::request_input(demand.a, "standstill button"))
        items_[i].a = std::move(*line);
    if (demand.two_channels != 0 && !items_[i].b)
      if (auto line = output::GpioLine::request_input(demand.b, "standstill button"))
        items_[i].b = std::move(*line);
  }
}

Contact Demands::read(output::GpioLine& line, bool closed_high, bool& opened) const {
  if (!line) return Contact::unknown;
  const auto edges = line.take_edges();
  if (closed_high ? edges.falling : edges.rising) opened = true;
  const auto level = line.level();
  if (!level) {
    line.close();  // the chip is gone; it is requested again when it returns
    return Contact::unknown;
  }
  return *level == closed_high ? Contact::closed : Contact::open;
}

void Demands::update(Instant now) {
  deadline_ = never;
  for (std::size_t i = 0; i < plan_.demand_count; ++i) {
    Item& item = items_[i];
    const plan::Demand& demand = plan_.demands[i];
    DemandInput input;
    input.a = read(item.a, demand.closed_high != 0, input.opened);
    if (demand.two_channels != 0) input.b = read(item.b, demand.closed_high != 0, input.opened);
    const Finding finding = item.watch->judge(now, input);
    deadline_ = std::min(deadline_, item.watch->deadline());
    if (finding.standing == item.told && finding.code == item.told_code) continue;
    item.told = finding.standing;
    item.told_code = finding.code;
    tell_(demand.source, finding, *item.watch);
  }
}

std::array<int, 2> Demands::descriptors(std::size_t demand) const {
  return {items_[demand].a.fd(), items_[demand].b.fd()};
}

}  // namespace standstill::guard
