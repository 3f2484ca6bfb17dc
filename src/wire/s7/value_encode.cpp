// Values → bytes, and typed text → values.
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "kernel/whole_number.hpp"
#include "wire/s7/value.hpp"
#include "wire/s7/value_times.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

using Result = std::expected<Scalar, std::string>;

std::expected<std::u32string, std::string> from_utf8(std::string_view text) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    int more = first < 0x80   ? 0
               : first < 0xC0 ? -1
               : first < 0xE0 ? 1
               : first < 0xF0 ? 2
               : first < 0xF8 ? 3
                              : -1;
    char32_t c = more <= 0 ? first : first & (0x3FU >> static_cast<unsigned>(more));
    if (more < 0) return wrong("the text is no UTF-8");
    for (; more > 0; --more) {
      if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U)
        return wrong("the text is no UTF-8");
      c = c << 6U | (static_cast<unsigned char>(text[i++]) & 0x3FU);
    }
    if (c > 0x10FFFF) return wrong("the text is no UTF-8");
    result += c;
  }
  return result;
}

std::expected<std::uint16_t, std::string> s5time(std::int64_t ms) {
  if (ms < 0 || ms > 9'990'000) return wrong("an S5TIME is 0 to 9990000 ms");
  unsigned base = 0;
  std::int64_t unit = 10;
  while (ms / unit > 999) {
    unit *= 10;
    ++base;
  }
  const auto digits = static_cast<unsigned>(ms / unit);
  return static_cast<std::uint16_t>(base << 12U | (digits / 100) << 8U | (digits / 10 % 10) << 4U |
                                    digits % 10);
}

std::expected<std::int64_t, std::string> whole(const Scalar& scalar, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  if (const auto* number = std::get_if<std::int64_t>(&scalar))
    value = *number;
  else if (const auto* large = std::get_if<std::uint64_t>(&scalar);
           large != nullptr && *large <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    value = static_cast<std::int64_t>(*large);
  else if (const auto* flag = std::get_if<bool>(&scalar))
    value = *flag ? 1 : 0;
  else if (const auto* real = std::get_if<double>(&scalar);
           real != nullptr && std::abs(*real) < 9e15 && std::trunc(*real) == *real)
    value = static_cast<std::int64_t>(*real);
  else
    return wrong("'" + to_text(scalar) + "' is no whole number");
  if (value < least || value > most)
    return wrong(std::to_string(value) + " is not in " + std::to_string(least) + " to " +
                 std::to_string(most));
  return value;
}

std::expected<double, std::string> real(const Scalar& scalar) {
  if (const auto* number = std::get_if<double>(&scalar)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&scalar)) return static_cast<double>(*number);
  return wrong("'" + to_text(scalar) + "' is no number");
}

std::expected<void, std::string> put_text(Bytes& to, const Address& address, const Scalar& scalar) {
  const auto* text = std::get_if<std::string>(&scalar);
  if (text == nullptr) return wrong("'" + to_text(scalar) + "' is no text");
  const auto characters = from_utf8(*text);
  if (!characters) return wrong(characters.error());
  Bytes units;
  for (const char32_t c : *characters) {
    if (address.type != Type::wide_text) {
      if (c > 0xFF) return wrong("the text has a character that a STRING cannot hold (only Latin-1)");
      put8(units, c);
    } else if (c < 0x10000) {
      put16(units, c);
    } else {
      put16(units, 0xD800U + (c - 0x10000U) / 0x400U);
      put16(units, 0xDC00U + (c - 0x10000U) % 0x400U);
    }
  }
  const bool wide = address.type == Type::wide_text;
  const std::size_t used = units.size() / (wide ? 2 : 1);
  if (address.type == Type::character) {
    if (used != 1) return wrong("a CHAR is one character");
    put(to, units);
    return {};
  }
  if (used > address.length)
    return wrong("the text has " + std::to_string(used) + " characters, there is room for " +
                 std::to_string(address.length));
  wide ? put16(to, address.length) : put8(to, address.length);
  wide ? put16(to, static_cast<unsigned>(used)) : put8(to, static_cast<unsigned>(used));
  put(to, units);
  to.resize(to.size() + (std::size_t{address.length} - used) * (wide ? 2 : 1));
  return {};
}

