// `modbus read|write|scan|watch`: a Modbus device by hand.
#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/modbus_peer.hpp"
#include "app/same_host.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "config/load.hpp"
#include "os/clock.hpp"

namespace standstill::app {

using modbus::Outcome;
using nlohmann::ordered_json;

namespace {

ModbusTarget target_of(const ModbusOptions& options) {
  return {options.host, options.port,    options.device,
          options.baud, options.framing, std::chrono::milliseconds(options.timeout_ms)};
}

std::expected<ModbusPeer, int> connect(const ModbusOptions& options) {
  if (options.host.empty() == options.device.empty())
    return std::unexpected(misused("say where the device is: --host, or --device for a serial line"));
  auto peer = ModbusPeer::connect(target_of(options));
  if (peer) return std::move(*peer);
  return std::unexpected(failed(peer.error()));
}

// The device may be slow or the line disturbed: asked again before it counts as absent.
std::expected<Outcome, std::string> ask(ModbusPeer& peer, const modbus::Request& request, unsigned retries) {
  for (unsigned attempt = 0;; ++attempt) {
    auto outcome = peer.ask(request);
    if (!outcome || attempt == retries) return outcome;
    if (outcome->what == Outcome::What::answered || outcome->what == Outcome::What::refused) return outcome;
  }
}

std::string problem_of(const Outcome& outcome, const ModbusPeer& peer, const ModbusOptions& options) {
  const std::string who = peer.name() + ", unit " + std::to_string(options.unit);
  switch (outcome.what) {
    case Outcome::What::refused:
      return who + " refuses: " + std::string(modbus::name(outcome.exception)) + " (exception " +
             std::to_string(static_cast<int>(outcome.exception)) + ")";
    case Outcome::What::corrupt:
      return who + " answers, but garbled: check baud, framing and cable";
    default:
      return who + " does not answer: is the unit number right, is it powered?";
  }
}

bool reads_bits(const ModbusOptions& options) { return options.function < 3; }

std::expected<std::vector<unsigned>, int> read_once(ModbusPeer& peer, const ModbusOptions& options) {
  const auto outcome = ask(
      peer,
      modbus::read_request(static_cast<std::uint8_t>(options.unit),
                           static_cast<modbus::Function>(options.function), options.address, options.count),
      options.retries);
  if (!outcome) return std::unexpected(failed(outcome.error()));
  if (outcome->what == Outcome::What::refused) {
    complain(problem_of(*outcome, peer, options));
    return std::unexpected(exit_refused);
  }
  if (outcome->what != Outcome::What::answered)
    return std::unexpected(failed(problem_of(*outcome, peer, options)));
  std::vector<unsigned> values;
  const auto reply = outcome->reply.bytes();
  for (std::size_t i = 0; i < options.count; ++i)
    values.push_back(reads_bits(options) ? static_cast<unsigned>(modbus::bit_at(reply, i))
                                         : modbus::register_at(reply, i));
  return values;
}

int check_read(const ModbusOptions& options) {
  if (options.function < 1 || options.function > 4) return misused("--function of a read is 1 to 4");
  const unsigned most = reads_bits(options) ? 2000 : 125;
  if (options.count < 1 || options.count > most)
    return misused("--count is 1 to " + std::to_string(most) + " for function " +
                   std::to_string(options.function));
  return exit_done;
}

// A device that is a configured link's is that link: no way around "refused unless running".
std::optional<std::string> link_behind(const Context& context, const ModbusOptions& options,
                                       std::filesystem::path& state_dir) {
  const auto config = config::load(config_path(context));
  if (!config) return std::nullopt;
  std::error_code none;
  for (const auto& link : config->links) {
    const auto* peer = std::get_if<config::ModbusLink>(&link.peer);
    if (peer == nullptr) continue;
    const bool same_peer = !options.host.empty() && !peer->host.empty() && peer->port == options.port &&
                           same_host(peer->host, options.host);
    const bool same_device = std::ranges::any_of(peer->devices, [&](const std::string& device) {
      return device == options.device || std::filesystem::equivalent(device, options.device, none);
    });
    if ((!same_peer && !same_device) || peer->unit != options.unit) continue;
    state_dir = config->site.state_dir;
    return link.id;
  }
  return std::nullopt;
}

}  // namespace

int modbus_read(const Context& context, const ModbusOptions& options) {
  if (const int wrong = check_read(options); wrong != exit_done) return wrong;
  auto peer = connect(options);
  if (!peer) return peer.error();
  const auto values = read_once(*peer, options);
  if (!values) return values.error();
  if (context.json) {
    say(ordered_json{{"registers", *values}}.dump());
    return exit_done;
  }
  Table table({"ADDRESS", "HEX", "VALUE"});
  for (std::size_t i = 0; i < values->size(); ++i) {
    const auto address = static_cast<std::uint16_t>(options.address + i);
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "%04Xh", unsigned{address});
    table.add({std::to_string(address), hex.data(), std::to_string((*values)[i])});
  }
  say(table.text());
  return exit_done;
}

