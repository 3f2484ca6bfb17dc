// `loco`: this machine is an engine's controller.
#include <filesystem>
#include <system_error>

#include "app/commands.hpp"
#include "config/load.hpp"
#include "onboard/run.hpp"

namespace standstill::app {

int loco(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!config->loco)
    return misused(
        "there is no [loco] in the configuration: it says which sensors and outputs the engine has, see "
        "docs/locomotive.md");
  std::error_code failed;
  std::filesystem::create_directories(config->site.state_dir, failed);
  if (failed)
    return misused(config->site.state_dir.string() + ": cannot be made: " + failed.message() +
                   "; choose another [site] state_dir");
  return onboard::run(*config->loco, config->site.state_dir.string());
}

}  // namespace standstill::app
