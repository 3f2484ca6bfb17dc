#include "plant/layout/export.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "plant/layout/views.hpp"

namespace standstill::layout {

namespace {

using Json = nlohmann::ordered_json;

Json nested_of(const Object& object) {
  // a stack of elements being filled; the last is the innermost
  std::vector<Json> open;
  Json all = Json::array();
  for (std::size_t i = object.attribute_count(); i < object.entry_count(); ++i) {
    const auto entry = object.entry(i);
    switch (entry.part) {
      case Object::Part::nested_start:
        open.push_back(Json{{"element", entry.name}, {"attributes", Json::object()}});
        break;
      case Object::Part::nested_attribute:
        open.back()["attributes"][std::string(entry.name)] = entry.value;
        break;
      default: {
        Json done = std::move(open.back());
        open.pop_back();
        if (open.empty())
          all.push_back(std::move(done));
        else
          open.back()["nested"].push_back(std::move(done));
      }
    }
  }
  return all;
}

void add_rest(Json& into, const Object& object, Detail detail) {
  if (detail == Detail::typed) return;
  Json attributes = Json::object();
  for (std::size_t i = 0; i < object.attribute_count(); ++i) {
    const auto entry = object.entry(i);
    attributes[std::string(entry.name)] = entry.value;
  }
  into["attributes"] = std::move(attributes);
  if (object.entry_count() > object.attribute_count()) into["nested"] = nested_of(object);
}

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json loco_json(const Object& object) {
  const Loco loco{object};
  unsigned count = loco.function_count();
  for (unsigned n = count + 1; n <= 32; ++n)
    if (loco.function(n)) count = n;
  Json functions = Json::array();
  for (unsigned n = 0; n <= count; ++n) functions.push_back(loco.function(n));
  return Json{{"id", object.id()},
              {"speed", loco.speed()},
              {"direction", loco.forward()},
              {"block", text_or_null(loco.block())},
              {"destblock", text_or_null(loco.destination())},
              {"mode", text_or_null(loco.mode())},
              {"functions", std::move(functions)},
              {"address", object.number("addr")}};
}

// What occupies blocks, told by others than the blocks.
struct Occupied {
  std::unordered_set<std::string_view> by_feedback;
  std::unordered_map<std::string_view, std::string_view> by_loco;  // block → loco

