// A JSON object that is written piece by piece, so that one of many megabytes never stands in memory.
//
// Its members are small values, lists whose items are made one at a time while they are written, or further
// documents. The bytes are those that nlohmann's dump() gives for the same object built whole.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace standstill::layout {

class Document {
 public:
  using Json = nlohmann::ordered_json;
  using Take = std::function<void(Json item)>;
  using Items = std::function<void(const Take& take)>;  // hands every item over, in order
  using Sink = std::function<void(std::string_view bytes)>;

  enum class Order : std::uint8_t {
    as_set,  // as nlohmann::ordered_json has it
    by_name  // at every level, as nlohmann::json has it
  };

  // A member that is there already is replaced, and keeps its place.
  void set(std::string_view name, Json value) { put(name, std::move(value)); }
  void set(std::string_view name, Items items) { put(name, std::move(items)); }
  // One more in the list of that name.
  void add(std::string_view name, Document document);
  // Every member of another one.
  void take(Document other);
  [[nodiscard]] bool contains(std::string_view name) const;

  // indent < 0: in one line. Bytes that are no UTF-8 become U+FFFD.
  void write(const Sink& sink, int indent, Order order) const { write(sink, indent, order, 0); }
  [[nodiscard]] std::string text(int indent, Order order) const;
  // The same as a value: for small documents, or for that part of one that `keep` wants (depth 1: a member of
  // this, 3: of an object in a list).
  using Keep = std::function<bool(int depth, std::string_view name)>;
  [[nodiscard]] Json whole(const Keep& keep = {}) const;

 private:
  using Value = std::variant<Json, Items, std::vector<Document>>;
  struct Member {
    std::string name;
    Value value;
  };
  void put(std::string_view name, Value value);
  void write(const Sink& sink, int indent, Order order, int depth) const;

  std::vector<Member> members_;
};

}  // namespace standstill::layout
