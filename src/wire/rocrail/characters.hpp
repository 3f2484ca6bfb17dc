// Characters on the wire: references and broken UTF-8 in, escaped UTF-8 out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace standstill::rocrail {

// Length in bytes of the UTF-8 sequence at the start of text (RFC 3629: no overlong forms, no surrogates); 0
// when the text is empty or starts with something else.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

// Appends one code point as UTF-8; what is no character (surrogates, above 0x10FFFF, 0) becomes U+FFFD.
void append_utf8(std::string& into, std::uint32_t code_point);

// Appends an attribute value as it was meant: the five named references and numeric ones resolved, bytes that
// are no UTF-8 read as Latin-1, a stray '&' kept.
void append_decoded(std::string& into, std::string_view raw);

// Appends a value so that it may stand between double quotes. Line ends and tabs become numeric references,
// because a parser that follows XML would otherwise read them as spaces; other control characters, which XML
// cannot carry, and bytes that are no UTF-8 become U+FFFD.
void append_escaped(std::string& into, std::string_view value);

}  // namespace standstill::rocrail
