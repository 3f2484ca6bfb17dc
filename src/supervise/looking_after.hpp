// The [watchdog] of a configuration at work: by `standstill run` beside everything else, or by
// `standstill watchdog` alone.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "os/fd.hpp"
#include "tend/watchdog.hpp"

namespace standstill::supervise {

class LookingAfter {
 public:
  // `config` has a [watchdog], and its state_dir exists. The error names who looks after it already: two
  // would restart it twice. `said` is called from a thread.
  [[nodiscard]] static std::expected<std::unique_ptr<LookingAfter>, std::string> start(
      const config::Config& config, tend::Watchdog::Said said);
  void ask_to_end() { watchdog_.ask_to_end(); }

 private:
  LookingAfter(os::Fd lock, const config::Watchdog& wanted, tend::Watchdog::Said said);
  os::Fd lock_;
  tend::Watchdog watchdog_;
};

}  // namespace standstill::supervise
