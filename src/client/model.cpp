#include "standstill/model.hpp"

#include <array>
#include <chrono>

#include "plant/layout/export.hpp"
#include "plant/layout/model.hpp"
#include "plant/layout/views.hpp"

namespace standstill {

namespace {

static_assert(static_cast<std::size_t>(Kind::other) + 1 == layout::kind_count);
static_assert(layout::name(static_cast<layout::Kind>(Kind::turnout)) == "sw");
static_assert(layout::name(static_cast<layout::Kind>(Kind::stage_block)) == "sb");
static_assert(layout::name(static_cast<layout::Kind>(Kind::level)) == "zlevel");
static_assert(layout::name(static_cast<layout::Kind>(Kind::plan)) == "plan");

layout::Kind inner(Kind kind) {
  return static_cast<std::size_t>(kind) < layout::kind_count ? static_cast<layout::Kind>(kind)
                                                             : layout::Kind::other;
}

// A view of the typed fields; only for objects that exist.
template <class View>
View view(const std::shared_ptr<const layout::Object>& held) {
  return View{*held};
}

std::vector<Nested> nested_of(const layout::Object& object) {
  std::vector<Nested> open(1);  // the first collects what is outermost
  for (std::size_t i = object.attribute_count(); i < object.entry_count(); ++i) {
    const auto entry = object.entry(i);
    switch (entry.part) {
      case layout::Object::Part::nested_start:
        open.push_back({std::string(entry.name), {}, {}});
        break;
      case layout::Object::Part::nested_attribute:
        open.back().attributes.emplace_back(entry.name, entry.value);
        break;
      default: {
        Nested done = std::move(open.back());
        open.pop_back();
        open.back().nested.push_back(std::move(done));
      }
    }
  }
  return std::move(open.front().nested);
}

// As the snapshot counts it: what the server says of the block, or of the locos and feedbacks in it.
bool occupied(const layout::Model& model, const layout::Object& object) {
  const layout::Block block{object};
  if (object.get("state") == "occupied" || object.truth("occ")) return true;
  if (!block.loco().empty() && !block.reserved()) return true;
  bool found = false;
  model.each(layout::Kind::fb, [&](const layout::Object& fb) {
    found = found || (layout::Feedback{fb}.on() && layout::Feedback{fb}.block() == object.id());
  });
  model.each(layout::Kind::lc,
             [&](const layout::Object& lc) { found = found || layout::Loco{lc}.block() == object.id(); });
  return found;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  const auto at = static_cast<std::size_t>(kind);
  return at < layout::kind_count ? layout::kind_names[at] : std::string_view("other");
}

std::string Nested::operator[](std::string_view attribute) const {
  for (const auto& [name, value] : attributes)
    if (name == attribute) return value;
  return {};
}

Kind Object::kind() const { return held_ ? static_cast<Kind>(held_->kind()) : Kind::other; }
std::string Object::id() const { return held_ ? std::string(held_->id()) : std::string(); }
std::string Object::element() const { return held_ ? std::string(held_->element()) : std::string(); }
std::string Object::operator[](std::string_view attribute) const {
  return held_ ? std::string(held_->get(attribute)) : std::string();
}
bool Object::has(std::string_view attribute) const { return held_ && held_->find(attribute).has_value(); }
std::int64_t Object::number(std::string_view attribute, std::int64_t otherwise) const {
  return held_ ? held_->number(attribute, otherwise) : otherwise;
}
bool Object::truth(std::string_view attribute, bool otherwise) const {
  return held_ ? held_->truth(attribute, otherwise) : otherwise;
}
std::vector<std::pair<std::string, std::string>> Object::attributes() const {
  std::vector<std::pair<std::string, std::string>> all;
  if (!held_) return all;
  all.reserve(held_->attribute_count());
  for (std::size_t i = 0; i < held_->attribute_count(); ++i) {
    const auto entry = held_->entry(i);
    all.emplace_back(entry.name, entry.value);
  }
  return all;
}
std::vector<Nested> Object::nested() const { return held_ ? nested_of(*held_) : std::vector<Nested>(); }
bool Object::operator==(const Object& other) const {
  if (held_ == other.held_) return true;
  return held_ && other.held_ && *held_ == *other.held_;
}

bool Loco::function(unsigned number) const { return held_ && view<layout::Loco>(held_).function(number); }
std::string Route::status() const {
  return held_ ? std::string(view<layout::Route>(held_).status_name()) : std::string();
}

// A 2014 server answers some clock commands with second 1 of 1970.
bool Clock::known() const { return held_ && view<layout::Clock>(held_).epoch() >= 86400; }
int Clock::hour() const { return held_ ? view<layout::Clock>(held_).hour() : 0; }
int Clock::minute() const { return held_ ? view<layout::Clock>(held_).minute() : 0; }
bool Clock::frozen() const { return held_ && view<layout::Clock>(held_).frozen(); }

Model::Model() {
  static const auto empty = std::make_shared<const layout::Model>();
  held_ = empty;
}

bool Model::has_plan() const { return held_->has_plan(); }
std::string Model::title() const { return find(Kind::plan, {})["title"]; }
Object Model::find(Kind kind, std::string_view id) const { return Object(held_->find(inner(kind), id)); }

std::vector<Object> Model::objects(Kind kind) const {
  std::vector<Object> all;
  all.reserve(count(kind));
  held_->each(inner(kind), [&](const layout::Object& object) {
    // shares the model's ownership: no object is copied
    all.emplace_back(std::shared_ptr<const layout::Object>(held_, &object));
  });
  return all;
}

std::size_t Model::count(Kind kind) const { return held_->count(inner(kind)); }
std::size_t Model::count() const { return held_->count(); }

std::vector<Loco> Model::locos() const {
  std::vector<Loco> all;
  for (auto& object : objects(Kind::loco)) all.push_back({std::move(object)});
  return all;
}
std::vector<Block> Model::blocks() const {
  std::vector<Block> all;
  for (auto& object : objects(Kind::block)) all.push_back({std::move(object)});
  return all;
}

std::optional<bool> Model::power() const {
  if (held_->count(layout::Kind::state) == 0) return std::nullopt;
  return layout::all_stations(*held_, "power");
}
std::optional<bool> Model::automatic() const {
  const auto object = held_->find(layout::Kind::automatic, {});
  return object ? std::optional(object->get("cmd") == "on") : std::nullopt;
}

bool Model::is_occupied(std::string_view block) const {
  const auto object = held_->find(layout::Kind::bk, block);
  return object && occupied(*held_, *object);
}
bool Model::all_stopped() const {
  bool stopped = true;
  held_->each(layout::Kind::lc,
              [&](const layout::Object& lc) { stopped = stopped && layout::Loco{lc}.speed() == 0; });
  return stopped;
}
bool Model::loco_in_block(std::string_view loco, std::string_view block) const {
  if (block.empty()) return false;
  const auto lc = held_->find(layout::Kind::lc, loco);
  if (lc && layout::Loco{*lc}.block() == block) return true;
  const auto bk = held_->find(layout::Kind::bk, block);
  return bk && !loco.empty() && layout::Block{*bk}.loco() == loco && !layout::Block{*bk}.reserved();
}

std::string Model::export_state(std::chrono::system_clock::time_point timestamp) const {
  const std::chrono::duration<double> seconds = timestamp.time_since_epoch();
  return layout::export_document(*held_, seconds.count()).text(2, layout::Document::Order::as_set);
}

}  // namespace standstill