  explicit Occupied(const Model& model) {
    model.each(Kind::fb, [&](const Object& fb) {
      if (Feedback{fb}.on() && !Feedback{fb}.block().empty()) by_feedback.insert(Feedback{fb}.block());
    });
    model.each(Kind::lc, [&](const Object& lc) {
      if (!Loco{lc}.block().empty()) by_loco.emplace(Loco{lc}.block(), lc.id());
    });
  }
};

Json block_json(const Object& object, const Occupied& occupied) {
  const Block block{object};
  const auto loco = occupied.by_loco.find(object.id());
  const bool stands_in_it = loco != occupied.by_loco.end();
  auto loco_id = block.loco();
  if (loco_id.empty() && stands_in_it) loco_id = loco->second;
  const bool is_occupied = object.get("state") == "occupied" || object.truth("occ") || stands_in_it ||
                           occupied.by_feedback.contains(object.id()) ||
                           (!block.loco().empty() && !block.reserved());
  return Json{{"id", object.id()},
              {"occupied", is_occupied},
              {"reserved", block.reserved()},
              {"loco_id", text_or_null(loco_id)},
              {"state", object.get("state")},
              {"closed", block.closed()}};
}

Json switch_json(const Object& object) {
  return Json{{"id", object.id()},
              {"state", object.get("state")},
              {"type", object.get("type")},
              {"address", object.number("addr1")},
              {"moving", Turnout{object}.moving()}};
}

Json signal_json(const Object& object) {
  return Json{{"id", object.id()},
              {"state", object.get("state")},
              {"aspect", Signal{object}.aspect()},
              {"manual", object.truth("manual")}};
}

Json route_json(const Object& object) {
  const Route route{object};
  return Json{{"id", object.id()},
              {"status", static_cast<int>(route.status())},
              {"status_name", route.status_name()},
              {"from", text_or_null(object.get("bka"))},
              {"to", text_or_null(object.get("bkb"))}};
}

Json feedback_json(const Object& object) {
  return Json{{"id", object.id()},
              {"state", Feedback{object}.on()},
              {"block", text_or_null(Feedback{object}.block())},
              {"counter", object.number("counter")}};
}

Json output_json(const Object& object) {
  return Json{{"id", object.id()}, {"state", object.get("state")}, {"on", Output{object}.on()}};
}

template <class Make>
Document::Items list(const Model& model, Kind kind, Detail detail, Make make) {
  return [&model, kind, detail, make = std::move(make)](const Document::Take& take) {
    model.each(kind, [&](const Object& object) {
      Json one = make(object);
      add_rest(one, object, detail);
      take(std::move(one));
    });
  };
}

Json bare(const Object& object) { return Json{{"id", object.id()}}; }

Json clock_json(const Model& model) {
  const auto object = model.find(Kind::clock, {});
  if (!object) return Json{{"hour", nullptr}, {"minute", nullptr}, {"divider", nullptr}, {"freeze", false}};
  const Clock clock{*object};
  return Json{{"hour", clock.hour()},
              {"minute", clock.minute()},
              {"divider", clock.divider()},
              {"freeze", clock.frozen()},
              {"time", clock.epoch()}};
}

Json power_json(const Model& model) {
  return model.count(Kind::state) > 0 ? Json(all_stations(model, "power")) : Json(nullptr);
}

Json automatic_json(const Model& model) {
  const auto automatic = model.find(Kind::automatic, {});
  return automatic ? Json(automatic->get("cmd") == "on") : Json(nullptr);
}

}  // namespace

Document export_document(const Model& model, double timestamp, Detail detail) {
  Document state;
  state.set("timestamp", Json(timestamp));
  if (const auto plan = model.plan()) {
    Json about{{"title", plan->get("title")}, {"rocrailversion", plan->get("rocrailversion")}};
    add_rest(about, *plan, detail);
    state.set("model", std::move(about));
  } else {
    state.set("model", Json(nullptr));
  }
  state.set("clock", clock_json(model));
  state.set("power", power_json(model));
  state.set("automatic", automatic_json(model));
  const auto occupied = std::make_shared<const Occupied>(model);
  state.set("locomotives", list(model, Kind::lc, detail, loco_json));
  state.set("blocks", list(model, Kind::bk, detail,
                           [occupied](const Object& object) { return block_json(object, *occupied); }));
  state.set("switches", list(model, Kind::sw, detail, switch_json));
  state.set("signals", list(model, Kind::sg, detail, signal_json));
  state.set("routes", list(model, Kind::st, detail, route_json));
  state.set("feedbacks", list(model, Kind::fb, detail, feedback_json));
  state.set("outputs", list(model, Kind::co, detail, output_json));
  constexpr std::array<std::pair<std::string_view, Kind>, 17> others{{{"texts", Kind::tx},
                                                                      {"cars", Kind::car},
                                                                      {"operators", Kind::train},
                                                                      {"schedules", Kind::sc},
                                                                      {"tours", Kind::tour},
                                                                      {"locations", Kind::location},
                                                                      {"stageblocks", Kind::sb},
                                                                      {"boosters", Kind::booster},
                                                                      {"weather", Kind::weather},
                                                                      {"variables", Kind::vr},
                                                                      {"turntables", Kind::tt},
                                                                      {"selection_tables", Kind::seltab},
                                                                      {"actions", Kind::ac},
                                                                      {"levels", Kind::zlevel},
                                                                      {"tracks", Kind::tk},
                                                                      {"stations", Kind::state},
                                                                      {"others", Kind::other}}};
  for (const auto& [key, kind] : others)
    state.set(key, list(model, kind, detail, [which = kind](const Object& object) {
                Json one = bare(object);
                if (which == Kind::other) one["element"] = object.element();
                return one;
              }));
  return state;
}

Json export_changes(const Model& before, const Model& now) {
  const auto objects = [](const Model& model, Kind kind) {
    std::vector<const Object*> all;
    all.reserve(model.count(kind));
    model.each(kind, [&](const Object& object) { all.push_back(&object); });
    return all;
  };
  bool same_objects = true;
  const auto changed = [&](Kind kind) {
    std::vector<const Object*> found;
    const auto old = objects(before, kind);
    const auto fresh = objects(now, kind);
    same_objects = same_objects && old.size() == fresh.size();
    for (std::size_t i = 0; same_objects && i < fresh.size(); ++i) {
      if (old[i] == fresh[i]) continue;
      same_objects = old[i]->id() == fresh[i]->id();
      found.push_back(fresh[i]);
    }
    return found;
  };
  if (before.has_plan() != now.has_plan()) return nullptr;

  const auto locos = changed(Kind::lc);
  const auto feedbacks = changed(Kind::fb);
  auto blocks = changed(Kind::bk);
  const auto switches = changed(Kind::sw);
  const auto signals = changed(Kind::sg);
  const auto routes = changed(Kind::st);
  const auto outputs = changed(Kind::co);
  const auto texts = changed(Kind::tx);
  if (!same_objects) return nullptr;

  // Whether a block is occupied is told by locos and feedbacks too.
  std::set<std::string_view> touched;
  for (const auto* loco : locos) {
    touched.insert(Loco{*loco}.block());
    if (const auto old = before.find(Kind::lc, loco->id()))
      if (const auto left = now.find(Kind::bk, Loco{*old}.block())) touched.insert(left->id());
  }
  for (const auto* feedback : feedbacks) touched.insert(Feedback{*feedback}.block());
  for (const auto* block : blocks) touched.erase(block->id());
  for (const auto& id : touched)
    if (const auto block = now.find(Kind::bk, id)) blocks.push_back(block.get());

  Json made = Json::object();
  const auto put = [&](const char* key, const std::vector<const Object*>& list, const auto& make) {
    for (const auto* object : list) made[key].push_back(make(*object));
  };
  put("locomotives", locos, loco_json);
  if (!blocks.empty()) {
    const Occupied occupied(now);
    put("blocks", blocks, [&](const Object& object) { return block_json(object, occupied); });
  }
  put("switches", switches, switch_json);
  put("signals", signals, signal_json);
  put("routes", routes, route_json);
  put("feedbacks", feedbacks, feedback_json);
  put("outputs", outputs, output_json);
  put("texts", texts, [](const Object& object) {
    Json one = bare(object);
    add_rest(one, object, Detail::everything);
    return one;
  });
  if (before.find(Kind::clock, {}) != now.find(Kind::clock, {})) made["clock"] = clock_json(now);
  if (auto power = power_json(now); power != power_json(before)) made["power"] = std::move(power);
  if (auto automatic = automatic_json(now); automatic != automatic_json(before))
    made["automatic"] = std::move(automatic);
  return made;
}

Json export_state(const Model& model, double timestamp, Detail detail) {
  return export_document(model, timestamp, detail).whole();
}

}  // namespace standstill::layout
