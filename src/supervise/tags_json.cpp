#include "supervise/tags_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "os/clock.hpp"

namespace standstill::supervise {

using nlohmann::json;

json tags_json(const std::vector<link::Tag>& tags) {
  std::vector<const link::Tag*> sorted;
  sorted.reserve(tags.size());
  for (const auto& tag : tags) sorted.push_back(&tag);
  std::ranges::sort(sorted, [](const auto* a, const auto* b) {
    return std::tie(a->link, a->name) < std::tie(b->link, b->name);
  });
  json list = json::array();
  for (const auto* tag : sorted)
    list.push_back({{"link", tag->link},
                    {"name", tag->name},
                    {"value", tag->at == Instant{} ? json(nullptr) : json(tag->value)},
                    {"unit", tag->unit},
                    {"quality", link::name(tag->quality)},
                    {"at", tag->at == Instant{} ? json(nullptr) : json(os::rfc3339(tag->wall_ns))}});
  return list;
}

}  // namespace standstill::supervise
