// `check`: configuration, machine, times and hazards. Exit code 1 when something would keep it from running.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/finding.hpp"
#include "app/settings.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "config/load.hpp"
#include "supervise/hazard.hpp"
#include "supervise/plan_compiler.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

const char* word(Grade grade) {
  return grade == Grade::good ? "ok" : grade == Grade::warning ? "warning" : "NOT OK";
}

Findings look_at_machine(const config::Config& config) {
  Findings found;
  for (const auto& problem : config.unsupported())
    found.push_back({Grade::bad, "configuration", to_string(problem)});
  for (const auto& problem : config.warnings)
    found.push_back({Grade::warning, "configuration", to_string(problem)});
  check_folder(config, found);
  check_programs(config, found);
  check_secrets(config, found);
  check_gpio(config, found);
  check_devices(config, found);
  check_sensors(config, found);
  check_engine(config, found);
  check_network(config, found);
  check_realtime(config, found);
  return found;
}

std::string list_text(const supervise::Hazard& row) {
  std::string text;
  for (const auto& cut : row.cuts) {
    if (!text.empty()) text += ", ";
    text += cut.output +
            (cut.covered ? " ≤ " + std::to_string(cut.within().count()) + " ms (" + cut.who + ")" : " not");
  }
  return text;
}

std::string hazard_text(const supervise::HazardTable& table) {
  std::string made =
      "HAZARDS: what happens when … fails. Milliseconds until the safe command has been carried out, at "
      "most.";
  std::string part;
  for (const auto& row : table.rows) {
    if (row.part != part) made += "\n\n" + row.part;
    part = row.part;
    made += "\n  " + row.event + ": ";
    made += row.cover == supervise::Cover::covered ? "≤ " + std::to_string(row.within().count()) + " ms"
                                                   : std::string(name(row.cover));
    made += "\n" + wrapped("noticed by: " + row.by, 6);
    if (!row.cuts.empty()) made += "\n" + wrapped(list_text(row), 6);
    if (!row.remedy.empty()) made += "\n" + wrapped("→ " + row.remedy, 6);
  }
  if (!table.not_fail_safe.empty()) {
    made += "\n\nNOT FAIL-SAFE by themselves";
    for (const auto& one : table.not_fail_safe) made += "\n" + wrapped(one, 2);
  }
  return made;
}

// Only an engine's: nothing of a plant is there that could fail.
bool engine_alone(const config::Config& config) {
  return config.loco && config.outputs.empty() && config.links.empty();
}

}  // namespace

int check(const Context& context) {
  auto loaded = config::load(config_path(context));
  if (!loaded) {
    if (!context.json) {
      const auto again = load_config(context);
      return again ? int{exit_usage} : again.error();
    }
    ordered_json problems = ordered_json::array();
    for (const auto& one : loaded.error())
      problems.push_back({{"file", one.where.file},
                          {"line", one.where.line},
                          {"column", one.where.column},
                          {"message", one.message},
                          {"hint", one.hint}});
    say(dumped({{"valid", false}, {"problems", std::move(problems)}}));
    return exit_usage;
  }
  const config::Config& config = *loaded;
  Findings found = look_at_machine(config);
  const auto plan = supervise::compile_plan(config);
  if (!plan && config.unsupported().empty()) found.push_back({Grade::bad, "plan", plan.error()});
  bool good = true;
  for (const auto& one : found) good = good && one.grade != Grade::bad;
  const plan::Plan empty{};
  const plan::Plan& compiled = plan ? *plan->plan : empty;
  const bool of_a_plant = plan && !engine_alone(config);
  const auto hazards = of_a_plant ? supervise::hazard_table(config, compiled) : supervise::HazardTable{};
  ordered_json times = ordered_json::array();
  for (const auto& link : config.links)
    if (link.critical && plan)
      times.push_back({{"link", link.id},
                       {"probe_ms", link.probe.count()},
                       {"silence_ms", link.silence.count()},
                       {"loop_ms", supervise::one_loop(compiled).count()},
                       {"total_ms", supervise::silence_to_trip(link, compiled).count()}});
  const ordered_json settings = settings_json(config);
  if (context.json) {
    ordered_json files = ordered_json::array(), machine = ordered_json::array();
    for (const auto& file : config.files) files.push_back(file.string());
    for (const auto& one : found)
      machine.push_back({{"grade", word(one.grade)}, {"subject", one.subject}, {"text", one.text}});
    ordered_json body{{"valid", true},        {"ok", good},         {"files", files},
                      {"settings", settings}, {"machine", machine}, {"silence_to_safe", times}};
    body.update(to_json(hazards));
    say(dumped(body));
    return good ? exit_done : exit_no;
  }
  std::string text = "CONFIGURATION: valid";
  for (const auto& file : config.files) text += "\n  " + file.string();
  text += "\n\nEFFECTIVE SETTINGS\n\n" + settings_text(settings) + "\n\nMACHINE";
  for (const auto& one : found) {
    std::string grade = word(one.grade);
    grade.resize(8, ' ');
    text += "\n  " + grade + one.subject + ": " + printable(one.text);
  }
  if (!times.empty())
    text += "\n\nFROM SILENCE TO SAFE: probe_ms + silence_ms + one loop, then the output's own time";
  for (const auto& one : times)
    text += "\n  link " + text_of(one, "link") + ": " + text_of(one, "probe_ms") + " + " +
            text_of(one, "silence_ms") + " + " + text_of(one, "loop_ms") + " = at most " +
            text_of(one, "total_ms") + " ms";
  if (of_a_plant) text += "\n\n" + hazard_text(hazards);
  if (plan && !of_a_plant)
    text += "\n\nHAZARDS\n" + wrapped(
                                  "This file is an engine's: `standstill loco` watches it, by limits that "
                                  "`standstill cv list` shows. There is no output of a plant in it.",
                                  2);
  say(text);
  if (!good) complain("something would keep this plant from running: see NOT OK above");
  return good ? exit_done : exit_no;
}

}  // namespace standstill::app
