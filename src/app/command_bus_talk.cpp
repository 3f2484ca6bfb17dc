// `bus stop|watch|send`: speaking on the bus, and listening to it.
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/bus_options.hpp"
#include "app/bus_peer.hpp"
#include "app/exit_code.hpp"
#include "config/formats.hpp"
#include "config/secret.hpp"
#include "os/clock.hpp"
#include "os/random.hpp"
#include "version.hpp"
#include "wire/estop/message.hpp"
#include "wire/estop/names.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr Duration patience = 5s;

struct Target {
  config::Bus bus;
  std::string password;
};

std::expected<Target, int> find(const Context& context, const BusTarget& wanted) {
  Target made;
  if (!wanted.url.empty()) {
    if (const auto wrong = config::complain(config::Format::redis_url, wanted.url))
      return std::unexpected(misused("--url " + printable(wanted.url) + " " + wrong->message));
    made.bus.kind = "redis";
    made.bus.url = wanted.url;
  } else {
    const auto config = load_config(context);
    if (!config) return std::unexpected(config.error());
    if (!config->bus)
      return std::unexpected(
          misused("the configuration has no [bus]: say where it is with --url redis://HOST"));
    made.bus = *config->bus;
  }
  if (!wanted.user.empty()) made.bus.user = wanted.user;
  if (!wanted.password_file.empty()) made.bus.password = {.file = wanted.password_file, .variable = {}};
  if (!made.bus.password.empty()) {
    const auto secret = config::resolve_secret(made.bus.password);
    if (!secret) return std::unexpected(failed(secret.error()));
    made.password = secret->value;
  }
  return made;
}

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// At most so many characters, whole ones.
std::string shortened(const std::string& text, std::size_t longest) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size() && count < longest; ++count) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  }
  return text.substr(0, end);
}

std::string stop_text(const BusStopOptions& options, const config::Bus& as) {
  estop::Message message;
  message.envelope.id = estop::uuid_of(os::random_bytes<16>());
  message.envelope.wall_ms = os::wall_ns() / 1'000'000;
  message.envelope.source.instance = as.instance.empty() ? "by-hand" : as.instance;
  if (as.whole_seconds) message.envelope.form = estop::TimeForm::seconds;
  message.envelope.source.version = version;
  estop::EmergencyStop stop;
  std::string description = options.description;
  const auto reason = cause_code(options.reason);
  if (reason && *reason >= CauseCode::button_press)
    stop.reason = *reason;
  else
    description = "(" + options.reason + ") " + description;
  stop.description = shortened(printable(description), 256);
  stop.initiator = shortened(printable(options.initiator), 64);
  message.payload = stop;
  if (auto text = estop::write_message(message)) return *text;
  message.payload = estop::EmergencyStop{};  // words that the format does not allow are left out
  return estop::write_message(message).value_or("stop");
}

// "heartbeat of bench-1: running".
std::string in_words(std::string_view channel, const std::string& text) {
  if (channel == estop::stop_channel) {
    const auto stop = estop::judge_stop(text);
    if (!stop.unreadable.empty()) return "STOP, not readable: " + stop.unreadable;
    return "STOP by " + stop.instance + ": " + std::string(name(stop.reason)) +
           (stop.initiator.empty() ? "" : ", " + stop.initiator) +
           (stop.description.empty() ? "" : ": " + stop.description);
  }
  const auto message = estop::read_message(text);
  if (const auto* beat = message ? std::get_if<estop::Heartbeat>(&message->payload) : nullptr)
    return "heartbeat of " + message->envelope.source.instance + ": " + std::string(name(beat->status));
  return std::string(channel) + "  " + text;
}

}  // namespace

