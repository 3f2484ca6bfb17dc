#include "config/s7_address.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace standstill::config {

namespace {

std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t largest) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::vector<std::string_view> types_of(char width) {
  switch (width) {
    case 'X':
      return {"BOOL"};
    case 'B':
      return {"BYTE", "CHAR", "SINT", "USINT"};
    case 'W':
      return {"WORD", "INT", "UINT"};
    default:
      return {"DWORD", "DINT", "UDINT", "REAL"};
  }
}

bool is_width(char c) { return c == 'X' || c == 'B' || c == 'W' || c == 'D'; }

}  // namespace

std::optional<S7Address> parse_s7_address(std::string_view text) {
  S7Address address;
  const std::size_t colon = text.find(':');
  const std::string_view type = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (colon != std::string_view::npos) {
    if (type.empty()) return std::nullopt;
    text = text.substr(0, colon);
  }
  char width = 'X';
  if (text.starts_with("DB")) {
    address.area = "DB";
    text.remove_prefix(2);
    const auto db = take_number(text, 65535);
    if (!db || *db == 0 || !text.starts_with(".DB") || text.size() < 4 || !is_width(text[3]))
      return std::nullopt;
    address.db = static_cast<std::uint16_t>(*db);
    width = text[3];
    text.remove_prefix(4);
  } else {
    static constexpr std::string_view letters = "IQMEA", areas = "IQMIQ";
    if (text.empty() || letters.find(text.front()) == std::string_view::npos) return std::nullopt;
    address.area = areas[letters.find(text.front())];
    text.remove_prefix(1);
    if (!text.empty() && is_width(text.front())) {
      width = text.front();
      text.remove_prefix(1);
    }
  }
  const auto byte = take_number(text, 65535);
  if (!byte) return std::nullopt;
  address.byte = *byte;
  if (width == 'X') {
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
    const auto bit = take_number(text, 7);
    if (!bit) return std::nullopt;
    address.bit = static_cast<std::uint8_t>(*bit);
  }
  if (!text.empty()) return std::nullopt;
  const std::vector<std::string_view> types = types_of(width);
  if (!type.empty() && std::ranges::find(types, type) == types.end()) return std::nullopt;
  address.type = type.empty() ? types.front() : type;
  return address;
}

}  // namespace standstill::config
