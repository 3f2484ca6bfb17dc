#include "wire/rocrail/xml.hpp"

#include <cstring>

#include "wire/rocrail/characters.hpp"

namespace standstill::rocrail {

namespace {

enum : std::uint8_t { space_bit = 1, name_bit = 2, name_start_bit = 4, plain_bit = 8 };

// plain: part of a value that needs no decoding whichever quote ends it.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 1; c < 128; ++c) classes[c] = plain_bit;
  classes[static_cast<std::size_t>('"')] = 0;
  classes[static_cast<std::size_t>('\'')] = 0;
  classes[static_cast<std::size_t>('&')] = 0;
  for (const char c : {' ', '\t', '\r', '\n'}) classes[static_cast<unsigned char>(c)] |= space_bit;
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] |= name_bit | name_start_bit;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) classes[c] |= name_bit | name_start_bit;
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] |= name_bit;
  for (const char c : {'_', ':'}) classes[static_cast<unsigned char>(c)] |= name_bit | name_start_bit;
  for (const char c : {'-', '.'}) classes[static_cast<unsigned char>(c)] |= name_bit;
  return classes;
}
constexpr auto classes = make_classes();

inline bool is(char c, std::uint8_t bits) { return (classes[static_cast<unsigned char>(c)] & bits) != 0; }

}  // namespace

// The next three are small, hot and used only here.
[[gnu::always_inline]] inline void XmlReader::skip_space() {
  while (at_ < body_.size() && is(body_[at_], space_bit)) ++at_;
}

[[gnu::always_inline]] inline bool XmlReader::read_name(std::string_view& into) {
  const std::size_t begin = at_;
  if (!is(peek(), name_start_bit)) return false;
  while (at_ < body_.size() && is(body_[at_], name_bit)) ++at_;
  into = body_.substr(begin, at_ - begin);
  return true;
}

[[gnu::always_inline]] inline bool XmlReader::read_value(std::string_view& into) {
  const char quote = peek();
  if (quote != '"' && quote != '\'') return false;
  ++at_;
  const char* const data = body_.data();
  const std::size_t size = body_.size();
  const std::size_t begin = at_;
  bool plain = true;
  std::size_t i = at_;
  for (;; ++i) {
    while (i < size && is(data[i], plain_bit)) ++i;
    if (i == size || data[i] == '\0') {
      at_ = i;
      return false;
    }
    if (data[i] == quote) break;
    if (data[i] != '"' && data[i] != '\'') plain = false;
  }
  into = body_.substr(begin, i - begin);
  at_ = i + 1;
  if (!plain) decode(into);
  return true;
}

XmlReader::Event XmlReader::fail(const char* what) {
  if (error_.empty()) error_ = std::string(what) + " at byte " + std::to_string(at_);
  return Event::failed;
}

std::string_view XmlReader::attribute(std::string_view wanted) const {
  for (std::size_t i = attributes_.size(); i-- > 0;)
    if (attributes_[i].name == wanted) return attributes_[i].value;
  return {};
}

bool XmlReader::skip_past(std::string_view closing) {
  const auto found = body_.find(closing, at_);
  if (found == std::string_view::npos) return false;
  at_ = found + closing.size();
  return true;
}

XmlReader::Event XmlReader::next() {
  if (!error_.empty()) return Event::failed;
  if (end_pending_) {
    end_pending_ = false;
    name_ = open_.back();
    open_.pop_back();
    return Event::end;
  }
  for (;;) {
    if (open_.empty()) {
      // Outside the root only space may stand; the size of a frame counts the NUL that ends it.
      while (at_ < body_.size() && (is(body_[at_], space_bit) || body_[at_] == '\0')) ++at_;
      if (at_ == body_.size()) return root_seen_ ? Event::finished : fail("an empty message");
      if (body_[at_] != '<') return fail("text outside of the message's element");
    } else {
      const void* less = std::memchr(body_.data() + at_, '<', body_.size() - at_);
      if (less == nullptr) {
        at_ = body_.size();
        return fail("the message ends inside an element");
      }
      at_ = static_cast<std::size_t>(static_cast<const char*>(less) - body_.data());
    }
    ++at_;
    const char c = peek();
    if (is(c, name_start_bit)) return start_element();
    if (c == '/') return end_element();
    if (c == '?') {
      if (!skip_past("?>")) return fail("an unfinished processing instruction");
      continue;
    }
    const auto rest = body_.substr(at_);
    if (rest.starts_with("!--")) {
      at_ += 3;
      if (!skip_past("-->")) return fail("an unfinished comment");
      continue;
    }
    if (rest.starts_with("![CDATA[") && !open_.empty()) {
      if (!skip_past("]]>")) return fail("an unfinished CDATA section");
      continue;
    }
    if (rest.starts_with("!")) return fail("a document type declaration, which no server sends,");
    return fail("'<' that starts no element");
  }
}

XmlReader::Event XmlReader::start_element() {
  if (open_.empty() && root_seen_) return fail("a second element beside the message's own");
  if (open_.size() >= max_depth) return fail("elements nested deeper than 64");
  root_seen_ = true;
  attributes_.clear();
  to_place_.clear();
  decoded_.clear();
  if (!read_name(name_)) return fail("an element without a name");
  for (;;) {
    const std::size_t before = at_;
    skip_space();
    const char c = peek();
    if (c == '>') {
      ++at_;
      break;
    }
    if (c == '/') {
      ++at_;
      if (peek() != '>') return fail("'/' without '>'");
      ++at_;
      end_pending_ = true;
      break;
    }
    if (at_ == body_.size()) return fail("the message ends inside a tag");
    if (at_ == before) return fail("no space before an attribute");
    if (attributes_.size() >= max_attributes) return fail("more than 2048 attributes in one element");
    Attribute attribute;
    if (!read_name(attribute.name)) return fail("no attribute name");
    skip_space();
    if (peek() != '=') return fail("an attribute without '='");
    ++at_;
    skip_space();
    if (!read_value(attribute.value)) return fail("an attribute value that does not end, or holds a NUL,");
    attributes_.push_back(attribute);
  }
  // decoded_ may have moved while it grew, so the views into it are made only now
  for (const auto& place : to_place_)
    attributes_[place.attribute].value =
        std::string_view(decoded_).substr(place.begin, place.end - place.begin);
  open_.push_back(name_);
  return Event::start;
}

XmlReader::Event XmlReader::end_element() {
  ++at_;
  std::string_view closing;
  if (!read_name(closing)) return fail("an end tag without a name");
  skip_space();
  if (peek() != '>') return fail("an unfinished end tag");
  ++at_;
  if (open_.empty() || open_.back() != closing) return fail("an end tag that fits no open element");
  open_.pop_back();
  name_ = closing;
  attributes_.clear();
  return Event::end;
}

void XmlReader::decode(std::string_view raw) {
  const std::size_t begin = decoded_.size();
  append_decoded(decoded_, raw);
  to_place_.push_back({attributes_.size(), begin, decoded_.size()});
}

std::string_view root_name(std::string_view body) {
  std::size_t i = 0;
  for (;;) {
    i = body.find('<', i);
    if (i == std::string_view::npos || i + 1 >= body.size()) return {};
    ++i;
    if (is(body[i], name_start_bit)) break;
    const std::string_view closing = body.substr(i).starts_with("!--") ? "-->" : ">";
    i = body.find(closing, i);
    if (i == std::string_view::npos) return {};
  }
  const std::size_t begin = i;
  while (i < body.size() && is(body[i], name_bit)) ++i;
  return body.substr(begin, i - begin);
}

}  // namespace standstill::rocrail
