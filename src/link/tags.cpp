#include "link/tags.hpp"

namespace standstill::link {

namespace {
std::string full_name(std::string_view link, std::string_view tag) {
  std::string name;
  name.reserve(link.size() + 1 + tag.size());
  name.append(link).append(1, '.').append(tag);
  return name;
}
}  // namespace

TagTable::Id TagTable::declare(std::string_view link, std::string_view tag, std::string_view unit) {
  const auto [place, fresh] = by_name_.try_emplace(full_name(link, tag), static_cast<Id>(tags_.size()));
  if (fresh) {
    Tag made;
    made.link = link;
    made.name = tag;
    tags_.push_back(std::move(made));
  }
  if (!unit.empty()) tags_[place->second].unit = unit;
  return place->second;
}

std::optional<TagTable::Id> TagTable::find(std::string_view link_dot_tag) const {
  const auto found = by_name_.find(std::string(link_dot_tag));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

void TagTable::set(Id id, double value, Quality quality, Instant at, std::int64_t wall_ns) {
  Tag& tag = tags_.at(id);
  tag.value = value;
  tag.quality = quality;
  tag.at = at;
  tag.wall_ns = wall_ns;
}

void TagTable::link_gone(std::string_view link) {
  for (Tag& tag : tags_)
    if (tag.link == link) tag.quality = Quality::no_link;
}

}  // namespace standstill::link
