// The sensors and outputs of an engine, looked at without moving anything.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <tuple>

#include "app/finding.hpp"
#include "config/config.hpp"
#include "onboard/sysfs.hpp"

namespace standstill::app {

namespace {

void sensor(const std::string& subject, const config::NumberInput& input, Findings& into) {
  const auto file = onboard::NumberFile::open(input.file);
  if (!file) {
    into.push_back({Grade::bad, subject, file.error()});
    return;
  }
  if (const auto value = file->read())
    into.push_back({Grade::good, subject, file->path() + " reads " + std::to_string(*value)});
  else
    into.push_back({Grade::bad, subject,
                    file->path() + " gives no whole number: " + std::strerror(value.error()) +
                        ": is the device wired, and is this its file?"});
}

// Nothing is exported: that is for whoever drives it.
void pwm(const std::string& subject, const config::PwmChannel& output, Findings& into) {
  const auto folder = onboard::find_one(output.chip);
  if (!folder) {
    into.push_back({Grade::bad, subject, folder.error()});
    return;
  }
  if (const auto count = onboard::NumberFile::open(*folder + "/npwm"))
    if (const auto outputs = count->read(); outputs && output.channel >= *outputs) {
      into.push_back({Grade::bad, subject,
                      *folder + " has " + std::to_string(*outputs) + " outputs, counted from 0: channel " +
                          std::to_string(output.channel) + " is none of them"});
      return;
    }
  const std::string own = *folder + "/pwm" + std::to_string(output.channel);
  const bool exported = ::access(own.c_str(), F_OK) == 0;
  const std::string file = exported ? own + "/duty_cycle" : *folder + "/export";
  if (::access(file.c_str(), W_OK) == 0)
    into.push_back({Grade::good, subject, own + (exported ? " can be written" : " can be exported")});
  else
    into.push_back({Grade::bad, subject,
                    file + ": " + std::strerror(errno) +
                        ": let the user of `standstill loco` write it, by a udev rule or its group"});
}

}  // namespace

void check_engine(const config::Config& config, Findings& into) {
  if (!config.loco) return;
  const config::Loco& engine = *config.loco;
  constexpr std::array<const char*, 4> names{"engine logic", "engine boiler", "engine superheater",
                                             "engine pressure"};
  static_assert(std::tuple_size_v<decltype(config::Loco::sensors)> == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) sensor(names[i], engine.sensors[i], into);
  sensor("engine track", engine.track, into);
  pwm("engine boiler_heater", engine.boiler_heater, into);
  pwm("engine superheater_heater", engine.superheater_heater, into);
  pwm("engine servo", engine.servo, into);
  if (!engine.dcc)
    into.push_back({Grade::warning, "engine dcc",
                    "there is no 'dcc' line, so no signal is ever heard: it stays parked"});
  if (engine.watchdog.empty())
    into.push_back({Grade::warning, "engine watchdog",
                    "there is none: a machine that stands still as a whole keeps its heaters as they are"});
}

}  // namespace standstill::app
