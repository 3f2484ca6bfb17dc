// `loco`: this machine is an engine's controller.
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
  return onboard::run(*config->loco, config->site.state_dir.string());
}

}  // namespace standstill::app
