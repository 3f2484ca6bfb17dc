#include "wire/rocrail/characters.hpp"

#include <array>
#include <utility>

namespace standstill::rocrail {

namespace {

constexpr std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

constexpr std::array<std::pair<std::string_view, char>, 5> named{
    {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}}};

// text stands behind "&#". Returns how much of it the reference takes, ';' included; 0 when it is none.
std::size_t numeric_reference(std::string_view text, std::uint32_t& code) {
  std::size_t i = 0;
  const bool hexadecimal = !text.empty() && text[0] == 'x';
  if (hexadecimal) ++i;
  const std::size_t first = i;
  code = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0');
    else if (hexadecimal && c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    else if (hexadecimal && c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    else
      break;
    if (code <= 0x10FFFF)
      code = code * (hexadecimal ? 16 : 10) + digit;  // beyond that it is no character anyway
  }
  return i > first && i < text.size() && text[i] == ';' ? i + 1 : 0;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() < length) return 0;
  if (byte_at(text, 1) < low || byte_at(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
  return length;
}

void append_utf8(std::string& into, std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  const auto put = [&into](std::uint32_t byte) { into.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

void append_decoded(std::string& into, std::string_view raw) {
  std::size_t i = 0;
  while (i < raw.size()) {
    if (raw[i] != '&') {
      const std::size_t length = utf8_length(raw.substr(i));
      if (length == 0) {
        append_utf8(into, byte_at(raw, i));
        ++i;
      } else {
        into.append(raw.substr(i, length));
        i += length;
      }
      continue;
    }
    const auto rest = raw.substr(i + 1);
    std::size_t taken = 0;
    if (rest.starts_with('#')) {
      std::uint32_t code = 0;
      taken = numeric_reference(rest.substr(1), code);
      if (taken > 0) {
        ++taken;
        append_utf8(into, code);
      }
    } else {
      for (const auto& [reference, character] : named) {
        if (!rest.starts_with(reference)) continue;
        into.push_back(character);
        taken = reference.size();
      }
    }
    if (taken == 0) into.push_back('&');
    i += 1 + taken;
  }
}

void append_escaped(std::string& into, std::string_view value) {
  std::size_t i = 0;
  while (i < value.size()) {
    const char c = value[i];
    switch (c) {
      case '&':
        into += "&amp;";
        break;
      case '<':
        into += "&lt;";
        break;
      case '>':
        into += "&gt;";
        break;
      case '"':
        into += "&quot;";
        break;
      case '\n':
        into += "&#10;";
        break;
      case '\r':
        into += "&#13;";
        break;
      case '\t':
        into += "&#9;";
        break;
      default: {
        const std::size_t length = utf8_length(value.substr(i));
        if (length == 0 || byte_at(value, i) < 0x20) {
          append_utf8(into, 0xFFFD);
          break;
        }
        into.append(value.substr(i, length));
        i += length - 1;
      }
    }
    ++i;
  }
}

}  // namespace standstill::rocrail
