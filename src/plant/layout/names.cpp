#include "plant/layout/names.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace standstill::layout {

namespace {

struct Table {
  std::mutex mutex;
  std::unordered_map<std::string_view, NameId> ids;
  // Written once before the id is handed out, never moved: readers need no lock.
  std::array<std::unique_ptr<const std::string>, max_names> texts;
  NameId count = 0;
};

Table& table() {
  static auto* const the_table = new Table;  // lives as long as any object in any thread's last moments
  return *the_table;
}

}  // namespace

NameId intern(std::string_view name) {
  if (name.size() > 256) return no_name;
  auto& t = table();
  const std::lock_guard lock(t.mutex);
  if (const auto found = t.ids.find(name); found != t.ids.end()) return found->second;
  if (t.count == max_names) return no_name;
  const NameId id = t.count++;
  t.texts[id] = std::make_unique<const std::string>(name);
  t.ids.emplace(*t.texts[id], id);
  return id;
}

std::string_view name_text(NameId id) {
  static const auto& texts = table().texts;
  return id < max_names && texts[id] ? std::string_view(*texts[id]) : std::string_view{};
}

NameId NameCache::remember(std::string_view name) {
  const NameId id = intern(name);
  if (id != no_name && !name.empty()) slots_[slot_of(name)] = {name_text(id), id};
  return id;
}

}  // namespace standstill::layout
