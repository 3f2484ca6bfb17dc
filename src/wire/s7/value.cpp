#include "wire/s7/value.hpp"

#include <algorithm>
#include <cstdio>

#include "wire/s7/value_times.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

using Result = std::expected<Scalar, std::string>;

void append_utf8(std::string& to, char32_t c) {
  const auto byte = [&to](char32_t value) { to += static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0U | c >> 6U);
    byte(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    byte(0xE0U | c >> 12U);
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  } else {
    byte(0xF0U | c >> 18U);
    byte(0x80U | (c >> 12U & 0x3FU));
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  }
}

std::string latin1_to_utf8(View bytes) {
  std::string text;
  for (const std::byte one : bytes) append_utf8(text, std::to_integer<unsigned char>(one));
  return text;
}

Result read_text(View bytes, std::size_t room) {
  const std::size_t most = get8(bytes, 0);
  const std::size_t used = get8(bytes, 1);
  if (used > most || used > room)
    return wrong("there is no text: its length of " + std::to_string(used) + " is more than its room of " +
                 std::to_string(std::min(most, room)));
  return latin1_to_utf8(bytes.subspan(2, used));
}

Result read_wide_text(View bytes, std::size_t room) {
  const std::size_t most = get16(bytes, 0);
  const std::size_t used = get16(bytes, 2);
  if (used > most || used > room)
    return wrong("there is no text: its length of " + std::to_string(used) + " is more than its room of " +
                 std::to_string(std::min(most, room)));
  std::string text;
  for (std::size_t i = 0; i < used; ++i) {
    char32_t c = get16(bytes, 4 + 2 * i);
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < used) {
      const char32_t low = get16(bytes, 6 + 2 * i);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
        ++i;
      }
    }
    append_utf8(text, c >= 0xD800 && c < 0xE000 ? U'\uFFFD' : c);
  }
  return text;
}

// Three BCD digits and a base of 10 ms, 100 ms, 1 s, 10 s.
Result read_s5time(std::uint16_t raw) {
  const auto tens = bcd(static_cast<std::uint8_t>(raw & 0xFFU));
  const unsigned hundreds = raw >> 8U & 15U;
  if (!tens || hundreds > 9) return wrong("it is no S5TIME: it holds a digit above 9");
  constexpr std::int64_t bases[]{10, 100, 1000, 10000};
  return std::int64_t{hundreds * 100 + static_cast<unsigned>(*tens)} * bases[raw >> 12U & 3U];
}

std::string clock_text(std::uint32_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%02u:%02u:%02u.%03u", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                ms % 1000);
  return text;
}

Result read_dtl(View bytes) {
  CalendarTime time{get16(bytes, 0), get8(bytes, 2), get8(bytes, 3), get8(bytes, 5),
                    get8(bytes, 6),  get8(bytes, 7), get32(bytes, 8)};
  if (const auto fine = plausible(time); !fine) return wrong("it is no DTL: " + fine.error());
  return to_text(time, 9);
}

Result read_scalar(const Address& address, View bytes) {
  Scalar plain;
  if (decode_number(address, bytes, [&plain](auto number) { plain = number; })) return plain;
  switch (address.type) {
    case Type::boolean:
      return wrong("a bit is read with its byte");
    case Type::character:
      return latin1_to_utf8(bytes.first(1));
    case Type::text:
      return read_text(bytes, address.length);
    case Type::wide_text:
      return read_wide_text(bytes, address.length);
    case Type::date:
      return to_text(date_of_days(get16(bytes, 0)), 0).substr(0, 10);
    case Type::s5time:
    case Type::timer:
      return read_s5time(get16(bytes, 0));
    case Type::time_of_day:
      if (get32(bytes, 0) >= 86'400'000) return wrong("it is no TIME_OF_DAY: the day has 86400000 ms");
      return clock_text(get32(bytes, 0));
    case Type::date_and_time: {
      const auto time = read_bcd_time(bytes);
      if (!time) return wrong("it is no DATE_AND_TIME: " + time.error());
      return to_text(*time, 3);
    }
    case Type::dtl:
      return read_dtl(bytes);
    case Type::counter: {
      const auto tens = bcd(static_cast<std::uint8_t>(get16(bytes, 0) & 0xFFU));
      const int hundreds = get8(bytes, 0) & 15;
      if (!tens || hundreds > 9) return wrong("it is no counter: it holds a digit above 9");
      return std::int64_t{hundreds * 100 + *tens};
    }
    default:
      break;
  }
  return wrong("it has a type this version does not know");
}

}  // namespace

namespace {
std::unexpected<std::string> wrong_size(const Address& address, View bytes) {
  return wrong("the PLC sent " + std::to_string(bytes.size()) + " bytes instead of " +
               std::to_string(total_bytes(address)));
}
bool bit_of(View bytes, std::size_t bit) { return (get8(bytes, bit / 8) >> (bit % 8) & 1U) != 0; }
}  // namespace

std::expected<Scalar, std::string> decode_one(const Address& address, View bytes) {
  if (bytes.size() != total_bytes(address)) return wrong_size(address, bytes);
  if (address.type == Type::boolean) return bit_of(bytes, address.bit);
  return read_scalar(address, bytes);
}

std::expected<Value, std::string> decode(const Address& address, View bytes) {
  if (bytes.size() != total_bytes(address)) return wrong_size(address, bytes);
  Value value;
  value.reserve(address.count);
  for (std::size_t i = 0; i < address.count; ++i) {
    if (address.type == Type::boolean) {
      value.emplace_back(bit_of(bytes, address.bit + i));
      continue;
    }
    const std::size_t size = element_bytes(address);
    auto scalar = read_scalar(address, bytes.subspan(i * size, size));
    if (!scalar) return wrong(scalar.error());
    value.push_back(std::move(*scalar));
  }
  return value;
}

std::string to_text(const Scalar& scalar) {
  if (const auto* flag = std::get_if<bool>(&scalar)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) return std::to_string(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&scalar)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  char text[40];
  const double value = std::get<double>(scalar);
  // A REAL has seven digits that mean something; more would print 0.1 as 0.10000000149.
  const int digits = double{static_cast<float>(value)} == value ? 7 : 15;
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.*g", digits, value))};
}

std::string to_text(std::span<const Scalar> value) {
  std::string text;
  for (const Scalar& scalar : value) text += (text.empty() ? "" : ",") + to_text(scalar);
  return text;
}

std::optional<double> number(const Scalar& scalar) {
  if (const auto* flag = std::get_if<bool>(&scalar)) return *flag ? 1.0 : 0.0;
  if (const auto* whole_number = std::get_if<std::int64_t>(&scalar))
    return static_cast<double>(*whole_number);
  if (const auto* large = std::get_if<std::uint64_t>(&scalar)) return static_cast<double>(*large);
  if (const auto* real_number = std::get_if<double>(&scalar)) return *real_number;
  return std::nullopt;
}

std::optional<double> number(const Value& value) {
  if (value.empty()) return std::nullopt;
  return number(value.front());
}

}  // namespace standstill::s7
