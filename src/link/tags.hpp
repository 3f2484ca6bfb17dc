// The tag table: LINK.TAG → value, unit, quality, time. Every job feeds it; watches, read-backs and `tags`
// read it.
//
// One writer thread (the loop). Other threads get copies through the published state, never this table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::link {

enum class Quality : std::uint8_t { no_link, good, stale, overflow, out_of_range, refused };

inline constexpr std::array<std::string_view, 6> quality_names{"no_link",  "good",         "stale",
                                                               "overflow", "out_of_range", "refused"};
[[nodiscard]] constexpr std::string_view name(Quality quality) {
  return quality_names[static_cast<std::size_t>(quality)];
}

struct Tag {
  std::string link;
  std::string name;
  std::string unit;
  double value = 0.0;  // booleans are 0 and 1
  Quality quality = Quality::no_link;
  Instant at{};  // when the value was read; Instant{}: never
  std::int64_t wall_ns = 0;
};

class TagTable {
 public:
  using Id = std::uint32_t;

  // The id of a tag, declared on first use; stable for the table's life.
  Id declare(std::string_view link, std::string_view tag, std::string_view unit = {});
  [[nodiscard]] std::optional<Id> find(std::string_view link_dot_tag) const;  // "press.counter"
  void set(Id id, double value, Quality quality, Instant at, std::int64_t wall_ns);
  // The link is gone: every tag of it keeps its value and time, and its quality becomes no_link.
  void link_gone(std::string_view link);
  [[nodiscard]] const Tag& get(Id id) const { return tags_.at(id); }
  [[nodiscard]] const std::vector<Tag>& all() const { return tags_; }

 private:
  std::vector<Tag> tags_;
  std::unordered_map<std::string, Id> by_name_;
};

}  // namespace standstill::link
