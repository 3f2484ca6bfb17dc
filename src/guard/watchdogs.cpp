#include "guard/watchdogs.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace standstill::guard {

namespace {

constexpr Duration retry = 5s;  // opening may block, so not in every turn
// Four signs of life in one time-out: three may be late.
Duration interval(Duration timeout) { return timeout / 4; }

}  // namespace

Watchdogs::Watchdogs(const plan::Plan& plan, Tell tell) : plan_(plan), tell_(std::move(tell)) {
  for (std::size_t i = 0; i < plan_.output_count; ++i)
    any_ = any_ || plan_.outputs[i].kind == plan::OutputKind::watchdog;
}

void Watchdogs::acquire(Instant now) {
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    const plan::Output& output = plan_.outputs[i];
    Item& item = items_[i];
    if (output.kind != plan::OutputKind::watchdog || item.device || now < item.retry_at) continue;
    item.retry_at = now + retry;
    auto opened = output::WatchdogDevice::open(std::string(output.device.view()),
                                               std::chrono::milliseconds(output.expires_ms));
    if (opened) {
      item.device = std::move(*opened);
      item.petted_at = now;
      tell_.standing(i, Standing::clear, {});
    } else {
      tell_.standing(i, Standing::present, CauseDetail(opened.error()));
    }
  }
}

void Watchdogs::update(Instant now, Withheld withheld) {
  deadline_ = never;
  const bool changed = withheld != withheld_;
  withheld_ = withheld;
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    Item& item = items_[i];
    if (!item.device) continue;
    const Duration timeout = item.device->timeout();
    if (changed) tell_.withheld(i, withheld, to_ms(item.petted_at + timeout - now));
    if (withheld != Withheld::no) continue;
    if (now - item.petted_at >= interval(timeout)) {
      if (!item.device->pet()) {
        item.device.reset();
        tell_.standing(i, Standing::present, "the watchdog device takes no sign of life: is it still there?");
        continue;
      }
      item.petted_at = now;
    }
    deadline_ = std::min(deadline_, item.petted_at + interval(timeout));
  }
}

bool Watchdogs::reset_machine() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const Item& item) { return item.device && item.device->reset_machine(); });
}

void Watchdogs::disarm() {
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    if (!items_[i].device) continue;
    if (!items_[i].device->disarm())
      std::fprintf(
          stderr,
          "standstill-guard: output '%.*s': its watchdog cannot be stopped (nowayout): it resets the machine "
          "unless a guard starts in time\n",
          static_cast<int>(plan_.outputs[i].name.view().size()), plan_.outputs[i].name.view().data());
    items_[i].device.reset();
  }
}

}  // namespace standstill::guard
