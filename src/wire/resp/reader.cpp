#include "wire/resp/reader.hpp"

#include <algorithm>
#include <charconv>

namespace standstill::resp {

namespace {

constexpr std::int64_t longest_text = 2 * 1024 * 1024;
constexpr std::int64_t longest_list = 65536;
constexpr std::size_t longest_line = 64UL * 1024;
constexpr std::size_t deepest = 8;
constexpr std::size_t tidy_after = 64UL * 1024;

std::optional<std::int64_t> whole(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void Reader::reset() { *this = Reader(); }

void Reader::feed(std::span<const std::byte> bytes) {
  if (!error_.empty()) return;
  if (at_ > tidy_after || at_ == buffer_.size()) {
    buffer_.erase(0, at_);
    searched_ -= std::min(searched_, at_);
    at_ = 0;
  }
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<Value> Reader::next() {
  std::optional<Value> done;
  while (error_.empty() && !done && step(done)) {
  }
  if (!error_.empty()) return std::nullopt;
  return done;
}

void Reader::fail(std::string what) { error_ = "the server does not speak RESP: " + std::move(what); }

std::optional<std::string_view> Reader::line() {
  const std::size_t end = buffer_.find("\r\n", std::max(at_, searched_));
  if (end == std::string::npos) {
    searched_ = buffer_.empty() ? 0 : buffer_.size() - 1;  // a CR may be the last byte
    if (buffer_.size() - at_ > longest_line) fail("a line has no end");
    return std::nullopt;
  }
  const std::string_view found = std::string_view(buffer_).substr(at_, end - at_);
  at_ = searched_ = end + 2;
  return found;
}

// One line, or the bytes of one text. False when more bytes are needed.
bool Reader::step(std::optional<Value>& done) {
  if (bulk_) {
    if (buffer_.size() - at_ < bulk_bytes_ + 2) return false;
    if (buffer_.compare(at_ + bulk_bytes_, 2, "\r\n") != 0) {
      fail("a text is longer than announced");
      return false;
    }
    Value value{*bulk_, buffer_.substr(at_, bulk_bytes_)};
    if (verbatim_) value.text.erase(0, std::min<std::size_t>(4, value.text.size()));  // "txt:"
    at_ = searched_ = at_ + bulk_bytes_ + 2;
    bulk_.reset();
    verbatim_ = false;
    finish(std::move(value), done);
    return true;
  }
  const auto head = line();
  if (!head) return false;
  if (head->empty()) {
    fail("an empty line");
    return false;
  }
  const char type = head->front();
  const std::string_view rest = head->substr(1);
  const auto number = whole(rest);
  switch (type) {
    case '+':
    case ',':
    case '(':
      finish({Value::Type::text, std::string(rest)}, done);
      return true;
    case '-':
      finish({Value::Type::error, std::string(rest)}, done);
      return true;
    case '_':
      finish({}, done);
      return true;
    case '#':
      if (rest != "t" && rest != "f") break;
      finish({Value::Type::integer, {}, rest == "t" ? 1 : 0}, done);
      return true;
    case ':':
      if (!number) break;
      finish({Value::Type::integer, {}, *number}, done);
      return true;
    case '$':
    case '!':
    case '=':
      if (number && *number > longest_text) {
        error_ = "a text of " + std::to_string(*number) + " bytes is more than can be taken in";
        return false;
      }
      if (!number || *number < -1) break;
      if (*number == -1) {
        finish({}, done);
        return true;
      }
      bulk_ = type == '!' ? Value::Type::error : Value::Type::text;
      bulk_bytes_ = static_cast<std::size_t>(*number);
      verbatim_ = type == '=';
      return true;
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
      if (!number || *number < -1 || *number > longest_list) break;
      open(type == '>' ? Value::Type::push : Value::Type::list, *number, type == '%' || type == '|' ? 2 : 1,
           type == '|', done);
      return error_.empty();
    default:
      break;
  }
  fail("a line begins '" + std::string(head->substr(0, 16)) + "'");
  return false;
}

void Reader::open(Value::Type type, std::int64_t count, std::size_t each, bool attribute,
                  std::optional<Value>& done) {
  if (count < 0) return finish({}, done);
  const std::size_t left = static_cast<std::size_t>(count) * each;
  if (left == 0) {
    if (!attribute) finish({type}, done);
    return;
  }
  if (open_.size() == deepest) return fail("lists are nested too deep");
  open_.push_back({Value{type}, left, attribute});
}

void Reader::finish(Value value, std::optional<Value>& done) {
  while (!open_.empty()) {
    Frame& frame = open_.back();
    frame.value.items.push_back(std::move(value));
    if (--frame.left > 0) return;
    value = std::move(frame.value);
    const bool attribute = frame.attribute;
    open_.pop_back();
    if (attribute) return;
  }
  done = std::move(value);
}

void write_command(std::string& into, std::span<const std::string_view> words) {
  into += '*' + std::to_string(words.size()) + "\r\n";
  for (const auto word : words) {
    into += '$' + std::to_string(word.size()) + "\r\n";
    into += word;
    into += "\r\n";
  }
}

}  // namespace standstill::resp
