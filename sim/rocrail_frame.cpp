#include "sim/rocrail_frame.hpp"

#include <charconv>

namespace standstill::sim {

ServerFrame server_frame(std::string_view element) {
  ServerFrame frame;
  frame.body.assign(element);
  frame.body += '\0';
  frame.header = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh>\n  <xml size=\"" +
                 std::to_string(frame.body.size()) + "\"/>\n</xmlh>";
  return frame;
}

void ClientFrames::read_header() {
  static constexpr std::string_view end_mark = "</xmlh>";
  static constexpr std::string_view size_mark = "size=\"";
  if (buffer_.empty()) return;
  if (buffer_.front() != '<') {
    broken_ = true;
    return;
  }
  const auto end = buffer_.find(end_mark);
  if (end == std::string::npos) {
    broken_ = buffer_.size() > longest_client_header || buffer_.find('\0') != std::string::npos;
    return;
  }
  const std::string_view header(buffer_.data(), end);
  const auto mark = header.find(size_mark);
  std::size_t size = 0;
  bool understood = header.find("<xmlh>") != std::string_view::npos && mark != std::string_view::npos;
  if (understood) {
    const char* first = header.data() + mark + size_mark.size();
    const auto [last, error] = std::from_chars(first, header.data() + header.size(), size);
    understood = error == std::errc{} && last != header.data() + header.size() && *last == '"' && size > 0 &&
                 size <= longest_client_body;
  }
  if (!understood) {
    broken_ = true;
    return;
  }
  buffer_.erase(0, end + end_mark.size());
  wanted_ = size;
}

std::optional<std::string> ClientFrames::next() {
  if (!broken_ && !wanted_) read_header();
  if (broken_ || !wanted_ || buffer_.size() < *wanted_) return std::nullopt;
  std::string body = buffer_.substr(0, *wanted_);
  buffer_.erase(0, *wanted_);
  wanted_.reset();
  if (!body.empty() && body.back() == '\0') body.pop_back();
  return body;
}

}  // namespace standstill::sim
