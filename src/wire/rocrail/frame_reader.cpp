#include "wire/rocrail/frame_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "wire/rocrail/xml.hpp"

namespace standstill::rocrail {

namespace {

constexpr std::string_view header_end = "</xmlh>";
constexpr std::string_view declaration_start = "<?xml";
constexpr std::string_view header_start = "<xmlh";

bool between(char c) { return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::size_t shown_length = 32;

std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, shown_length)) result += c >= ' ' && c <= '~' ? c : '.';
  return result;
}

}  // namespace

FrameReader::Result FrameReader::fail(std::string why) {
  error_ = std::move(why);
  return Result::failed;
}

FrameReader::Result FrameReader::read(std::span<const std::byte>& bytes) {
  if (!error_.empty()) return Result::failed;
  if (!in_body_) {
    bool complete = false;
    std::size_t used = 0;
    while (used < bytes.size() && !complete && error_.empty()) {
      const auto c = static_cast<char>(bytes[used++]);
      complete = take_header_byte(c, bytes.subspan(used));
    }
    bytes = bytes.subspan(used);
    if (!error_.empty()) return Result::failed;
    if (!complete) return Result::need_more;
    if (!read_size()) return Result::failed;
    header_.clear();
    body_.clear();
    if (body_size_ >= worth_keeping)
      body_.swap(*std::ranges::max_element(spare_, {}, &std::string::capacity));
    body_.reserve(body_size_);  // address space only: memory follows the bytes that really arrive
    in_body_ = true;
  }
  const std::size_t take = std::min(bytes.size(), body_size_ - body_.size());
  body_.append(reinterpret_cast<const char*>(bytes.data()), take);
  bytes = bytes.subspan(take);
  if (body_.size() < body_size_) return Result::need_more;
  in_body_ = false;
  return Result::frame;
}

void FrameReader::give_back(std::string body) {
  auto& least = *std::ranges::min_element(spare_, {}, &std::string::capacity);
  if (body.capacity() < worth_keeping || body.capacity() > most_kept || body.capacity() <= least.capacity())
    return;
  body.clear();
  least.swap(body);
}

void FrameReader::reset() {
  give_back(std::exchange(body_, {}));
  header_.clear();
  error_.clear();
  in_body_ = false;
}

bool FrameReader::take_header_byte(char c, std::span<const std::byte> behind) {
  if (header_.empty() && between(c)) return false;
  header_.push_back(c);
  const auto size = header_.size();
  if (size <= declaration_start.size() && header_ != declaration_start.substr(0, size) &&
      header_ != header_start.substr(0, size)) {
    fail("what came is no Rocrail message: a header (<xmlh>) should start where \"" +
         shown(header_ + std::string(reinterpret_cast<const char*>(behind.data()),
                                     std::min(behind.size(), shown_length))) +
         "\" stands; is another service listening on this port?");
    return false;
  }
  if (size > max_header) {
    fail("a message header longer than " + std::to_string(max_header) + " bytes: \"" + shown(header_) +
         "…\"");
    return false;
  }
  return c == '>' && header_.ends_with(header_end);
}

bool FrameReader::read_size() {
  XmlReader xml(header_);
  std::size_t sizes = 0;
  for (;;) {
    const auto event = xml.next();
    if (event == XmlReader::Event::failed) {
      fail("a message header that cannot be read (" + xml.error() + "): \"" + shown(header_) + "…\"");
      return false;
    }
    if (event == XmlReader::Event::finished) break;
    if (event != XmlReader::Event::start) continue;
    if (xml.depth() == 1 && xml.name() != "xmlh") {
      fail("a message header that is no <xmlh> but <" + shown(xml.name()) + ">");
      return false;
    }
    if (xml.name() != "xml") continue;
    for (const auto& attribute : xml.attributes()) {
      if (attribute.name != "size") continue;
      ++sizes;
      const auto text = attribute.value;
      unsigned long long size = 0;
      const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), size);
      if (text.empty() || end != text.data() + text.size() || status == std::errc::invalid_argument) {
        fail("a message header whose size is no number of bytes: \"" + shown(text) + "\"");
        return false;
      }
      if (status != std::errc{} || size > max_body) {
        fail("the server announced a message of " + shown(text) + " bytes; the limit is " +
             std::to_string(max_body));
        return false;
      }
      body_size_ = static_cast<std::size_t>(size);
    }
  }
  if (sizes != 1) {
    fail(sizes == 0 ? "a message header without a size" : "a message header with more than one size");
    return false;
  }
  return true;
}

}  // namespace standstill::rocrail
