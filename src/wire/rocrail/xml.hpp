// A pull parser for one Rocrail message body: elements and attributes, nothing else.
//
// Source: measured traffic of servers 2.0 (2014) and 2.1, and XML 1.0 (fifth edition) for what those leave
// open. next() returns one element start or end, so that a plan of several megabytes can be decoded in
// slices. Nothing is copied but values that need decoding, and those go into a buffer that is reused.
//
// Strict about structure (nesting, quotes, names, one root, no document type declaration). Lenient about
// characters, because a loco whose name is spoilt must not cost the frame: a byte that is no UTF-8 is read as
// Latin-1, a '&' that starts no known reference stays a '&', an impossible numeric reference becomes U+FFFD.
// Values keep their line ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::rocrail {

struct Attribute {
  std::string_view name;   // points into the body
  std::string_view value;  // UTF-8; points into the body or into the reader, until the next call of next()
};

class XmlReader {
 public:
  enum class Event : std::uint8_t {
    start,     // name() and attributes() describe the element; <a/> gives a start and an end
    end,       // name() is the element that ended
    finished,  // the one root element is complete and only space or NULs follow it
    failed,    // error() and offset() say why and where; every later call fails too
  };

  static constexpr std::size_t max_depth = 64;
  static constexpr std::size_t max_attributes = 2048;  // of one element

  XmlReader() = default;
  explicit XmlReader(std::string_view body) : body_(body) {}  // the bytes must outlive the reader

  [[nodiscard]] Event next();

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::span<const Attribute> attributes() const { return attributes_; }
  // The last value of that attribute of the element just started; empty when it has none.
  [[nodiscard]] std::string_view attribute(std::string_view wanted) const;
  [[nodiscard]] std::size_t depth() const { return open_.size(); }  // 1 inside the root
  [[nodiscard]] std::size_t offset() const { return at_; }          // bytes of the body consumed
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct Decoded {  // attribute index, and where in decoded_ its value lies
    std::size_t attribute;
    std::size_t begin;
    std::size_t end;
  };
  Event fail(const char* what);
  [[nodiscard]] char peek() const { return at_ < body_.size() ? body_[at_] : '\0'; }
  void skip_space();
  bool skip_past(std::string_view closing);
  bool read_name(std::string_view& into);
  bool read_value(std::string_view& into);
  void decode(std::string_view raw);
  Event start_element();
  Event end_element();

  std::string_view body_;
  std::size_t at_ = 0;
  std::string_view name_;
  std::vector<Attribute> attributes_;
  std::vector<Decoded> to_place_;
  std::string decoded_;
  std::vector<std::string_view> open_;
  std::string error_;
  bool end_pending_ = false;  // the element just started was <a/>
  bool root_seen_ = false;
};

// The name of the first element of a body, without parsing the rest; empty when there is none.
[[nodiscard]] std::string_view root_name(std::string_view body);

}  // namespace standstill::rocrail
