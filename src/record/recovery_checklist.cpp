#include "record/recovery_checklist.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace standstill::record {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_boolean()) return found->get<bool>() ? "yes" : "no";
  if (found->is_number_integer()) return std::to_string(found->get<std::int64_t>());
  if (found->is_number()) {
    char text[40];
    std::snprintf(text, sizeof text, "%g", found->get<double>());
    return text;
  }
  return {};
}

const json& list_of(const json& object, const char* key) {
  static const json nothing = json::array();
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : nothing;
}

ChecklistItem about_output(const ChecklistOutput& output) {
  ChecklistItem item;
  item.text =
      "Output " + output.id + (output.kind.empty() ? "" : " (" + output.kind + ")") +
      " is safe. Proved by: " + (output.how.empty() ? "your own eyes (nothing measures it)" : output.how) +
      '.';
  if (output.readback == "confirmed" && output.commanded == "safe") {
    item.system_says = "safe, confirmed by its read-back";
    item.known = Known::measured;
  } else if (output.readback == "failed") {
    item.system_says = "NOT effective: its read-back contradicts it. Cut the power by hand";
    item.known = Known::measured;
    item.needs_attention = true;
  } else if (output.commanded == "run") {
    item.system_says = "commanded to run: this output is energised";
    item.known = Known::believed;
    item.needs_attention = true;
  } else if (output.commanded == "safe") {
    item.system_says = output.readback == "unconfirmed"
                           ? "commanded safe, its read-back has not confirmed it"
                           : "commanded safe, nothing measures whether it obeyed";
    item.known = Known::believed;
    item.needs_attention = true;
  } else {
    item.needs_attention = true;
  }
  return item;
}

ChecklistItem about_link(const ChecklistLink& link) {
  ChecklistItem item;
  item.text = "Link " + link.id + (link.kind.empty() ? "" : " (" + link.kind + ")") +
              (link.address.empty() ? "" : " at " + link.address) + " is online" +
              (link.critical ? "." : " (not critical: reset does not wait for it).");
  if (!link.state.empty()) {
    item.system_says = link.state;
    item.known = Known::measured;
  }
  item.needs_attention = link.critical && link.state != "online";
  return item;
}

ChecklistItem about_train(const json& train) {
  const std::string id = text_of(train, "id");
  const std::string block = text_of(train, "block");
  const std::string bound_for = text_of(train, "destblock");
  const std::string speed = text_of(train, "speed");
  const std::string direction = text_of(train, "direction");  // "yes": forward, as the server has it
  ChecklistItem item;
  item.text = "Train " + (id.empty() ? std::string("without a name") : id) +
              ": find it, and see in which block it stands.";
  item.system_says = "at the trip: " + (block.empty() ? std::string("block not known") : "block " + block) +
                     (bound_for.empty() || bound_for == block ? "" : ", on its way to " + bound_for) +
                     ", speed " + (speed.empty() ? "not known" : speed) +
                     (direction == "yes"  ? ", forward"
                      : direction == "no" ? ", backward"
                                          : "");
  item.known = block.empty() && speed.empty() ? Known::unknown : Known::believed;
  // between two blocks is where a restarted server is wrong
  item.needs_attention = block.empty() || speed.empty() || (speed != "0" && speed != "0.0");
  return item;
}

ChecklistItem about_difference(const ChecklistDifference& difference) {
  ChecklistItem item;
  item.text = difference.kind + ' ' + difference.id +
              (difference.field.empty() ? "" : ", " + difference.field) + ": the snapshot says " +
              (difference.before.empty() ? "nothing" : difference.before) + ", the server now says " +
              (difference.now.empty() ? "nothing" : difference.now) + '.' +
              (difference.advice.empty() ? "" : " " + difference.advice);
  item.known = Known::believed;
  item.needs_attention = true;
  return item;
}

ChecklistStep power_off(const ChecklistPlant& plant) {
  ChecklistStep step;
  step.title = "Make sure that the power is off";
  step.look_at = "Every output below, and the track itself: a locomotive with its lights on has power.";
  for (const ChecklistOutput& output : plant.outputs) step.items.push_back(about_output(output));
  if (plant.outputs.empty())
    step.items.push_back(
        {"No output is configured: switch the power off by hand.", {}, Known::unknown, true});
  step.items.push_back({"People and hands are clear of the plant.", {}, Known::unknown, false});
  return step;
}

ChecklistStep peers_back(const ChecklistPlant& plant) {
  ChecklistStep step;
  step.title = "Bring back what fell silent";
  step.look_at = plant.cause.empty() ? "The links below." : "The cause: " + plant.cause;
  step.command = "standstill watch";
  for (const ChecklistLink& link : plant.links) step.items.push_back(about_link(link));
  if (plant.links.empty())
    step.items.push_back({"No link is configured: nothing to wait for.", {}, Known::measured, false});
  return step;
}