std::expected<void, std::string> put_calendar(Bytes& to, const Address& address, const Scalar& scalar) {
  const auto* text = std::get_if<std::string>(&scalar);
  if (text == nullptr) return wrong("write it as 2026-01-31 23:59:59.999");
  if (address.type == Type::time_of_day) {
    const auto time = parse_calendar("1990-01-01 " + *text);
    if (!time) return wrong("write it as 23:59:59.999");
    put32(to, static_cast<std::uint32_t>(((time->hour * 60 + time->minute) * 60 + time->second) * 1000 +
                                         time->nanosecond / 1'000'000));
    return {};
  }
  const auto time = parse_calendar(*text);
  if (!time) return wrong(time.error());
  const int last = address.type == Type::date ? 2168 : address.type == Type::dtl ? 2261 : 2089;
  const int first = address.type == Type::dtl ? 1970 : 1990;
  if (time->year < first || time->year > last)
    return wrong("the year is " + std::to_string(first) + " to " + std::to_string(last));
  if (address.type == Type::date) {
    put16(to, static_cast<unsigned>(days_since_1990(time->year, time->month, time->day)));
  } else if (address.type == Type::date_and_time) {
    put_bcd_time(to, *time);
  } else {
    put16(to, static_cast<unsigned>(time->year));
    const auto days = days_since_1990(time->year, time->month, time->day);
    put(to, {static_cast<unsigned>(time->month), static_cast<unsigned>(time->day),
             static_cast<unsigned>(((days + 1) % 7 + 7) % 7 + 1), static_cast<unsigned>(time->hour),
             static_cast<unsigned>(time->minute), static_cast<unsigned>(time->second)});
    put32(to, static_cast<std::uint32_t>(time->nanosecond));
  }
  return {};
}

struct WholeRange {
  std::int64_t least, most;
};

std::optional<WholeRange> whole_range(Type type) {
  using Limits = std::numeric_limits<std::int64_t>;
  switch (type) {
    case Type::boolean:
      return WholeRange{0, 1};
    case Type::byte:
    case Type::usint:
      return WholeRange{0, 255};
    case Type::sint:
      return WholeRange{-128, 127};
    case Type::word:
    case Type::uint16:
      return WholeRange{0, 65535};
    case Type::int16:
      return WholeRange{-32768, 32767};
    case Type::dword:
    case Type::udint:
      return WholeRange{0, 4294967295};
    case Type::dint:
    case Type::time:
      return WholeRange{-2147483648LL, 2147483647};
    case Type::lint:
      return WholeRange{Limits::min(), Limits::max()};
    case Type::s5time:
    case Type::timer:
      return WholeRange{0, 9'990'000};
    case Type::counter:
      return WholeRange{0, 999};
    default:
      return std::nullopt;
  }
}

std::expected<void, std::string> put_whole(Bytes& to, Type type, std::int64_t value) {
  switch (type) {
    case Type::boolean:
    case Type::byte:
    case Type::usint:
    case Type::sint:
      put8(to, static_cast<unsigned>(value & 0xFF));
      return {};
    case Type::word:
    case Type::uint16:
    case Type::int16:
      put16(to, static_cast<unsigned>(value & 0xFFFF));
      return {};
    case Type::lint:
      put64(to, static_cast<std::uint64_t>(value));
      return {};
    case Type::s5time:
    case Type::timer: {
      const auto raw = s5time(value);
      if (!raw) return wrong(raw.error());
      put16(to, *raw);
      return {};
    }
    case Type::counter:
      put16(to, static_cast<unsigned>(value / 100 * 256 + value / 10 % 10 * 16 + value % 10));
      return {};
    default:
      put32(to, static_cast<std::uint32_t>(value & 0xFFFFFFFF));
      return {};
  }
}

