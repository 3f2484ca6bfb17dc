#include "plant/layout/compare.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace standstill::layout {

namespace {

using Json = nlohmann::ordered_json;

struct Field {
  std::string_view name;
  Severity severity;
};
struct List {
  std::string_view key;   // in the exported state
  std::string_view kind;  // for people
  std::vector<Field> fields;
};

const std::vector<List>& lists() {
  static const std::vector<List> all{
      {"locomotives",
       "locomotive",
       {{"block", Severity::dangerous},
        {"speed", Severity::dangerous},
        {"direction", Severity::dangerous},
        {"destblock", Severity::check},
        {"mode", Severity::check},
        {"functions", Severity::note}}},
      {"switches", "switch", {{"state", Severity::dangerous}}},
      {"blocks",
       "block",
       {{"loco_id", Severity::dangerous},
        {"occupied", Severity::dangerous},
        {"state", Severity::check},
        {"reserved", Severity::check}}},
      {"signals", "signal", {{"state", Severity::check}, {"aspect", Severity::check}}},
      {"routes", "route", {{"status", Severity::check}}},
      {"feedbacks", "feedback", {{"state", Severity::check}}},
      {"outputs", "output", {{"state", Severity::check}}},
  };
  return all;
}

std::string shown(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() ? "none" : text;
  }
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& member(const Json& object, std::string_view key) {
  static const Json nothing = nullptr;
  if (!object.is_object()) return nothing;
  const auto found = object.find(std::string(key));
  return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& object, std::string_view key) { return shown(member(object, key)); }

std::string way(const std::string& direction) { return direction == "true" ? "forward" : "backward"; }

std::string loco_advice(const Json& was, const Difference& d) {
  const std::string moving =
      text_of(was, "speed") == "0" ? "" : " (it was running at " + text_of(was, "speed") + ")";
  if (d.field == "block") {
    if (d.before == "none")
      return "the server puts it into " + d.now +
             ", where it was not known before: look where it really stands.";
    if (d.now == "none")
      return "look for it in and behind " + d.before + moving +
             ", then tell the server the block it really stands in.";
    return "it was in " + d.before + moving + ", the server now believes " + d.now +
           ": look where it really stands and place it there in the server before anything runs.";
  }
  if (d.field == "speed") {
    const std::string block = text_of(was, "block");
    return "it ran at " + d.before + (block == "none" ? "" : " in " + block) + "; the server now believes " +
           d.now + ": it rolled on until the power went, look at its real position" +
           (d.now == "0" ? "." : ", and set its speed to 0 before power returns.");
  }
  if (d.field == "direction")
    return "it went " + way(d.before) + ", the server now believes " + way(d.now) +
           ": set the direction in the server before it gets speed.";
  if (d.field == "destblock")
    return "it was on its way to " + d.before + ", the server now says " + d.now +
           ": free what was reserved for it, or send it again.";
  if (d.field == "mode")
    return "its mode was " + d.before + " and is " + d.now +
           ": put it back into automatic mode only where it belongs.";
  return "switch its functions (light, sound) as they should be.";
}

std::string block_advice(const Difference& d) {
  if (d.field == "loco_id") {
    if (d.now == "none")
      return "look whether " + d.before + " still stands there; if so, place it there in the server.";
    if (d.before == "none")
      return "the server believes that " + d.now +
             " stands there: look, and take it out in the server if it does not.";
    return d.before + " was there, the server now believes " + d.now +
           ": look which it is and correct the server.";
  }
  if (d.field == "occupied")
    return d.before == "true"
               ? "it was occupied, the server now believes it free: look before a train is sent there."
               : "it was free, now it is reported occupied: look for a vehicle that rolled into it.";
  if (d.field == "state")
    return d.before == "closed" ? "it was closed by somebody, now it is " + d.now +
                                      ": close it again until the reason is known."
                                : "it was " + d.before + ", now it is " + d.now +
                                      ": open or close it in the server as it should be.";
  return d.before == "true"
             ? "it was reserved for a train, now it is not: reserve it again or send the train anew."
             : "it is reserved now and was not: free it if no train is meant to come.";
}

std::string advice(std::string_view kind, const Json& was, const Difference& d) {
  if (kind == "locomotive") return loco_advice(was, d);
  if (kind == "block") return block_advice(d);
  if (kind == "switch")
    return "it stood at " + d.before + ", the server now believes " + d.now +
           ": look at the points themselves, then set it by hand or command it twice so that both agree.";
  if (kind == "signal")
    return "it showed " + d.before + ", the server now believes " + d.now +
           ": command it so that both agree, red if in doubt.";
  if (kind == "route")
    return "its status was " + d.before + " and is " + d.now +
           " (0 free, 1 locked, 2 selected, 3 deselected, 4 closed): lock or free it as the trains on it "
           "need.";
  if (kind == "feedback")
    return d.before == "true"
               ? "it reported a train and reports none now: look whether one still stands there."
               : "it reports a train now and reported none: look what stands there.";
  return "it was " + d.before + " and is " + d.now + ": switch it as it should be.";
}

class Comparison {
 public:
  std::vector<Difference> run(const Json& before, const Json& now) {
    if (member(before, "model").is_null() && !before.contains("locomotives")) return unknown("snapshot");
    if (now.contains("model") && now["model"].is_null()) return unknown("live layout");
    if (before.contains("model") && before["model"].is_null()) return unknown("snapshot");
    for (const auto& list : lists()) compare_list(list, member(before, list.key), member(now, list.key));
    compare_power(before, now);
    std::vector<Difference> ordered;
    ordered.reserve(found_.size());
    for (const auto severity : {Severity::dangerous, Severity::check, Severity::note})
      std::ranges::copy_if(found_, std::back_inserter(ordered),
                           [severity](const Difference& d) { return d.severity == severity; });
    return ordered;
  }

