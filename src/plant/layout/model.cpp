#include "plant/layout/model.hpp"

#include <algorithm>
#include <functional>

namespace standstill::layout {

namespace {

std::uint32_t hash_of(std::string_view id) {
  const std::uint64_t hash = std::hash<std::string_view>{}(id);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

}  // namespace

std::uint32_t Model::position_of(const Table& in, NameId element, std::string_view id, std::uint32_t hash) {
  if (in.shards.empty()) return no_position();
  const Shard* shard = in.shards[hash % shard_count].get();
  if (shard == nullptr) return no_position();
  auto place = std::ranges::lower_bound(*shard, hash, {}, &Place::hash);
  for (; place != shard->end() && place->hash == hash; ++place) {
    const auto& object = (*in.chunks[place->position / chunk_size].get())[place->position % chunk_size];
    if (object->id() == id && (element == no_name || element == object->element_id())) return place->position;
  }
  return no_position();
}

ObjectPtr Model::find(Kind kind, std::string_view id) const {
  const Table& in = table(kind);
  const auto position = position_of(in, no_name, id, hash_of(id));
  if (position == no_position()) return nullptr;
  return (*in.chunks[position / chunk_size].get())[position % chunk_size];
}

bool Model::put(ObjectPtr object) {
  Table& into = table(object->kind());
  const auto hash = hash_of(object->id());
  const NameId element = object->kind() == Kind::other ? object->element_id() : no_name;
  auto position = position_of(into, element, object->id(), hash);
  if (position == no_position()) {
    if (count_ >= max_objects) return false;
    if (into.shards.empty()) into.shards.resize(shard_count);
    if (!into.gaps.empty()) {
      position = into.gaps.back();
      into.gaps.pop_back();
    } else {
      position = into.end++;
      if (position % chunk_size == 0) into.chunks.emplace_back();
    }
    Shard& shard = into.shards[hash % shard_count].own();
    shard.insert(std::ranges::upper_bound(shard, hash, {}, &Place::hash), Place{hash, position});
    ++into.count;
    ++count_;
  }
  into.chunks[position / chunk_size].own()[position % chunk_size] = std::move(object);
  return true;
}

bool Model::remove(Kind kind, std::string_view id) {
  Table& from = table(kind);
  const auto hash = hash_of(id);
  const auto position = position_of(from, no_name, id, hash);
  if (position == no_position()) return false;
  std::erase_if(from.shards[hash % shard_count].own(),
                [=](const Place& p) { return p.position == position; });
  from.chunks[position / chunk_size].own()[position % chunk_size].reset();
  from.gaps.push_back(position);
  --from.count;
  --count_;
  return true;
}

bool Model::shed(std::size_t objects) {
  for (auto& from : tables_) {
    from.shards.clear();
    while (!from.chunks.empty()) {
      from.chunks.pop_back();
      if (objects <= chunk_size) return true;
      objects -= chunk_size;
    }
  }
  *this = Model{};
  return false;
}

}  // namespace standstill::layout
