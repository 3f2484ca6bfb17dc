// `snapshot list|show|take|export` and `compare`. Snapshots are files: only taking one, and the live plant,
// need a supervisor.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "os/clock.hpp"
#include "plant/layout/compare.hpp"
#include "record/snapshot.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

struct Named {
  std::string name;
  ordered_json document;
};

// An id or a file's path from the disk; where the folder may not be read, an id from the supervisor.
std::expected<Named, int> find(const std::filesystem::path& state_dir, const std::string& id_or_path) {
  auto loaded = record::load_snapshot_or_file(state_dir, id_or_path);
  if (loaded) return Named{id_or_path, std::move(*loaded)};
  if (id_or_path == "latest" || record::parse_snapshot_id(id_or_path)) {
    const auto response = Ask(state_dir).raw("/api/v1/snapshots/" + terminal::Client::encoded(id_or_path));
    if (response && response->status == 200)
      if (auto body = ordered_json::parse(response->body, nullptr, false); !body.is_discarded())
        return Named{id_or_path, std::move(body)};
  }
  complain(loaded.error());
  return std::unexpected(exit_usage);
}

// Why the live document's layout is not the present one; "" when it is.
std::string old_layout(const ordered_json& live) {
  if (!live.contains("links") || !live["links"].is_array()) return {};
  for (const auto& link : live["links"])
    if (text_of(link, "kind") == "rocrail" && text_of(link, "state") != "online")
      return layout::not_live(text_of(link, "id"), text_of(link, "state"));
  return {};
}

std::string count(const ordered_json& document, const char* name) {
  return document.contains(name) && document[name].is_array() ? std::to_string(document[name].size()) : "0";
}

std::string summary(const Named& named) {
  const auto& document = named.document;
  std::string made = named.name + "\nepoch        " + text_of(document, "epoch");
  if (const auto cause = document.find("cause"); cause != document.end() && cause->is_object())
    made += "\ncause        " + text_of(*cause, "code") + " of " + text_of(*cause, "source") + ": " +
            printable(text_of(*cause, "detail"));
  const std::string age = text_of(document, "age_ms");
  made += "\nage of data  " + (age.empty() ? "not known" : age_text(std::atoll(age.c_str())));
  if (document.contains("model") && document["model"].is_null())
    made += "\nmodel        none: the server had not sent its plan";
  if (const auto clock = document.find("clock"); clock != document.end() && clock->is_object())
    made += "\nclock        " + text_of(*clock, "hour") + ":" +
            (text_of(*clock, "minute").size() == 1 ? "0" : "") + text_of(*clock, "minute");
  made += "\nholds        " + count(document, "locomotives") + " locomotives, " + count(document, "blocks") +
          " blocks, " + count(document, "switches") + " switches, " + count(document, "signals") +
          " signals, " + count(document, "routes") + " routes";
  Table table({"LOCOMOTIVE", "SPEED", "DIRECTION", "BLOCK", "MODE"});
  if (document.contains("locomotives"))
    for (const auto& loco : document["locomotives"])
      table.add({printable(text_of(loco, "id")), text_of(loco, "speed"), text_of(loco, "direction"),
                 text_of(loco, "block"), text_of(loco, "mode")});
  if (!table.empty()) made += "\n\n" + table.text();
  return made + "\n\nThe whole document: standstill snapshot show " + named.name + " --json";
}

}  // namespace

