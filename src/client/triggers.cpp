#include "client/triggers.hpp"

#include <algorithm>

namespace standstill::client {

std::uint64_t Triggers::add(std::shared_ptr<const TimeTrigger> trigger) {
  return add(Entry{0, std::move(trigger), nullptr});
}
std::uint64_t Triggers::add(std::shared_ptr<const ChangeTrigger> trigger) {
  return add(Entry{0, nullptr, std::move(trigger)});
}

std::uint64_t Triggers::add(Entry entry) {
  const std::lock_guard lock(mutex_);
  entry.number = ++last_;
  if (entry.change) some_change_ = true;
  entries_.push_back(std::move(entry));
  return last_;
}

Triggers::Removed Triggers::remove(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(entries_, number, &Entry::number);
  if (at == entries_.end()) return {};
  const Entry removed = std::move(*at);
  entries_.erase(at);
  some_change_ = std::ranges::any_of(entries_, [](const Entry& entry) { return entry.change != nullptr; });
  if (removed.time) return {removed.time->handler, removed.time};
  return {removed.change->handler, removed.change};
}

Triggers::Times Triggers::times() const {
  const std::lock_guard lock(mutex_);
  Times all;
  for (const auto& entry : entries_)
    if (entry.time) all.push_back(entry.time);
  return all;
}

Triggers::Changes Triggers::concerned(layout::Kind kind, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  Changes all;
  for (const auto& entry : entries_)
    if (entry.change && entry.change->concerns(kind, id)) all.push_back(entry.change);
  return all;
}

bool Triggers::any_change(layout::Kind kind, std::string_view id) const {
  if (!some_change_) return false;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      entries_, [&](const Entry& entry) { return entry.change && entry.change->concerns(kind, id); });
}

std::expected<ChangeTrigger, std::string> change_trigger(std::string_view ids) {
  ChangeTrigger made;
  const auto colon = ids.find(':');
  const auto word = ids.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool is_kind =
      !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
  if (is_kind) {
    made.kind = layout::kind_of(word);
    if (*made.kind == layout::Kind::other)
      return std::unexpected(
          "\"" + std::string(word) +
          "\" is no kind of object; before the colon stands lc, bk, sw, sg, st, fb, co … or nothing "
          "(for an id with a colon write \"*\" before it)");
    ids.remove_prefix(colon + 1);
  }
  if (ids.empty()) return std::unexpected(std::string("no id to match; \"*\" matches every object"));
  made.glob = ids;
  return made;
}

}  // namespace standstill::client
