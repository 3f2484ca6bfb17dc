// One object of a layout: a loco, a block, a turnout … with every attribute the server ever reported of it.
//
// Objects never change: an update makes a new one, so a copy of the model can be read in another thread while
// the original goes on. An object is one block of memory: attributes in the order in which they came, nested
// elements (the <swcmd> of a route, the <fundef> of a loco) behind them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plant/layout/names.hpp"

namespace standstill::layout {

// Named as in Rocrail's XML, but `train` (its "operator"), `automatic` ("auto") and `other` (an element not
// known here, kept all the same).
enum class Kind : std::uint8_t {
  lc,
  bk,
  sw,
  sg,
  st,
  fb,
  co,
  tx,
  car,
  train,
  sc,
  tour,
  location,
  sb,
  booster,
  weather,
  vr,
  tk,
  tt,
  seltab,
  ac,
  zlevel,
  clock,
  state,
  automatic,
  exception,
  sys,
  plan,
  other,
};
inline constexpr std::array<std::string_view, 29> kind_names{
    "lc", "bk",     "sw",       "sg",    "st",      "fb",        "co",  "tx",   "car",  "operator",
    "sc", "tour",   "location", "sb",    "booster", "weather",   "vr",  "tk",   "tt",   "seltab",
    "ac", "zlevel", "clock",    "state", "auto",    "exception", "sys", "plan", "other"};
inline constexpr std::size_t kind_count = kind_names.size();
[[nodiscard]] constexpr std::string_view name(Kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}
[[nodiscard]] Kind kind_of(std::string_view element);  // Kind::other when unknown

class Object {
 public:
  // What an entry of the object is: its own attribute, or a part of the elements nested in it.
  enum class Part : std::uint8_t { attribute, nested_start, nested_attribute, nested_end };
  struct Entry {
    Part part;
    std::string_view name;
    std::string_view value;
  };

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::string_view element() const { return name_text(element_); }
  [[nodiscard]] NameId element_id() const { return element_; }
  // What identifies it among its kind: its id; for a state its iid; for what has none (clock, weather) "".
  [[nodiscard]] std::string_view id() const { return {blob_.get() + values_at() + id_begin_, id_length_}; }

  [[nodiscard]] std::optional<std::string_view> find(std::string_view attribute) const;
  [[nodiscard]] std::string_view get(std::string_view attribute, std::string_view otherwise = {}) const;
  // A whole number as Rocrail writes it (a leading number counts: "40.5" is 40); `otherwise` when it is none.
  [[nodiscard]] std::int64_t number(std::string_view attribute, std::int64_t otherwise = 0) const;
  [[nodiscard]] bool truth(std::string_view attribute, bool otherwise = false) const;  // "true" or "false"

  [[nodiscard]] std::size_t attribute_count() const { return attributes_; }
  [[nodiscard]] std::size_t entry_count() const { return entries_; }  // attributes first, then nested parts
  [[nodiscard]] Entry entry(std::size_t i) const;
  [[nodiscard]] NameId entry_name(std::size_t i) const { return raw(i).name; }

  [[nodiscard]] bool operator==(const Object& other) const;  // same kind, entries and order
  [[nodiscard]] std::size_t bytes() const;                   // memory held, about

 private:
  friend class ObjectBuilder;
  struct Raw {
    std::uint32_t end;  // of the value, counted from the first value
    NameId name;
    Part part;
  };
  [[nodiscard]] Raw raw(std::size_t i) const;
  [[nodiscard]] std::string_view value(std::size_t i) const;
  [[nodiscard]] std::size_t values_at() const { return std::size_t{entries_} * sizeof(Raw); }

  std::unique_ptr<char[]> blob_;  // entries, then values
  std::uint32_t id_begin_ = 0;
  std::uint32_t id_length_ = 0;
  std::uint32_t entries_ = 0;
  std::uint16_t attributes_ = 0;
  NameId element_ = no_name;
  Kind kind_ = Kind::other;
};

using ObjectPtr = std::shared_ptr<const Object>;

// Makes objects one after the other, reusing its buffers.
class ObjectBuilder {
 public:
  void start(Kind kind, NameId element);
  void attribute(NameId name, std::string_view value) {  // before the first nested element
    add(Object::Part::attribute, name, value);
    ++attributes_;
  }
  void nested_start(NameId name);
  void nested_attribute(NameId name, std::string_view value);
  void nested_end();
  // Own attributes only: replaces the value, or adds the attribute.
  void set(NameId name, std::string_view value);
  // Starts from an object that exists; its nested elements are kept unless drop_nested().
  void start_from(const Object& base);
  void drop_nested();
  // `stand_in` identifies an object that came without an id; it becomes no attribute.
  [[nodiscard]] ObjectPtr finish(std::string_view stand_in = {});

 private:
  struct Piece {
    std::uint32_t begin;
    std::uint32_t length;
    NameId name;
    Object::Part part;
  };
  void add(Object::Part part, NameId name, std::string_view value) {
    pieces_.push_back(
        {static_cast<std::uint32_t>(values_.size()), static_cast<std::uint32_t>(value.size()), name, part});
    values_.append(value);
  }

  Kind kind_ = Kind::other;
  NameId element_ = no_name;
  std::vector<Piece> pieces_;
  std::size_t attributes_ = 0;
  std::string values_;
};

}  // namespace standstill::layout