int modbus_write(const Context& context, const ModbusOptions& options) {
  if (options.values.empty()) return misused("say what to write: --value N, or several");
  const bool coil = options.coil;
  for (const unsigned value : options.values)
    if (value > (coil ? 1U : 0xFFFFU)) return misused(coil ? "a coil is 0 or 1" : "a register is 0 to 65535");
  if (options.values.size() > 123) return misused("at most 123 values in one write");
  std::filesystem::path state_dir;
  if (const auto link = link_behind(context, options, state_dir)) {
    if (options.values.size() != 1) return misused("to a configured link one value at a time is written");
    complain("this device is link '" + *link + "' of the configuration: the supervisor sends");
    const std::string text =
        coil ? "coil " + std::to_string(options.address) + (options.values[0] != 0 ? " on" : " off")
             : "register " + std::to_string(options.address) + " " + std::to_string(options.values[0]);
    const auto answer = Ask(state_dir).post("/api/v1/links/" + terminal::Client::encoded(*link) + "/send",
                                            ordered_json{{"command", text}}.dump());
    if (!answer) return answer.error();
    say(context.json ? answer->dump() : "sent through '" + *link + "': " + text);
    return exit_done;
  }
  auto peer = connect(options);
  if (!peer) return peer.error();
  const auto unit = static_cast<std::uint8_t>(options.unit);
  modbus::Request request;
  if (coil && options.values.size() == 1) {
    request = modbus::write_coil(unit, options.address, options.values[0] != 0);
  } else if (coil) {
    const auto bits = std::make_unique<bool[]>(options.values.size());
    for (std::size_t i = 0; i < options.values.size(); ++i) bits[i] = options.values[i] != 0;
    request = modbus::write_coils(unit, options.address, {bits.get(), options.values.size()});
  } else if (options.values.size() == 1) {
    request = modbus::write_register(unit, options.address, static_cast<std::uint16_t>(options.values[0]));
  } else {
    const std::vector<std::uint16_t> words(options.values.begin(), options.values.end());
    request = modbus::write_registers(unit, options.address, words);
  }
  // Not repeated: whether a write that was not answered has happened is not known.
  const auto outcome = peer->ask(request);
  if (!outcome) return failed(outcome.error());
  if (outcome->what == Outcome::What::refused) {
    complain(problem_of(*outcome, *peer, options));
    return exit_refused;
  }
  if (outcome->what != Outcome::What::answered)
    return failed(problem_of(*outcome, *peer, options) + " Whether it was written is not known: read it.");
  say(context.json ? ordered_json{{"written", options.values.size()}}.dump()
                   : "written: " + std::to_string(options.values.size()));
  return exit_done;
}

