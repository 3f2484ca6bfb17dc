// `checklist`, `prooftest`, `drill`.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "record/recovery_checklist.hpp"
#include "record/snapshot.hpp"

namespace standstill::app {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr Duration exercise_limit = 60s;  // the supervisor gives up after 30 s

std::string address_of(const config::Link& link) {
  if (const auto* rocrail = std::get_if<config::RocrailLink>(&link.peer))
    return rocrail->host + ":" + std::to_string(rocrail->port);
  return {};
}

std::string proof_of(const config::Output& output) {
  if (!output.readback) return {};
  if (const auto* gpio = std::get_if<config::GpioReadback>(&output.readback->input))
    return "read-back line " + std::to_string(gpio->line) +
           (gpio->expect == config::Level::low ? " low" : " high");
  return "read-back of " + std::get<config::TagReadback>(output.readback->input).source.text();
}

// What can be said without a supervisor: the configuration, and a snapshot. Nothing of the present is known.
int checklist_from_disk(const Context& context, const config::Config& config, const std::string& snapshot) {
  record::ChecklistPlant plant;
  plant.site = config.site.name;
  for (const auto& output : config.outputs)
    if (output.is_safety()) plant.outputs.push_back({output.id, output.kind, "", "", proof_of(output)});
  for (const auto& link : config.links)
    plant.links.push_back({link.id, link.kind, "", address_of(link), link.critical});
  json document;
  auto loaded = record::load_snapshot_or_file(config.site.state_dir, snapshot.empty() ? "latest" : snapshot);
  if (loaded) {
    document = std::move(*loaded);
    plant.snapshot_id = snapshot.empty() ? "latest" : snapshot;
    if (document.is_object() && document.contains("epoch") && document["epoch"].is_number_unsigned())
      plant.epoch = document["epoch"].get<std::uint32_t>();
  } else if (!snapshot.empty()) {
    complain(loaded.error());
    return exit_usage;
  }
  const auto list = record::recovery_checklist(plant, document);
  say(context.json ? dumped(record::to_json(list)) : record::to_text(list));
  return exit_done;
}

int verdict(const Context& context, const ordered_json& body, const std::string& what) {
  const bool passed = text_of(body, "passed") == "true";
  if (context.json) {
    say(body.dump());
    return passed ? exit_done : exit_no;
  }
  std::string text = what + (passed ? ": passed" : ": FAILED") + ", epoch " + text_of(body, "epoch");
  if (const std::string how = text_of(body, "how"); !how.empty()) text += "\n" + how;
  const auto ms = [](const std::string& value) {
    return value.empty()
               ? std::string("not")
               : value.substr(0, value.find('.') + (value.find('.') == std::string::npos ? 0 : 2)) + " ms";
  };
  if (body.contains("detected_ms"))
    text += "\ndetected after " + ms(text_of(body, "detected_ms")) + ", tripped after " +
            ms(text_of(body, "tripped_ms"));
  Table table({"OUTPUT", "COMMANDED", "CONFIRMED", "READ-BACK", ""});
  if (body.contains("outputs"))
    for (const auto& one : body["outputs"])
      table.add({text_of(one, "id"), ms(text_of(one, "commanded_ms")), ms(text_of(one, "confirmed_ms")),
                 text_of(one, "readback"), text_of(one, "note")});
  if (!table.empty()) text += "\n\n" + table.text();
  if (const std::string report = text_of(body, "report"); !report.empty()) text += "\n\nreport: " + report;
  if (body.contains("reports"))
    for (const auto& one : body["reports"])
      text += "\nreport of " + text_of(one, "output") + ": " + text_of(one, "report");
  say(text + "\n\nThe plant is tripped now: standstill ack, reset and start bring it back.");
  return passed ? exit_done : exit_no;
}

int exercise(const Context& context, const char* path, const char* member, const std::string& id,
             const char* what) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const std::string body = id.empty() ? std::string() : json{{member, id}}.dump();
  const auto answer = Ask(config->site.state_dir).post(path, body, {}, exercise_limit);
  if (!answer) return answer.error();
  return verdict(context, *answer, id.empty() ? what : std::string(what) + " of " + id);
}

}  // namespace

int checklist(const Context& context, const std::string& snapshot) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const bool file = !snapshot.empty() && snapshot != "latest" && !record::parse_snapshot_id(snapshot);
  if (file) return checklist_from_disk(context, *config, snapshot);
  const auto response =
      Ask(config->site.state_dir)
          .raw("/api/v1/checklist" +
               (snapshot.empty() ? "" : "?snapshot=" + terminal::Client::encoded(snapshot)));
  if (!response) {
    std::fprintf(stderr, "standstill: no supervisor answers: nothing in this list is about the present\n");
    return checklist_from_disk(context, *config, snapshot);
  }
  auto body = Ask::judge(response);
  if (!body) return body.error();
  if (context.json) {
    body->erase("text");
    say(body->dump());
  } else {
    say(text_of(*body, "text"));
  }
  return exit_done;
}

int prooftest(const Context& context, const std::string& output) {
  return exercise(context, "/api/v1/prooftest", "output", output, "proof test");
}

int drill(const Context& context, const std::string& link) {
  return exercise(context, "/api/v1/drill", "link", link, "drill");
}

}  // namespace standstill::app
