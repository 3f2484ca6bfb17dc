// A mail as it goes over the wire: RFC 5322 headers, RFC 2047 words for what is not ASCII, quoted-printable
// body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::tell {

struct Mail {
  std::string from = {};
  std::vector<std::string> to = {};
  std::string subject = {};     // UTF-8; line ends become blanks
  std::string text = {};        // UTF-8
  std::int64_t wall_ns = 0;     // Date, sent in UTC
  std::string message_id = {};  // the part before the @
};

[[nodiscard]] std::string format_mail(const Mail& mail);  // CRLF line ends, without dot-stuffing
[[nodiscard]] std::string encode_header_words(std::string_view text, std::size_t first_line_used);
[[nodiscard]] bool looks_like_address(std::string_view text);  // one @, no blanks, no control characters

}  // namespace standstill::tell