int snapshot_list(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  ordered_json list = ordered_json::array();
  if (const auto found = record::list_snapshots(config->site.state_dir)) {
    for (const auto& one : *found)
      list.push_back({{"id", one.id},
                      {"kind", record::name(one.kind)},
                      {"epoch", one.epoch},
                      {"at", os::rfc3339(one.wall_s * 1'000'000'000)},
                      {"bytes", one.bytes}});
  } else {
    const auto body = Ask(config->site.state_dir).get("/api/v1/snapshots");
    if (!body) return body.error();
    if (body->is_object() && body->contains("snapshots")) list = (*body)["snapshots"];
  }
  if (context.json) {
    say(list.dump());
    return exit_done;
  }
  Table table({"SNAPSHOT", "KIND", "EPOCH", "AT (UTC)", "BYTES"});
  for (const auto& one : list)
    table.add({text_of(one, "id"), text_of(one, "kind"), text_of(one, "epoch"), text_of(one, "at"),
               text_of(one, "bytes")});
  say(table.empty() ? "no snapshots in " + (config->site.state_dir / "snapshots").string() : table.text());
  return exit_done;
}

int snapshot_show(const Context& context, const std::string& id) {
  const auto config = load_config(context);
  if (!config) return config.error();
  Named named{id, {}};
  if (id == "live") {
    auto live = Ask(config->site.state_dir).get("/api/v1/snapshots/live");
    if (!live) return live.error();
    named.document = std::move(*live);
  } else {
    auto found = find(config->site.state_dir, id);
    if (!found) return found.error();
    named = std::move(*found);
  }
  say(context.json ? dumped(named.document, 2) : summary(named));
  return exit_done;
}

int snapshot_take(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto body = Ask(config->site.state_dir).post("/api/v1/snapshots", "");
  if (!body) return body.error();
  say(context.json ? body->dump() : "taken: " + text_of(*body, "id"));
  return exit_done;
}

int snapshot_export(const Context& context, const std::string& id, const std::string& target) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto written = record::export_snapshot(config->site.state_dir, id, target);
  if (!written) {
    complain(written.error());
    return exit_usage;
  }
  say(context.json ? ordered_json{{"id", id}, {"path", written->string()}}.dump()
                   : "written: " + written->string());
  return exit_done;
}

int compare(const Context& context, const std::string& snapshot, const std::string& other) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto before = find(config->site.state_dir, snapshot);
  if (!before) return before.error();
  Named now{"live", {}};
  if (other.empty() || other == "live") {
    auto live = Ask(config->site.state_dir).get("/api/v1/snapshots/live");
    if (!live) return live.error();
    now.document = std::move(*live);
    if (!now.document.contains("model") || now.document["model"].is_null()) {
      complain(
          "there is no live plan to compare with: wait until the server has sent it (`standstill status`), "
          "or name another snapshot");
      return exit_unreachable;
    }
    if (const std::string why = old_layout(now.document); !why.empty()) {
      complain(why + "; bring its server back first, or name another snapshot");
      return exit_refused;
    }
  } else {
    auto found = find(config->site.state_dir, other);
    if (!found) return found.error();
    now = std::move(*found);
  }
  const auto differences = layout::compare(before->document, now.document);
  if (context.json) {
    ordered_json list = ordered_json::array();
    for (const auto& one : differences)
      list.push_back({{"kind", one.kind},
                      {"id", one.id},
                      {"field", one.field},
                      {"before", one.before},
                      {"now", one.now},
                      {"severity", layout::name(one.severity)},
                      {"advice", one.advice}});
    say(dumped({{"snapshot", before->name},
                {"other", now.name},
                {"same", differences.empty()},
                {"differences", std::move(list)}}));
    return differences.empty() ? exit_done : exit_no;
  }
  if (differences.empty()) {
    say("no difference between " + before->name + " and " + now.name);
    return exit_done;
  }
  std::string text = std::to_string(differences.size()) +
                     (differences.size() == 1 ? " difference" : " differences") + " between " + before->name +
                     " and " + now.name + ":";
  for (const auto& one : differences) {
    const std::string mark = one.severity == layout::Severity::dangerous ? "!! "
                             : one.severity == layout::Severity::check   ? " ! "
                                                                         : "   ";
    text += "\n" + mark +
            printable(one.kind + " " + one.id + (one.field.empty() ? "" : ", " + one.field) + ": " +
                      one.before + " → " + one.now);
    text += "\n" + wrapped(printable(one.advice), 6);
  }
  say(text + "\n\n!! trains may meet or derail   ! look at it before the next train runs there");
  return exit_no;
}

}  // namespace standstill::app
