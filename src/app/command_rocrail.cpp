// `rocrail send|follow|plan|list`: a Rocrail server by hand.
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/rocrail_peer.hpp"
#include "app/same_host.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "config/load.hpp"
#include "os/clock.hpp"
#include "wire/rocrail/command.hpp"
#include "wire/rocrail/xml.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr Duration plan_within = 30s;  // a large plan over a slow network

struct Target {
  std::string host;
  std::uint16_t port = 0;
};

std::expected<config::Link, int> configured(const config::Config& config, const std::string& wanted) {
  const config::Link* found = nullptr;
  for (const auto& link : config.links) {
    if (!std::holds_alternative<config::RocrailLink>(link.peer) || (!wanted.empty() && link.id != wanted))
      continue;
    if (found != nullptr) {
      complain("there are several Rocrail links: name one with --link");
      return std::unexpected(exit_usage);
    }
    found = &link;
  }
  if (found != nullptr) return *found;
  complain(wanted.empty() ? "no [[link]] of kind \"rocrail\" is configured: add one, or use --host and --port"
                          : "there is no Rocrail link '" + printable(wanted) + "' in the configuration");
  return std::unexpected(exit_usage);
}

std::expected<RocrailPeer, int> connect(const Context& context, const RocrailOptions& options) {
  Target target{options.host, options.port};
  if (options.host.empty()) {
    const auto config = load_config(context);
    if (!config) return std::unexpected(config.error());
    const auto link = configured(*config, options.link);
    if (!link) return std::unexpected(link.error());
    const auto& peer = std::get<config::RocrailLink>(link->peer);
    target = {peer.host, peer.port};
  }
  auto peer = RocrailPeer::connect(target.host, target.port);
  if (peer) return std::move(*peer);
  complain(peer.error());
  return std::unexpected(exit_unreachable);
}

std::expected<std::string, int> ask_plan(const Context& context, const RocrailOptions& options) {
  auto peer = connect(context, options);
  if (!peer) return std::unexpected(peer.error());
  const auto question = rocrail::commands::plan();
  if (context.verbose) complain("> " + question.body);
  if (const auto sent = peer->send(question.frame); !sent) return std::unexpected(failed(sent.error()));
  const Instant until = os::now() + plan_within;
  for (;;) {
    const auto body = peer->next(until);
    if (!body) return std::unexpected(failed(body.error()));
    if (!*body)
      return std::unexpected(failed("the server sent no plan within 30 s: is a plan loaded there?"));
    if (context.verbose) complain("< " + printable((*body)->substr(0, 200)));
    if (rocrail::root_name(**body) == "plan") return **body;
  }
}

// Everything that stands in a list of the plan: <plan><lclist><lc id="…" …/></lclist>…</plan>
std::expected<ordered_json, std::string> objects_of(const std::string& plan, const std::string& kind) {
  ordered_json objects = ordered_json::array();
  rocrail::XmlReader reader(plan);
  for (;;) {
    const auto event = reader.next();
    if (event == rocrail::XmlReader::Event::finished) return objects;
    if (event == rocrail::XmlReader::Event::failed)
      return std::unexpected("the plan cannot be read: " + reader.error());
    if (event != rocrail::XmlReader::Event::start || reader.depth() != 3) continue;
    if (!kind.empty() && reader.name() != kind) continue;
    ordered_json attributes = ordered_json::object();
    for (const auto& one : reader.attributes()) attributes[std::string(one.name)] = std::string(one.value);
    objects.push_back({{"kind", std::string(reader.name())},
                       {"id", std::string(reader.attribute("id"))},
                       {"attributes", std::move(attributes)}});
  }
}

std::string joined(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::string text;
  for (const auto& word : words) {
    const bool quote =
        word.find(' ') != std::string::npos && !word.starts_with('<') && !word.starts_with('"');
    text += (text.empty() ? "" : " ") + (quote ? "\"" + word + "\"" : word);
  }
  return text;
}

