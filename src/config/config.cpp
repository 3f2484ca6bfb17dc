#include "config/config.hpp"

#include "config/keys.hpp"

namespace standstill::config {

namespace {

template <class Items>
auto* by_id(const Items& items, std::string_view id) {
  for (const auto& item : items)
    if (item.id == id) return &item;
  return static_cast<decltype(&items.front())>(nullptr);
}

template <class Items>
void add_later(const Items& items, std::string_view section, std::vector<Problem>& result) {
  for (const auto& item : items) {
    const Kind* kind = find_kind(section, item.kind);
    if (kind == nullptr || kind->support == Support::runs) continue;
    const std::string title = "[[" + std::string(section) + "]]";
    result.push_back({Fault::warning, item.where,
                      title + " of kind '" + item.kind + "' needs a later version of Standstill",
                      "take it out of the configuration for now"});
  }
}

}  // namespace

const Link* Config::link(std::string_view id) const { return by_id(links, id); }
const Output* Config::output(std::string_view id) const { return by_id(outputs, id); }

std::vector<Problem> Config::unsupported() const {
  std::vector<Problem> result;
  add_later(links, "link", result);
  add_later(watches, "watch", result);
  add_later(outputs, "output", result);
  add_later(alerts, "alert", result);
  return result;
}

}  // namespace standstill::config
