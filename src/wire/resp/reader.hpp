// Bytes from a Redis server into values, however they are cut; commands into bytes.
//
// Bounded: a text has at most 2 MiB, a list 65536 items, and lists are nested eight deep at most. What goes
// beyond, or is not RESP, is an error that stands until reset().
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/resp/value.hpp"

namespace standstill::resp {

class Reader {
 public:
  void reset();
  void feed(std::span<const std::byte> bytes);
  // The next whole value; nothing when more bytes are needed or something was wrong.
  [[nodiscard]] std::optional<Value> next();
  [[nodiscard]] const std::string& error() const { return error_; }
  // The outermost list that is not whole yet, with the items that it has; nullptr when there is none.
  [[nodiscard]] const Value* under_way() const { return open_.empty() ? nullptr : &open_.front().value; }
  // Of what was fed, how much was not taken yet.
  [[nodiscard]] std::size_t waiting() const { return buffer_.size() - at_; }

 private:
  struct Frame {  // a list under way
    Value value;
    std::size_t left;
    bool attribute;  // says something about the value that follows, and is dropped
  };
  [[nodiscard]] std::optional<std::string_view> line();
  [[nodiscard]] bool step(std::optional<Value>& done);
  void finish(Value value, std::optional<Value>& done);
  void open(Value::Type type, std::int64_t count, std::size_t each, bool attribute,
            std::optional<Value>& done);
  void fail(std::string what);

  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t searched_ = 0;  // no line end before this
  std::vector<Frame> open_;
  std::optional<Value::Type> bulk_;  // the head of a text was read, its bytes are awaited
  std::size_t bulk_bytes_ = 0;
  bool verbatim_ = false;
  std::string error_;
};

// A command as an array of bulk strings; appends.
void write_command(std::string& into, std::span<const std::string_view> words);
inline void write_command(std::string& into, std::initializer_list<std::string_view> words) {
  write_command(into, std::span(words.begin(), words.size()));
}

}  // namespace standstill::resp
