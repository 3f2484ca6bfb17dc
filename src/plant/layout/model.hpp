// Everything a server told of its layout, as last told.
//
// A Model is a value. Copying one takes microseconds whatever the size of the plan, because copies share what
// neither has changed; a copy may be read, changed or destroyed in another thread. Changing one object costs
// the same in a plan of a hundred and of twenty thousand.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "plant/layout/cow.hpp"
#include "plant/layout/object.hpp"

namespace standstill::layout {

class Model {
 public:
  static constexpr std::size_t max_objects = 100'000;

  // False until a whole plan arrived; until then only clock, state and automatic mode are known.
  [[nodiscard]] bool has_plan() const { return plan() != nullptr; }
  [[nodiscard]] ObjectPtr plan() const { return find(Kind::plan, {}); }  // title, rocrailversion, healthy …

  [[nodiscard]] ObjectPtr find(Kind kind, std::string_view id) const;
  [[nodiscard]] std::size_t count(Kind kind) const { return table(kind).count; }
  [[nodiscard]] std::size_t count() const { return count_; }

  // Objects of one kind in the order of the plan (what was added later fills gaps first).
  template <class Visitor>
  void each(Kind kind, Visitor&& visit) const {
    for (const auto& chunk : table(kind).chunks)
      for (const auto& object : *chunk.get())
        if (object) visit(*object);
  }

  // Of elements not known here several may have the same id: find() gives any, put() replaces the same
  // element's. Adds the object, or takes the place of the one with the same kind and id. False when the model
  // is full.
  bool put(ObjectPtr object);
  bool remove(Kind kind, std::string_view id);
  // Frees about `objects` of them and says whether any are left: for a model nobody needs, in slices.
  bool shed(std::size_t objects);

 private:
  static constexpr std::size_t chunk_size = 64;
  static constexpr std::size_t shard_count = 256;
  using Chunk = std::array<ObjectPtr, chunk_size>;
  struct Place {
    std::uint32_t hash;
    std::uint32_t position;
  };
  using Shard = std::vector<Place>;  // ordered by hash
  struct Table {
    std::vector<Cow<Chunk>> chunks;
    std::vector<Cow<Shard>> shards;  // empty until the first object
    std::vector<std::uint32_t> gaps;
    std::uint32_t end = 0;  // positions used so far, gaps included
    std::size_t count = 0;
  };
  [[nodiscard]] const Table& table(Kind kind) const { return tables_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] Table& table(Kind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  static std::uint32_t no_position() { return 0xFFFFFFFFU; }
  static std::uint32_t position_of(const Table& in, NameId element, std::string_view id, std::uint32_t hash);

  std::array<Table, kind_count> tables_;
  std::size_t count_ = 0;
};

}  // namespace standstill::layout