 private:
  std::vector<Difference> unknown(const std::string& side) {
    return {{"layout", "", "model", side == "snapshot" ? "none" : "a plan",
             side == "snapshot" ? "a plan" : "none",
             "the " + side + " has no plan: nothing can be compared; look at every train, turnout and block.",
             Severity::dangerous}};
  }

  static std::unordered_map<std::string, const Json*> by_id(const Json& list) {
    std::unordered_map<std::string, const Json*> all;
    if (list.is_array())
      for (const auto& object : list)
        if (member(object, "id").is_string()) all.emplace(member(object, "id").get<std::string>(), &object);
    return all;
  }

  void compare_list(const List& list, const Json& before, const Json& now) {
    if (!before.is_array() || !now.is_array()) return;
    const auto then = by_id(before);
    const auto later = by_id(now);
    for (const auto& was : before) {
      if (!member(was, "id").is_string()) continue;
      const auto& id = member(was, "id").get_ref<const std::string&>();
      const auto is = later.find(id);
      if (is == later.end()) {
        found_.push_back(
            {std::string(list.kind), id, "", "present", "none",
             "the snapshot knows it, the plan of now does not: was another or an older plan loaded?",
             Severity::check});
        continue;
      }
      for (const auto& field : list.fields) compare_field(list.kind, id, field, was, *is->second);
    }
    for (const auto& is : now) {
      if (!member(is, "id").is_string()) continue;
      const auto& id = member(is, "id").get_ref<const std::string&>();
      if (!then.contains(id))
        found_.push_back(
            {std::string(list.kind), id, "", "none", "present",
             "the plan of now has it, the snapshot does not: it was added, or another plan was loaded.",
             Severity::note});
    }
  }

  void compare_field(std::string_view kind, const std::string& id, const Field& field, const Json& was,
                     const Json& is) {
    // a snapshot of another version may not have the field: unknown is no difference
    if (!was.contains(std::string(field.name)) || !is.contains(std::string(field.name))) return;
    Difference d{std::string(kind),       id, std::string(field.name), text_of(was, field.name),
                 text_of(is, field.name), "", field.severity};
    if (d.before == d.now) return;
    d.advice = id + ": " + advice(kind, was, d);
    found_.push_back(std::move(d));
  }

  void compare_power(const Json& before, const Json& now) {
    if (!member(before, "power").is_boolean() || !member(now, "power").is_boolean()) return;
    const bool was = before["power"].get<bool>();
    const bool is = now["power"].get<bool>();
    if (was == is) return;
    found_.push_back(
        {"layout", "", "power", was ? "true" : "false", is ? "true" : "false",
         is ? "the server has track power on: switch it off there until every position was looked at."
            : "the server has track power off: leave it off until every position was looked at.",
         is ? Severity::dangerous : Severity::note});
  }

  std::vector<Difference> found_;
};

}  // namespace

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::check:
      return "check";
    default:
      return "dangerous";
  }
}

std::string not_live(std::string_view link, std::string_view state) {
  return "link " + std::string(link) + " is " + std::string(state) +
         ": what is known of its layout is what was heard last, not the layout as it is";
}

bool is_compared(int depth, std::string_view name) {
  const auto& all = lists();
  if (depth == 1)
    return name == "model" || name == "power" ||
           std::ranges::any_of(all, [&](const List& list) { return list.key == name; });
  return depth == 3 &&
         (name == "id" || std::ranges::any_of(all, [&](const List& list) {
            return std::ranges::any_of(list.fields, [&](const Field& field) { return field.name == name; });
          }));
}

std::vector<Difference> compare(const Json& before, const Json& now) { return Comparison{}.run(before, now); }

}  // namespace standstill::layout