ChecklistStep positions(const ChecklistPlant& plant, const json& snapshot) {
  ChecklistStep step;
  step.title = "Compare positions, one by one, with your own eyes";
  step.look_at =
      "The layout. The restarted server believes what it saved last, which may be hours old; the snapshot is "
      "what"
      " was true at the trip, and trains may have rolled on since.";
  step.command =
      "standstill compare " + (plant.snapshot_id.empty() ? std::string("latest") : plant.snapshot_id);
  const json& trains = list_of(snapshot, "locomotives");
  for (const json& train : trains) step.items.push_back(about_train(train));
  if (snapshot.is_null()) {
    step.items.push_back({"There is no snapshot: find every train and every turnout's position yourself.",
                          {},
                          Known::unknown,
                          true});
  } else if (trains.empty()) {
    step.items.push_back(
        {"The snapshot knows no train: look for yourself whether there are any.", {}, Known::unknown, true});
  }
  for (const ChecklistDifference& difference : plant.differences)
    step.items.push_back(about_difference(difference));
  if (plant.compared && plant.differences.empty())
    step.items.push_back({"Snapshot and server agree on everything they both know.", "no differences",
                          Known::believed, false});
  if (!plant.compared)
    step.items.push_back(
        {"Snapshot and server have not been compared: run the command above once the link is online.",
         {},
         Known::unknown,
         true});
  return step;
}

ChecklistStep release(const char* title, const char* look_at, const char* word, const ChecklistPlant& plant) {
  ChecklistStep step;
  step.title = title;
  step.look_at = look_at;
  step.command = std::string("standstill ") + word + " --epoch " +
                 (plant.epoch == 0 ? std::string("N") : std::to_string(plant.epoch)) + " --operator NAME";
  return step;
}

std::vector<std::string> preface(const ChecklistPlant& plant, const json& snapshot) {
  std::vector<std::string> lines;
  if (plant.state.empty()) {
    lines.emplace_back("State: UNKNOWN. No supervisor answered; take nothing for granted.");
  } else {
    lines.push_back("State: " + plant.state +
                    (plant.epoch != 0 ? ", epoch " + std::to_string(plant.epoch) : "") +
                    (plant.acknowledged ? ", acknowledged." : "."));
  }
  if (!plant.cause.empty()) lines.push_back("First cause: " + plant.cause);
  if (!plant.snapshot_id.empty()) lines.push_back("Snapshot: " + plant.snapshot_id);
  const std::string epoch = text_of(snapshot, "epoch");
  if (!epoch.empty() && plant.epoch != 0 && epoch != std::to_string(plant.epoch))
    lines.push_back("Careful: this snapshot is of epoch " + epoch + ", the plant is in epoch " +
                    std::to_string(plant.epoch) + '.');
  const std::string age = text_of(snapshot, "age_ms");
  if (!age.empty())
    lines.push_back("When it was taken, the last message from the plant was " + age + " ms old.");
  lines.emplace_back("Do the steps in this order. Stop at any time with: standstill stop");
  return lines;
}

}  // namespace

std::string_view name(Known known) {
  constexpr std::array<std::string_view, 3> names{"measured", "believed", "unknown"};
  return names[static_cast<std::size_t>(known)];
}

Checklist recovery_checklist(const ChecklistPlant& plant, const json& snapshot) {
  Checklist list;
  list.title = "Recovery" + (plant.site.empty() ? std::string() : " of " + plant.site);
  list.preface = preface(plant, snapshot);
  list.steps.push_back(power_off(plant));
  list.steps.push_back(peers_back(plant));
  list.steps.push_back(positions(plant, snapshot));
  list.steps.push_back(
      release("Acknowledge", "You have seen what happened, and say so with your name.", "ack", plant));
  ChecklistStep reset =
      release("Reset", "Refused while a cause is present; `standstill why` says which.", "reset", plant);
  for (const std::string& blocker : plant.blockers)
    reset.items.push_back({"Blocked now: " + blocker, {}, Known::measured, true});
  list.steps.push_back(std::move(reset));
  ChecklistStep start = release(
      "Start", "From here on outputs are energised: everybody warned, hands off the plant.", "start", plant);
  start.items.push_back({"Every train stands where the server believes it stands, or was taken off.",
                         {},
                         Known::unknown,
                         false});
  start.items.push_back({"Trains start one at a time, each watched.", {}, Known::unknown, false});
  list.steps.push_back(std::move(start));
  int number = 0;
  for (ChecklistStep& step : list.steps) step.number = ++number;
  return list;
}

}  // namespace standstill::record