int bus_stop(const Context& context, const BusStopOptions& options) {
  for (const auto& word : options.not_understood)
    complain("'" + printable(word) + "' was not understood; stopped all the same");
  const auto target = find(context, options.target);
  if (!target) return target.error();
  const std::string text = stop_text(options, target->bus);
  bool heard = false;
  // Whoever hears it back knows that the server has handed it on.
  BusPeer peer(target->bus, target->password, {std::string(estop::stop_channel)},
               [&](std::string_view, const std::string& what) { heard = heard || what == text; });
  if (const auto there = peer.connect(patience); !there)
    return failed("STOP NOT SENT: " + there.error() +
                  " Meanwhile: `standstill stop` at each machine, or its button");
  const auto answer = peer.ask({"PUBLISH", estop::stop_channel, text}, patience);
  if (!answer) return failed("STOP NOT SENT: " + answer.error());
  const Instant until = os::now() + patience;
  while (!heard && os::now() < until) peer.serve(50ms);
  const auto others = std::max<std::int64_t>(0, answer->integer - 1);
  if (context.json)
    say(dumped({{"sent", true}, {"heard_back", heard}, {"listeners", others}}));
  else
    say("stop: sent to " + std::to_string(others) + " on the bus; look at `bus stations` for who confirms");
  if (others > 0 && heard) return exit_done;
  complain(others == 0 ? "NOBODY LISTENS on this bus: no machine has heard this stop"
                       : "the server took it, and it did not come back");
  return exit_no;
}

int bus_watch(const Context& context, const BusWatchOptions& options) {
  const auto target = find(context, options.target);
  if (!target) return target.error();
  const auto show = [&](std::string_view channel, const std::string& text) {
    if (!options.all && (channel == estop::heartbeat_channel || channel == estop::safe_channel)) return;
    const std::string at = os::rfc3339(os::wall_ns());
    if (!context.json) return say(at + "  " + printable(in_words(channel, text)));
    const ordered_json parsed = ordered_json::parse(text, nullptr, false);
    say(dumped({{"at", at},
                {"channel", std::string(channel)},
                {"message", parsed.is_discarded() ? ordered_json(text) : parsed}}));
  };
  BusPeer peer(target->bus, target->password,
               {std::string(estop::stop_channel), std::string(estop::heartbeat_channel),
                std::string(estop::safe_channel), std::string(estop::result_channel)},
               show);
  if (const auto there = peer.connect(patience); !there) return failed(there.error());
  const Instant until = options.seconds == 0 ? never : os::now() + std::chrono::seconds(options.seconds);
  bool online = true;
  while (os::now() < until) {
    peer.serve(100ms);
    const bool now_online = peer.status().state == link::State::online;
    if (now_online != online)
      complain(now_online ? "the bus is there again; what was said meanwhile was not seen"
                          : "the bus is gone: " + peer.status().last_error);
    online = now_online;
  }
  return exit_done;
}

int bus_send(const Context& context, const BusSendOptions& options) {
  ordered_json parameters = ordered_json::object();
  for (const auto& one : options.parameters) {
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      return misused("'" + printable(one) + "' is no NAME=VALUE");
    parameters[one.substr(0, equals)] = one.substr(equals + 1);
  }
  const auto config = load_config(context);
  if (!config) return config.error();
  if (!config->bus || !config->bus->controller)
    return misused(
        "only a controller of the bus sends commands: ask on the machine whose [bus] has role = "
        "\"controller\"");
  const std::string command = dumped({{"station", options.station},
                                      {"device", options.device},
                                      {"command", options.command},
                                      {"parameters", parameters},
                                      {"timeout_ms", options.timeout_ms}});
  const auto answer = Ask(config->site.state_dir)
                          .post("/api/v1/links/bus/send", dumped({{"command", command}}), {},
                                std::chrono::milliseconds(options.timeout_ms) + 10s);
  if (!answer) return answer.error();
  if (context.json) {
    say(dumped(*answer));
    return exit_done;
  }
  const auto& response = answer->at("response");
  say(options.station + " " + options.device + ": " +
      (response.is_string() ? printable(response.get<std::string>()) : "done") + " (" +
      std::to_string(answer->value("duration_ms", 0LL)) + " ms)");
  return exit_done;
}

}  // namespace standstill::app
