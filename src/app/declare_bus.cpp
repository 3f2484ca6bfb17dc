#include "app/declare_bus.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/bus_options.hpp"

namespace standstill::app {

void declare_bus(CLI::App& tool, Context& context, Chosen& chosen) {
  const auto keys = std::make_shared<BusKeygenOptions>();
  auto* keygen = subcommand(tool, "keygen", "a new master key, or a station's key derived from it");
  keygen->add_option("file", keys->file, "the master key: made, or with --station read")
      ->required()
      ->type_name("FILE");
  keygen->add_option("--station", keys->station, "whose key to derive")->type_name("NAME");
  keygen->add_option("out", keys->out, "the station's key, with --station")->type_name("OUT");
  keygen->callback(
      [&context, &chosen, keys] { chosen.run = [&context, keys] { return bus_keygen(context, *keys); }; });
  subcommand(tool, "stations", "the registered stations, on a controller")->callback([&context, &chosen] {
    chosen.run = [&context] { return bus_stations(context); };
  });
  const auto file = std::make_shared<std::string>("-");
  auto* validate = subcommand(tool, "validate", "whether a message is one of format v1.0.0, and if not, why");
  validate->add_option("file", *file, "one message; - or nothing: standard input")->type_name("FILE");
  validate->callback(
      [&context, &chosen, file] { chosen.run = [&context, file] { return bus_validate(context, *file); }; });
}

}  // namespace standstill::app
