// What a Redis server says: the values of RESP2 and RESP3 (redis.io, "Redis serialization protocol
// specification").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace standstill::resp {

struct Value {
  enum class Type : std::uint8_t {
    nothing,  // null, in any of its forms
    text,     // simple and bulk strings, verbatim strings without their format, big numbers, doubles
    error,    // its text, code included: "NOPERM this user has no permissions"
    integer,  // also booleans, as 0 and 1
    list,     // arrays and sets; maps as key, value, key, value …
    push,     // said without having been asked
  };
  Type type = Type::nothing;
  std::string text{};
  std::int64_t integer = 0;
  std::vector<Value> items{};

  [[nodiscard]] bool is_text() const { return type == Type::text; }
  [[nodiscard]] bool is_error() const { return type == Type::error; }
};

}  // namespace standstill::resp