int modbus_scan(const Context& context, const ModbusOptions& options) {
  if (options.first < 1 || options.last > 247 || options.first > options.last)
    return misused("--first and --last are unit numbers from 1 to 247, in this order");
  auto peer = connect(options);
  if (!peer) return peer.error();
  ordered_json found = ordered_json::array();
  Table table({"UNIT", "ANSWERS", "WHAT IT IS"});
  for (unsigned unit = options.first; unit <= options.last; ++unit) {
    const auto number = static_cast<std::uint8_t>(unit);
    const auto probe =
        peer->ask(modbus::read_request(number, modbus::Function::read_holding, options.address, 1));
    if (!probe) return failed(probe.error());
    if (probe->what == Outcome::What::timed_out) continue;
    std::string is = probe->what == Outcome::What::corrupt ? "garbled: two devices with this number?" : "";
    if (const auto named = peer->ask(modbus::read_identification(number));
        named && named->what == Outcome::What::answered)
      for (const std::uint8_t object : std::array<std::uint8_t, 3>{0, 1, 2})
        if (const auto text = modbus::identification_object(named->reply.bytes(), object))
          is += (is.empty() ? "" : ", ") + printable(*text);
    const std::string how = probe->what == Outcome::What::refused
                                ? std::string(modbus::name(probe->exception))
                            : probe->what == Outcome::What::answered
                                ? std::to_string(modbus::register_at(probe->reply.bytes(), 0))
                                : "garbled";
    found.push_back({{"unit", unit}, {"answers", how}, {"identification", is}});
    table.add({std::to_string(unit), how, is});
  }
  if (context.json)
    say(found.dump());
  else
    say(table.empty() ? "no unit answers: check baud, framing, wiring and power" : table.text());
  return found.empty() ? exit_no : exit_done;
}

int modbus_watch(const Context& context, const ModbusOptions& options) {
  if (const int wrong = check_read(options); wrong != exit_done) return wrong;
  auto peer = connect(options);
  if (!peer) return peer.error();
  std::vector<unsigned> last;
  for (unsigned round = 0; options.rounds == 0 || round < options.rounds; ++round) {
    const auto values = read_once(*peer, options);
    if (!values) return values.error();
    const std::string at = os::rfc3339(os::wall_ns());
    if (context.json) {
      say(ordered_json{{"at", at}, {"registers", *values}}.dump());
    } else {
      std::string line = at;
      for (std::size_t i = 0; i < values->size(); ++i)
        line += (i < last.size() && last[i] != (*values)[i] ? "  *" : "  ") + std::to_string((*values)[i]);
      say(line);
    }
    last = *values;
    std::this_thread::sleep_for(std::chrono::milliseconds(options.interval_ms));
  }
  return exit_done;
}

// The values of the configured Modbus links, as the supervisor has them.
int meter_show(const Context& context, const std::string& wanted) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto* one = wanted.empty() ? nullptr : config->link(wanted);
  if (!wanted.empty() && (one == nullptr || !std::holds_alternative<config::ModbusLink>(one->peer)))
    return misused("there is no Modbus link '" + printable(wanted) + "' in the configuration");
  const auto body = Ask(config->site.state_dir).get("/api/v1/tags");
  if (!body) return body.error();
  ordered_json list = ordered_json::array();
  for (const auto& tag : *body) {
    const auto* link = config->link(tag.at("link").get<std::string>());
    if (link == nullptr || !std::holds_alternative<config::ModbusLink>(link->peer)) continue;
    if (one == nullptr || link->id == one->id) list.push_back(tag);
  }
  if (context.json) {
    say(list.dump());
    return exit_done;
  }
  Table table({"LINK", "NAME", "VALUE", "UNIT", "QUALITY", "AT"});
  for (const auto& tag : list) {
    std::array<char, 32> value{"-"};
    if (tag.at("value").is_number())
      std::snprintf(value.data(), value.size(), "%.10g", tag.at("value").get<double>());
    table.add({tag.at("link"), tag.at("name"), value.data(), tag.at("unit"), tag.at("quality"),
               tag.at("at").is_string() ? tag.at("at").get<std::string>() : "never"});
  }
  say(table.empty() ? "no Modbus link is configured, or none has been read yet" : table.text());
  return exit_done;
}

}  // namespace standstill::app