std::expected<void, std::string> put_scalar(Bytes& to, const Address& address, const Scalar& scalar) {
  if (const auto range = whole_range(address.type)) {
    const auto value = whole(scalar, range->least, range->most);
    if (!value) return wrong(value.error());
    return put_whole(to, address.type, *value);
  }
  switch (address.type) {
    case Type::lword:
    case Type::ulint: {
      if (const auto* large = std::get_if<std::uint64_t>(&scalar)) {
        put64(to, *large);
        return {};
      }
      const auto value = whole(scalar, 0, std::numeric_limits<std::int64_t>::max());
      if (!value) return wrong(value.error());
      put64(to, static_cast<std::uint64_t>(*value));
      return {};
    }
    case Type::real: {
      const auto value = real(scalar);
      if (!value) return wrong(value.error());
      if (std::isfinite(*value) && std::abs(*value) > double{std::numeric_limits<float>::max()})
        return wrong(to_text(scalar) + " is too large for a REAL");
      put32(to, std::bit_cast<std::uint32_t>(static_cast<float>(*value)));
      return {};
    }
    case Type::lreal: {
      const auto value = real(scalar);
      if (!value) return wrong(value.error());
      put64(to, std::bit_cast<std::uint64_t>(*value));
      return {};
    }
    case Type::character:
    case Type::text:
    case Type::wide_text:
      return put_text(to, address, scalar);
    default:
      return put_calendar(to, address, scalar);
  }
}

Result parse_scalar(const Address& address, std::string_view text) {
  if (address.type == Type::boolean) {
    if (text == "true" || text == "1" || text == "on") return true;
    if (text == "false" || text == "0" || text == "off") return false;
    return wrong("a BOOL is true or false");
  }
  const bool is_real = address.type == Type::real || address.type == Type::lreal;
  const bool is_large = address.type == Type::lword || address.type == Type::ulint;
  if (!is_real && !is_large && !whole_range(address.type)) return std::string(text);
  if (is_real) {
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size())
      return wrong("'" + std::string(text) + "' is no number");
    return value;
  }
  if (is_large || text.starts_with("0x") || text.starts_with("0X")) {
    const auto value = whole_number(text);
    if (!value) return wrong("'" + std::string(text) + "' is no whole number");
    return *value;
  }
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size())
    return wrong("'" + std::string(text) + "' is no whole number");
  return value;
}

}  // namespace

std::expected<Bytes, std::string> encode(const Address& address, const Value& value) {
  if (value.size() != address.count)
    return wrong("there are " + std::to_string(value.size()) + " values for " +
                 std::to_string(address.count) + (address.count == 1 ? " element" : " elements"));
  if (address.type == Type::boolean && address.count > 1)
    return wrong("bits are written one at a time: whole bytes would take their neighbours with them");
  Bytes bytes;
  for (const Scalar& scalar : value)
    if (const auto done = put_scalar(bytes, address, scalar); !done) return wrong(done.error());
  return bytes;
}

std::expected<Value, std::string> parse_value(const Address& address, std::string_view text) {
  Value value;
  while (address.count > 1 && text.find(',') != std::string_view::npos) {
    auto scalar = parse_scalar(address, text.substr(0, text.find(',')));
    if (!scalar) return wrong(scalar.error());
    value.push_back(std::move(*scalar));
    text.remove_prefix(text.find(',') + 1);
  }
  auto scalar = parse_scalar(address, text);
  if (!scalar) return wrong(scalar.error());
  value.push_back(std::move(*scalar));
  if (const auto fits = encode(address, value); !fits) return wrong(fits.error());
  return value;
}

}  // namespace standstill::s7
