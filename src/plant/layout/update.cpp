#include "plant/layout/update.hpp"

#include <algorithm>
#include <optional>

#include "plant/layout/views.hpp"

namespace standstill::layout {

namespace {

// Ids of names that the rules below set themselves.
NameId named(std::string_view text) { return intern(text); }

bool needs_plan(Kind kind) {
  switch (kind) {
    case Kind::clock:
    case Kind::state:
    case Kind::automatic:
    case Kind::exception:
    case Kind::sys:
      return false;
    default:
      return true;
  }
}

bool is_function_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 3 && name[0] == 'f' &&
         std::ranges::all_of(name.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

void merge_loco(ObjectBuilder& into, const Object& base, const Object& report) {
  const bool function_report = report.element() == "fn";
  if (function_report) {
    if (const auto number = report.find("fnchanged"))
      if (const auto state = report.find("fnchangedstate");
          state && is_function_name("f" + std::string(*number)))
        into.set(named("f" + std::string(*number)), *state);
    return;
  }
  const bool all_functions = report.find("fx").has_value();
  const auto lights = report.find("fn");
  if (!all_functions && !lights) return;
  for (std::size_t i = 0; i < base.attribute_count(); ++i) {
    const auto entry = base.entry(i);
    if (!is_function_name(entry.name) || report.find(entry.name)) continue;
    const unsigned number = static_cast<unsigned>(std::stoul(std::string(entry.name.substr(1))));
    if (number == 0 && lights) into.set(base.entry_name(i), *lights);
    if (number > 0 && all_functions)
      into.set(base.entry_name(i), function_in_mask(report.number("fx"), number) ? "true" : "false");
  }
}

void merge_block(ObjectBuilder& into, const Object& report) {
  const auto cmd = report.get("cmd");
  if (cmd == "free") {
    if (!report.find("locid")) into.set(named("locid"), "");
    if (!report.find("reserved")) into.set(named("reserved"), "false");
  }
  if (cmd == "loc" && !report.find("reserved")) into.set(named("reserved"), "false");
  if (cmd == "reserve" && !report.find("reserved")) into.set(named("reserved"), "true");
}

void merge_clock(ObjectBuilder& into, const Object& report) {
  const auto cmd = report.get("cmd");
  if (report.find("freeze") || (cmd != "freeze" && cmd != "go")) return;
  into.set(named("freeze"), cmd == "freeze" ? "true" : "false");
}

ObjectPtr merged(const Object& base, const Report& report) {
  const Object& news = *report.object;
  ObjectBuilder into;
  into.start_from(base);
  if (news.entry_count() > news.attribute_count()) into.drop_nested();
  for (std::size_t i = 0; i < news.attribute_count(); ++i) into.set(news.entry_name(i), news.entry(i).value);
  for (std::size_t i = news.attribute_count(); i < news.entry_count(); ++i) {
    switch (const auto entry = news.entry(i); entry.part) {
      case Object::Part::nested_start:
        into.nested_start(news.entry_name(i));
        break;
      case Object::Part::nested_attribute:
        into.nested_attribute(news.entry_name(i), entry.value);
        break;
      default:
        into.nested_end();
    }
  }
  if (base.kind() == Kind::lc) merge_loco(into, base, news);
  if (base.kind() == Kind::bk) merge_block(into, news);
  if (base.kind() == Kind::clock) merge_clock(into, news);
  return into.finish(base.id());
}

void set_block_loco(Model& model, const Object& block, std::string_view loco) {
  ObjectBuilder into;
  into.start_from(block);
  into.set(named("locid"), loco);
  model.put(into.finish(block.id()));
}

// Servers report a move at the loco; the block it left is often not mentioned.
void move_loco(Model& model, const Object& before, const Object& after) {
  const auto from = before.get("blockid");
  const auto to = after.get("blockid");
  if (from == to) return;
  if (const auto left = model.find(Kind::bk, from); left && left->get("locid") == after.id())
    set_block_loco(model, *left, {});
  if (const auto entered = model.find(Kind::bk, to); entered && entered->get("locid").empty())
    set_block_loco(model, *entered, after.id());
}

// A state without an iid answers a fresh connection, and is about all stations: what an earlier connection
// said of single ones is out of date.
void forget_stations(Model& model) {
  std::vector<std::string> stations;
  model.each(Kind::state, [&](const Object& state) {
    if (!state.id().empty()) stations.emplace_back(state.id());
  });
  for (const auto& station : stations) model.remove(Kind::state, station);
}

}  // namespace

Change apply(Model& model, const Report& report) {
  const Object& news = *report.object;
  Change change;
  change.kind = news.kind();
  if (needs_plan(news.kind()) && !model.has_plan()) {
    change.object = report.object;
    return change;
  }
  if (news.kind() == Kind::state && news.id().empty()) forget_stations(model);
  change.before = model.find(news.kind(), news.id());
  if (report.what == Report::What::remove) {
    change.object = change.before;
    if (model.remove(news.kind(), news.id())) change.what = Change::What::removed;
    return change;
  }
  if (!change.before || report.what == Report::What::add) {
    // A function report of a loco the plan does not have says nothing that could be kept as a loco.
    if (news.element() == "fn" && news.kind() == Kind::lc) return change;
    if (!model.put(report.object)) return change;
    change.object = report.object;
    change.what = change.before ? Change::What::changed : Change::What::added;
    return change;
  }
  change.object = merged(*change.before, report);
  if (*change.object == *change.before) return change;
  model.put(change.object);
  change.what = Change::What::changed;
  if (news.kind() == Kind::lc) move_loco(model, *change.before, *change.object);
  return change;
}

}  // namespace standstill::layout
