#include "app/declare_bus.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/bus_options.hpp"
#include "app/context.hpp"
#include "config/formats.hpp"
#include "record/whole_file.hpp"
#include "sim/station_run.hpp"

namespace standstill::app {

namespace {

void with_url(CLI::App* made, BusTarget& target) {
  made->add_option("--url", target.url, "redis://HOST:PORT; else [bus] of the configuration")
      ->type_name("URL");
  made->add_option("--user", target.user, "of the server; else that of [bus], or none")->type_name("NAME");
  made->add_option("--password-file", target.password_file, "with the user's password")->type_name("FILE");
}

}  // namespace

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
  const auto stop = std::make_shared<BusStopOptions>();
  auto* stops = subcommand(tool, "stop", "stops every machine on the bus; needs no key and no supervisor");
  with_url(stops, stop->target);
  stops
      ->add_option("--reason", stop->reason,
                   "button_press, operator_command, safety_interlock, device_fault, software_error")
      ->type_name("CODE");
  stops->add_option("--description", stop->description, "what happened, at most 256 characters")
      ->type_name("TEXT");
  stops->add_option("--initiator", stop->initiator, "who stops, at most 64 characters")->type_name("NAME");
  stops->callback(
      [&context, &chosen, stop] { chosen.run = [&context, stop] { return bus_stop(context, *stop); }; });
  const auto watch = std::make_shared<BusWatchOptions>();
  auto* watches = subcommand(tool, "watch", "what is said on the bus, as it comes");
  with_url(watches, watch->target);
  watches->add_flag("--all", watch->all, "heartbeats and confirmations, too");
  watches->add_option("--seconds", watch->seconds, "how long; else until interrupted")->type_name("N");
  watches->callback(
      [&context, &chosen, watch] { chosen.run = [&context, watch] { return bus_watch(context, *watch); }; });
  const auto send = std::make_shared<BusSendOptions>();
  auto* sends = subcommand(tool, "send", "a command to a station, on a controller that is running");
  sends->add_option("station", send->station, "its instance name")->required()->type_name("STATION");
  sends->add_option("device", send->device, "an output or a link there")->required()->type_name("DEVICE");
  sends->add_option("command", send->command, "run, safe; of a link: read")->required()->type_name("COMMAND");
  sends->add_option("parameters", send->parameters, "such as tag=counter")->type_name("NAME=VALUE");
  sends->add_option("--timeout-ms", send->timeout_ms, "how long the station may take (5000)")->type_name("N");
  sends->callback(
      [&context, &chosen, send] { chosen.run = [&context, send] { return bus_send(context, *send); }; });
  const auto file = std::make_shared<std::string>("-");
  auto* validate = subcommand(tool, "validate", "whether a message is one of format v1.0.0, and if not, why");
  validate->add_option("file", *file, "one message; - or nothing: standard input")->type_name("FILE");
  validate->callback(
      [&context, &chosen, file] { chosen.run = [&context, file] { return bus_validate(context, *file); }; });
}

void declare_sim_station(CLI::App& sim, Chosen& chosen) {
  struct Wanted {
    sim::RunStations run;
    std::string url = "redis://127.0.0.1:6379";
    std::string password_file;
    bool no_second_path = false;
  };
  const auto wanted = std::make_shared<Wanted>();
  auto* made =
      subcommand(sim, "station", "stations on an emergency-stop bus, each with a relay and a button");
  made->add_option("-n,--count", wanted->run.count, "how many, 1 to 1000 (1)")->type_name("N");
  made->add_option("--url", wanted->url, "redis://HOST:PORT or unix:///PATH (redis://127.0.0.1:6379)")
      ->type_name("URL");
  made->add_option("--key-file", wanted->run.key_file,
                   "the master key, of which theirs are derived; for one station its own will do")
      ->required()
      ->type_name("FILE");
  made->add_option("--prefix", wanted->run.prefix, "they are called PREFIX-1, PREFIX-2, … (sim)")
      ->type_name("NAME");
  made->add_option("--user", wanted->run.user, "of the server")->type_name("NAME");
  made->add_option("--password-file", wanted->password_file, "with the user's password")->type_name("FILE");
  made->add_option("--lease-ms", wanted->run.lease_ms, "1000 to 60000 (3000)")->type_name("MS");
  made->add_flag("--no-second-path", wanted->no_second_path, "stops by datagram are neither taken nor sent");
  made->add_option("--control", wanted->run.control,
                   "a socket to break them: one command a line, one JSON answer")
      ->type_name("FILE");
  made->callback([&chosen, wanted] {
    chosen.run = [wanted] {
      wanted->run.second_path = !wanted->no_second_path;
      if (const auto wrong = config::complain(config::Format::redis_url, wanted->url))
        return misused("--url " + printable(wanted->url) + " " + wrong->message);
      if (const auto path = config::socket_path(wanted->url)) wanted->run.socket = *path;
      const auto url = config::parse_url(wanted->url).value_or(config::Url{});
      if (url.scheme == "rediss") return misused("simulated stations know no TLS: use redis:// or unix://");
      wanted->run.host = url.host;
      wanted->run.port = url.port.value_or(6379);
      if (!wanted->password_file.empty()) {
        auto text = record::read_whole(wanted->password_file, 4096);
        if (!text) return misused(text.error().text);
        wanted->run.password = text->substr(0, text->find_first_of("\r\n"));
      }
      return sim::run_stations(wanted->run);
    };
  });
}

}  // namespace standstill::app
