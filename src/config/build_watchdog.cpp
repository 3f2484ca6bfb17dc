// [watchdog].
#include "config/build.hpp"

namespace standstill::config {

namespace {
constexpr const char* systemctl = "/usr/bin/systemctl";
}

Watchdog build_watchdog(const Reader& in, const SourceLocation& where) {
  Watchdog result;
  result.where = where;
  const std::string unit = in.text("unit");
  result.check = in.texts("check");
  for (const auto& device : in.texts("devices")) result.devices.push_back(in.absolute(device));
  result.restart = in.texts("restart");
  result.interval = in.ms("interval_ms");
  result.time_out = in.ms("timeout_ms");
  result.failures = in.whole("failures");
  result.restarts_per_hour = in.whole("restarts_per_hour");
  if (!unit.empty()) {
    if (result.check.empty()) result.check = {systemctl, "is-active", "--quiet", unit};
    if (result.restart.empty()) result.restart = {systemctl, "restart", unit};
  }
  if (result.restart.empty())
    in.report(Fault::one_of, where, "[watchdog] does not say how the program is restarted",
              "give 'unit' for a systemd unit, or 'restart' with a command");
  if (result.check.empty() && result.devices.empty())
    in.report(Fault::one_of, where, "[watchdog] does not say how a failure shows",
              "give 'unit', 'check' or 'devices'");
  return result;
}

}  // namespace standstill::config
