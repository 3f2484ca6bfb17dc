// A configuration as it was written: names, values and where each stood, before anybody judged it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/problem.hpp"

namespace standstill::config {

struct Value;
struct Member;

struct Table {
  std::vector<Member> members;

  [[nodiscard]] const Member* find(std::string_view name) const;
  [[nodiscard]] Member* find(std::string_view name);
};

using List = std::vector<Value>;
struct Date {};  // TOML has dates; no key of ours takes one

struct Value {
  std::variant<std::string, std::int64_t, double, bool, List, Table, Date> data;
  SourceLocation where;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&data);
  }
};

struct Member {
  std::string name;
  SourceLocation where;  // of the key
  Value value;
};

// "a text", "a whole number", "a list" …
[[nodiscard]] std::string_view shape_name(const Value& value);

// Reads one TOML text. The parser stops at the first syntax error, so there is at most one.
[[nodiscard]] std::expected<Table, Problem> parse_toml(std::string_view text, const std::string& file);

// Adds `more` to `into`: lists of tables append, tables merge, anything else that is there already is a
// problem that names both places.
void merge(Table& into, Table more, std::vector<Problem>& problems);

}  // namespace standstill::config
