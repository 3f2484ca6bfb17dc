#include "config/build.hpp"

#include <algorithm>
#include <utility>

#include "config/formats.hpp"
#include "config/keys.hpp"

namespace standstill::config {

namespace {

constexpr std::size_t longest_socket = 107;    // the system's limit
constexpr std::size_t longest_state_dir = 88;  // a socket's path, "/standstill.sock" included, has 107 bytes

std::vector<Metadata> metadata(const Table& written, std::vector<Problem>& problems) {
  std::vector<Metadata> result;
  for (const Member& member : written.members) {
    Metadata item{member.name, "", member.name.ends_with("_env")};
    if (const auto* text = member.value.as<std::string>())
      item.value = *text;
    else if (const auto* integer = member.value.as<std::int64_t>())
      item.value = *integer;
    else if (const auto* number = member.value.as<double>())
      item.value = *number;
    else if (const auto* flag = member.value.as<bool>())
      item.value = *flag;
    else {
      problems.push_back({Fault::bad_metadata, member.value.where,
                          "metadata '" + member.name + "' is " + std::string(shape_name(member.value)),
                          "use a text, a number, true or false"});
      continue;
    }
    if (item.from_environment) {
      const auto* variable = std::get_if<std::string>(&item.value);
      const auto complaint = complain(Format::environment_name,
                                      variable == nullptr ? std::string_view{} : std::string_view(*variable));
      if (complaint)
        problems.push_back({complaint->fault, member.value.where,
                            "metadata '" + member.name + "' " + complaint->message, complaint->hint});
      item.name.resize(item.name.size() - 4);
    }
    if (item.name.empty() || std::ranges::find(result, item.name, &Metadata::name) != result.end()) {
      problems.push_back({Fault::bad_metadata, member.where,
                          "metadata '" + member.name + "' would be stored as '" + item.name + "', which is " +
                              (item.name.empty() ? "empty" : "there already"),
                          "give it another name"});
      continue;
    }
    result.push_back(std::move(item));
  }
  return result;
}

Site build_site(const Reader& in, const SourceLocation& where, const Table& table,
                std::vector<Problem>& problems) {
  Site site;
  site.where = where;
  site.name = in.text("name");
  site.state_dir = in.path("state_dir");
  site.timezone = in.text("timezone");
  if (const Member* member = table.find("metadata");
      member != nullptr && member->value.as<Table>() != nullptr)
    site.metadata = metadata(*member->value.as<Table>(), problems);
  if (site.state_dir.native().size() > longest_state_dir)
    in.report(Fault::bad_path, in.where("state_dir"),
              "'state_dir' is " + std::to_string(site.state_dir.native().size()) +
                  " bytes long, too long for the sockets in it",
              "use at most " + std::to_string(longest_state_dir));
  return site;
}

Terminal build_terminal(const Reader& in, const SourceLocation& where) {
  Terminal terminal;
  terminal.where = where;
  const auto listen = parse_host_port(in.text("listen"));
  if (listen) {
    terminal.host = listen->host;
    terminal.port = listen->port;
  }
  terminal.insecure = in.flag("insecure");
  terminal.certificate_file = in.path("certificate_file");
  terminal.key_file = in.path("key_file");
  terminal.hosts = in.texts("hosts");
  if (const auto texts = in.nested("visitors"))
    terminal.visitors = {texts->text("running"), texts->text("ready"), texts->text("tripped"),
                         texts->text("unknown")};
  for (const auto& [peer, place] : in.list("rehearsal"))
    terminal.rehearsal.push_back({peer.text("id"), peer.path("control")});
  const bool tls = in.has("certificate_file") && in.has("key_file");
  if (in.has("certificate_file") != in.has("key_file"))
    in.report(Fault::one_of, in.where(in.has("key_file") ? "key_file" : "certificate_file"),
              "'certificate_file' and 'key_file' belong together", "give both, or none");
  else if (listen && !is_loopback(listen->host) && !tls && !terminal.insecure)
    in.report(
        Fault::exposed_terminal, in.where("listen"),
        "'listen' = '" + in.text("listen") +
            "' can be reached by other machines, and secrets would cross the "
            "network in the clear",
        "listen on 127.0.0.1, give 'certificate_file' and 'key_file', or accept it with insecure = true");
  return terminal;
}

Bus build_bus(const Reader& in, const SourceLocation& where, const std::filesystem::path& state_dir) {
  Bus bus;
  bus.where = where;
  bus.kind = in.text("kind");
  bus.url = in.text("url");
  bus.sentinels = in.texts("sentinels");
  bus.primary = in.text("primary");
  bus.user = in.text("user");
  bus.password = in.secret("password");
  bus.instance = in.text("instance");
  bus.controller = in.text("role") == "controller";
  bus.tls = {in.path("tls_ca_file"), in.path("tls_certificate_file"), in.path("tls_key_file")};
  if (in.has("tls_certificate_file") != in.has("tls_key_file"))
    in.report(Fault::one_of, in.where(in.has("tls_key_file") ? "tls_key_file" : "tls_certificate_file"),
              "'tls_certificate_file' and 'tls_key_file' belong together", "give both, or none");
  const bool secret = bus.url.starts_with("rediss:");
  for (const char* key : {"tls_ca_file", "tls_certificate_file"})
    if (in.has(key) && !secret)
      in.report(Fault::contradiction, in.where(key),
                "'" + std::string(key) + "' is for TLS, and 'url' does not ask for it", "use rediss://");
  if (bus.kind == "local") {
    std::string socket = in.path("socket");
    if (socket.empty() && !bus.controller)
      in.report(Fault::missing_key, where, "a station on a bus of kind 'local' needs to know where it is",
                "add socket = \"PATH\": that of the controller, which is bus.sock in its state_dir");
    if (socket.empty()) socket = state_dir / "bus.sock";
    if (socket.size() > longest_socket)
      in.report(Fault::bad_path, in.where("socket"),
                "'socket' is longer than " + std::to_string(longest_socket) + " bytes", "use a shorter path");
    bus.url = "unix://" + socket;
  }
  bus.lease = in.ms("lease_ms");
  bus.key_file = in.path("key_file");
  bus.direct_port = in.whole<std::uint16_t>("direct_port");
  bus.whole_seconds = in.text("timestamps") == "seconds";
  // The message format knows instance names in lower case only.
  if (std::ranges::any_of(bus.instance, [](char c) { return c >= 'A' && c <= 'Z'; }))
    in.report(Fault::bad_id, in.where("instance"),
              "'instance' = '" + bus.instance + "' has capital letters, which the bus does not allow",
              "use lower-case letters, digits, '-' and '_'");
  if (!bus.sentinels.empty() && !in.has("primary"))
    in.report(Fault::contradiction, in.where("sentinels"),
              "'sentinels' are asked for a primary that has no name", "add 'primary'");
  if (bus.sentinels.empty() && in.has("primary"))
    in.report(Fault::contradiction, in.where("primary"),
              "'primary' is what sentinels are asked for, and none are listed",
              "add 'sentinels', or remove it");
  for (auto one = bus.sentinels.begin(); one != bus.sentinels.end(); ++one)
    if (std::find(bus.sentinels.begin(), one, *one) != one)
      in.report(Fault::contradiction, in.where("sentinels"),
                "'sentinels' names " + *one + " twice, and more than half of different ones must agree",
                "list each once");
  return bus;
}

template <class Item>
std::vector<Item> build_all(const Reader& root, std::string_view section,
                            Item (*build_one)(const Reader&, const SourceLocation&), std::size_t most) {
  std::vector<Item> result;
  const auto written = root.list(section);
  for (const auto& [reader, where] : written) {
    if (result.size() == most) {
      root.report(Fault::too_many, where,
                  "this is [[" + std::string(section) + "]] number " + std::to_string(most + 1) + " of " +
                      std::to_string(written.size()),
                  "at most " + std::to_string(most) + " are possible");
      break;
    }
    result.push_back(build_one(reader, where));
  }
  return result;
}

// A read-back of kind modbus-input is a value that its link reads beside its own.
void add_inputs(Config& config) {
  for (const Output& output : config.outputs) {
    const auto* tag = output.readback ? std::get_if<TagReadback>(&output.readback->input) : nullptr;
    if (tag == nullptr || !tag->input) continue;
    for (Link& link : config.links) {
      auto* modbus = std::get_if<ModbusLink>(&link.peer);
      if (modbus == nullptr || link.id != tag->source.link) continue;
      const auto same = [&](const Register& one) { return one.name == tag->source.tag; };
      if (std::ranges::any_of(modbus->registers, same)) continue;
      Register input;
      input.where = output.readback->where;
      input.name = tag->source.tag;
      input.function = 2;
      input.address = *tag->input;
      input.type = "bool";
      modbus->registers.push_back(std::move(input));
    }
  }
}

// Devices behind one address share a connection.
void share_at_once(Config& config) {
  for (Link& link : config.links)
    for (const Link& other : config.links) {
      auto* one = std::get_if<ModbusLink>(&link.peer);
      const auto* two = std::get_if<ModbusLink>(&other.peer);
      if (one != nullptr && two != nullptr && !one->host.empty() && one->host == two->host &&
          one->port == two->port)
        one->at_once = std::max(one->at_once, two->at_once);
    }
}

}  // namespace

Config build(const Table& validated, const std::filesystem::path& folder, std::vector<Problem>& problems) {
  Config config;
  const Reader root(validated, folder, problems);
  const auto where = [&validated](std::string_view section) {
    const Member* member = validated.find(section);
    return member == nullptr ? SourceLocation{} : member->where;
  };
  if (const auto site = root.nested("site"))
    config.site = build_site(*site, where("site"), *validated.find("site")->value.as<Table>(), problems);
  if (const auto guard = root.nested("guard"))
    config.guard = {where("guard"), guard->ms("permit_timeout_ms"), guard->ms("settle_ms"),
                    guard->ms("heartbeat_timeout_ms")};
  if (const auto terminal = root.nested("terminal"))
    config.terminal = build_terminal(*terminal, where("terminal"));
  if (const auto bus = root.nested("bus")) config.bus = build_bus(*bus, where("bus"), config.site.state_dir);
  if (const auto loco = root.nested("loco")) config.loco = build_loco(*loco, where("loco"));
  if (const auto watchdog = root.nested("watchdog"))
    config.watchdog = build_watchdog(*watchdog, where("watchdog"));
  config.links = build_all<Link>(root, "link", build_link, max_links);
  config.watches = build_all<Watch>(root, "watch", build_watch, max_watches);
  config.outputs = build_all<Output>(root, "output", build_output, max_outputs);
  config.stages = build_all<Stage>(root, "stage", build_stage, max_stages);
  config.alerts = build_all<Alert>(root, "alert", build_alert, max_alerts);
  add_inputs(config);
  share_at_once(config);
  return config;
}

}  // namespace standstill::config
