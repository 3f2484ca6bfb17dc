// Element and attribute names, stored once for the whole process.
//
// A plan of 20 000 objects has 300 000 attributes and about 200 names. Ids are stable, names are never
// forgotten; what a hostile server can make the table hold is bounded.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace standstill::layout {

using NameId = std::uint16_t;

inline constexpr NameId max_names = 8192;
inline constexpr NameId no_name = 0xFFFF;

// The id of a name, declared on first use; no_name when the table is full or the name longer than 256 bytes.
// Any thread.
[[nodiscard]] NameId intern(std::string_view name);
// Any thread that got the id from intern() or from an object.
[[nodiscard]] std::string_view name_text(NameId id);

// In front of intern(), without its lock. One thread.
class NameCache {
 public:
  [[nodiscard]] NameId id(std::string_view name) {
    if (!name.empty()) {
      const auto& slot = slots_[slot_of(name)];
      if (slot.text == name) return slot.id;
    }
    return remember(name);
  }

 private:
  // Names are short and differ in length, ends and middle; this need not be good, only fast.
  [[nodiscard]] static std::size_t slot_of(std::string_view name) {
    const auto at = [name](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(name[i]));
    };
    const std::size_t n = name.size();
    return (at(0) * 31 + at(n - 1) * 131 + at(n / 2) * 7 + n * 57 + at(n > 1 ? 1 : 0) * 517) % 1024;
  }
  NameId remember(std::string_view name);

  struct Slot {
    std::string_view text;
    NameId id = no_name;
  };
  std::array<Slot, 1024> slots_{};
};

}  // namespace standstill::layout