// A host that is a configured link's is that link: no way around "refused unless running".
std::optional<std::string> link_behind(const Context& context, const RocrailOptions& options,
                                       std::filesystem::path& state_dir) {
  const auto config = config::load(config_path(context));
  if (!config) return std::nullopt;
  for (const auto& link : config->links)
    if (const auto* peer = std::get_if<config::RocrailLink>(&link.peer);
        peer != nullptr && peer->port == options.port && same_host(peer->host, options.host)) {
      state_dir = config->site.state_dir;
      return link.id;
    }
  return std::nullopt;
}

int send_directly(const Context& context, const RocrailOptions& options, const rocrail::Command& command) {
  auto peer = connect(context, options);
  if (!peer) return peer.error();
  if (context.verbose) complain("> " + command.body);
  if (const auto sent = peer->send(command.frame); !sent) return failed(sent.error());
  // A server that does not like what it got ends the connection at once.
  const Instant until = os::now() + 300ms;
  for (;;) {
    const auto body = peer->next(until);
    if (!body) return failed(body.error() + " after the command");
    if (!*body) break;
    if (context.verbose) complain("< " + printable(**body));
  }
  say(context.json ? dumped({{"sent", command.body}}) : "sent: " + command.body);
  return exit_done;
}

}  // namespace

int rocrail_send(const Context& context, const RocrailOptions& options) {
  const std::string text = joined(options.words);
  const auto command = rocrail::parse_command(text);
  if (!command) {
    complain(command.error());
    return exit_usage;
  }
  std::filesystem::path state_dir;
  std::string link;
  if (options.host.empty()) {
    const auto config = load_config(context);
    if (!config) return config.error();
    const auto found = configured(*config, options.link);
    if (!found) return found.error();
    state_dir = config->site.state_dir;
    link = found->id;
  } else if (const auto behind = link_behind(context, options, state_dir)) {
    complain(options.host + ":" + std::to_string(options.port) + " is link '" + *behind +
             "' of the configuration: the supervisor sends");
    link = *behind;
  }
  if (link.empty()) return send_directly(context, options, *command);
  const auto answer = Ask(state_dir).post("/api/v1/links/" + terminal::Client::encoded(link) + "/send",
                                          dumped({{"command", text}}));
  if (!answer) return answer.error();
  say(context.json ? dumped(*answer) : "sent through '" + link + "': " + command->body);
  return exit_done;
}

int rocrail_follow(const Context& context, const RocrailOptions& options) {
  auto peer = connect(context, options);
  if (!peer) return peer.error();
  for (;;) {
    const auto body = peer->next(os::now() + 60min);
    if (!body) return failed(body.error());
    if (!*body) continue;
    const std::string at = os::rfc3339(os::wall_ns());
    say(context.json
            ? dumped({{"at", at}, {"element", std::string(rocrail::root_name(**body))}, {"body", **body}})
            : at + "  " + printable(**body));
  }
}

int rocrail_plan(const Context& context, const RocrailOptions& options) {
  const auto plan = ask_plan(context, options);
  if (!plan) return plan.error();
  if (!context.json) {
    say(*plan);
    return exit_done;
  }
  const auto objects = objects_of(*plan, "");
  if (!objects) return failed(objects.error());
  say(dumped(*objects));
  return exit_done;
}

int rocrail_list(const Context& context, const RocrailOptions& options) {
  const auto plan = ask_plan(context, options);
  if (!plan) return plan.error();
  const auto objects = objects_of(*plan, options.kind);
  if (!objects) return failed(objects.error());
  if (context.json) {
    say(dumped(*objects));
    return exit_done;
  }
  Table table({"KIND", "ID", "STATE", "DESCRIPTION"});
  for (const auto& one : *objects) {
    const auto& attributes = one["attributes"];
    std::string state = text_of(attributes, "state");
    if (const std::string v = text_of(attributes, "V"); !v.empty()) state = "V=" + v;
    table.add({text_of(one, "kind"), printable(text_of(one, "id")), printable(state),
               printable(text_of(attributes, "desc"))});
  }
  say(table.empty() ? "the plan has no objects of kind '" + printable(options.kind) + "'" : table.text());
  return exit_done;
}

}  // namespace standstill::app
