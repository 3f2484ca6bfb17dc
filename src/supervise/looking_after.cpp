#include "supervise/looking_after.hpp"

#include <utility>

#include "os/lock_file.hpp"

namespace standstill::supervise {

LookingAfter::LookingAfter(os::Fd lock, const config::Watchdog& wanted, tend::Watchdog::Said said)
    : lock_(std::move(lock)),
      watchdog_({.check = wanted.check,
                 .devices = wanted.devices,
                 .restart = wanted.restart,
                 .interval = wanted.interval,
                 .failures = wanted.failures,
                 .most_an_hour = wanted.restarts_per_hour},
                wanted.time_out, std::move(said)) {}

std::expected<std::unique_ptr<LookingAfter>, std::string> LookingAfter::start(const config::Config& config,
                                                                              tend::Watchdog::Said said) {
  auto lock = os::take_lock(config.site.state_dir / "watchdog.lock", "watchdog");
  if (!lock) return std::unexpected(lock.error());
  return std::unique_ptr<LookingAfter>(
      new LookingAfter(std::move(*lock), config.watchdog.value(), std::move(said)));
}

}  // namespace standstill::supervise
