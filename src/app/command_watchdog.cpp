// `watchdog`: looks after the program of [watchdog], and does nothing else, until it is ended.
#include <poll.h>

#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "config/config.hpp"
#include "os/clock.hpp"
#include "os/end_signals.hpp"
#include "supervise/looking_after.hpp"

namespace standstill::app {

int watchdog(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!config->watchdog)
    return misused("there is no [watchdog] in " + config_path(context).string() +
                   ": it says what is looked after, and how it is restarted");
  std::error_code failed_to;
  std::filesystem::create_directories(config->site.state_dir, failed_to);
  if (failed_to)
    return misused(config->site.state_dir.string() + ": cannot be made: " + failed_to.message() +
                   "; choose another [site] state_dir");
  const os::EndSignals ends;  // before the thread
  const auto looking = supervise::LookingAfter::start(
      *config, [json = context.json](std::string_view code, const std::string& detail) {
        const std::string at = os::rfc3339(os::wall_ns());
        if (json)
          say(nlohmann::ordered_json{{"at", at}, {"code", code}, {"detail", detail}}.dump());
        else
          say(at + " " + std::string(code) + ": " + detail);
      });
  if (!looking) return misused(looking.error());
  complain("looking after '" + config->watchdog->restart.back() + "', a check every " +
           age_text(config->watchdog->interval.count()));
  pollfd ask{ends.fd(), POLLIN, 0};
  while (::poll(&ask, 1, -1) <= 0) {
  }
  return exit_done;
}

}  // namespace standstill::app
