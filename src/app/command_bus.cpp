// `bus keygen|stations|validate`: keys, who is there, and whether a message is one.
#include <sys/random.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/bus_options.hpp"
#include "app/exit_code.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "record/whole_file.hpp"
#include "wire/estop/keys.hpp"
#include "wire/estop/message.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t longest_key_file = 16UL * 1024;

int store(const std::string& file, const std::string& text) {
  const auto written = record::write_whole(file, text, 0600, record::IfExists::refuse);
  if (written) return exit_done;
  complain(written.error().exists()
               ? file + " is there already, and no key is ever overwritten: choose another name"
               : written.error().text);
  return exit_refused;
}

}  // namespace

int bus_keygen(const Context& context, const BusKeygenOptions& options) {
  if (options.station.empty() != options.out.empty()) {
    complain("a station's key needs its name and a file to write: bus keygen MASTER --station NAME OUT");
    return exit_usage;
  }
  const std::string target = options.station.empty() ? options.file : options.out;
  std::string text;
  if (options.station.empty()) {
    estop::Secret secret{};
    std::uint32_t id = 0;
    if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()) ||
        ::getrandom(&id, sizeof id, 0) != static_cast<ssize_t>(sizeof id)) {
      complain("this machine gives no random numbers; nothing was written");
      return exit_refused;
    }
    char name[16];
    std::snprintf(name, sizeof name, "k%08x", id);
    text = estop::Keys::master_file({name, secret});
  } else {
    if (!estop::is_instance(options.station)) {
      complain("'" + printable(options.station) +
               "' is no name of an instance: lower-case letters, digits, '-' and '_', at most 64");
      return exit_usage;
    }
    const auto master = record::read_whole(options.file, longest_key_file);
    const auto keys = master ? estop::Keys::read(*master) : std::unexpected<std::string>(master.error().text);
    if (!keys || !keys->master()) {
      complain(options.file + ": " +
               (keys ? "this is one station's key, and none can be derived from it" : keys.error()));
      return exit_refused;
    }
    text = keys->station_file(options.station);
  }
  if (const int failed = store(target, text); failed != exit_done) return failed;
  say(context.json ? ordered_json{{"written", target}}.dump() : "written: " + target);
  return exit_done;
}

int bus_stations(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!config->bus || !config->bus->controller) {
    complain(
        "only a controller of the bus knows the stations: ask on the machine whose [bus] has role = "
        "\"controller\"");
    return exit_usage;
  }
  const auto state = Ask(config->site.state_dir).get("/api/v1/state");
  if (!state) return state.error();
  const ordered_json stations = state->value("stations", ordered_json::array());
  if (context.json) {
    say(stations.dump());
    return exit_done;
  }
  Table table({"STATION", "STATUS", "STATE", "EPOCH CONFIRMED", "LAST HEARD"});
  for (const auto& one : stations) {
    const auto heard = one.value("last_heard_ms", -1LL);
    table.add({one.value("instance", ""), one.value("status", ""), one.value("state", ""),
               std::to_string(one.value("confirmed_epoch", 0ULL)),
               heard < 0 ? "never" : age_text(heard) + " ago"});
  }
  say(table.empty() ? "no station has registered yet: one does when it first confirms its state here"
                    : table.text());
  return exit_done;
}

int bus_validate(const Context& context, const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    auto read = record::read_whole(file, estop::longest_message + 1);
    if (!read) {
      complain(read.error().text);
      return exit_usage;
    }
    text = std::move(*read);
  }
  const auto message = estop::read_message(text);
  if (context.json)
    say(ordered_json{{"valid", message.has_value()},
                     {"error", message ? ordered_json() : ordered_json(message.error())}}
            .dump());
  else
    say(message ? "valid" : "not valid: " + printable(message.error()));
  return message ? exit_done : exit_no;
}

}  // namespace standstill::app
