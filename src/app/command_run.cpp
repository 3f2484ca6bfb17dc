// `run`, and the commands that only print.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "config/load.hpp"
#include "config/reference.hpp"
#include "supervise/supervisor.hpp"
#include "version.hpp"

namespace standstill::app {

int run(const Context& context, const RunOptions& options) {
  const auto config = load_config(context);
  if (!config) return config.error();
  supervise::RunOptions wanted;
  wanted.guard_program = options.guard_program;
  wanted.cutter_program = options.cutter_program;
  return supervise::run_supervisor(*config, wanted);
}

int run_station(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!config->bus || config->bus->controller)
    return misused(config->bus
                       ? "[bus] says role = \"controller\", and this runs a station: use `standstill run`"
                       : "there is no [bus] in the configuration, which says what bus this is a station of");
  return supervise::run_supervisor(*config, {});
}

int config_reference(const Context& context) {
  const std::string text = config::reference_markdown();
  if (context.json)
    say(nlohmann::json{{"markdown", text}}.dump());
  else
    std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_done;
}

int config_schema(const Context&) {
  const std::string text = config::reference_schema();
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_done;
}

int version(const Context& context) {
  say(context.json ? nlohmann::json{{"version", standstill::version}}.dump()
                   : std::string("standstill ") + standstill::version);
  return exit_done;
}

}  // namespace standstill::app
