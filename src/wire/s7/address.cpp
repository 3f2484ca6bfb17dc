#include "wire/s7/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

struct TypeRow {
  Type type;
  std::string_view name;
  std::uint8_t bytes;      // of one element; texts: of their head
  std::string_view width;  // letters it may be written behind, the usual one first
};

constexpr std::array rows{
    TypeRow{Type::boolean, "BOOL", 1, "X"},
    TypeRow{Type::byte, "BYTE", 1, "B"},
    TypeRow{Type::character, "CHAR", 1, "B"},
    TypeRow{Type::sint, "SINT", 1, "B"},
    TypeRow{Type::usint, "USINT", 1, "B"},
    TypeRow{Type::word, "WORD", 2, "WB"},
    TypeRow{Type::int16, "INT", 2, "WB"},
    TypeRow{Type::uint16, "UINT", 2, "WB"},
    TypeRow{Type::dword, "DWORD", 4, "DB"},
    TypeRow{Type::dint, "DINT", 4, "DB"},
    TypeRow{Type::udint, "UDINT", 4, "DB"},
    TypeRow{Type::real, "REAL", 4, "DB"},
    TypeRow{Type::lword, "LWORD", 8, "BD"},
    TypeRow{Type::lint, "LINT", 8, "BD"},
    TypeRow{Type::ulint, "ULINT", 8, "BD"},
    TypeRow{Type::lreal, "LREAL", 8, "BD"},
    TypeRow{Type::text, "STRING", 2, "B"},
    TypeRow{Type::wide_text, "WSTRING", 4, "B"},
    TypeRow{Type::date, "DATE", 2, "WB"},
    TypeRow{Type::time, "TIME", 4, "DB"},
    TypeRow{Type::s5time, "S5TIME", 2, "WB"},
    TypeRow{Type::time_of_day, "TIME_OF_DAY", 4, "DB"},
    TypeRow{Type::date_and_time, "DATE_AND_TIME", 8, "B"},
    TypeRow{Type::dtl, "DTL", 12, "B"},
    TypeRow{Type::counter, "COUNTER", 2, ""},
    TypeRow{Type::timer, "TIMER", 2, ""},
};
static_assert(rows.size() == static_cast<std::size_t>(Type::timer) + 1);

const TypeRow& row(Type type) { return rows[static_cast<std::size_t>(type)]; }

std::optional<Type> type_named(std::string_view name) {
  if (name == "TOD") return Type::time_of_day;
  if (name == "DT") return Type::date_and_time;
  const auto found = std::ranges::find(rows, name, &TypeRow::name);
  if (found == rows.end()) return std::nullopt;
  return found->type;
}

std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t largest) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool is_width(char c) { return c == 'X' || c == 'B' || c == 'W' || c == 'D'; }

Type default_type(char width) {
  switch (width) {
    case 'X':
      return Type::boolean;
    case 'B':
      return Type::byte;
    case 'W':
      return Type::word;
    default:
      return Type::dword;
  }
}

// "INT[8]", "STRING[20]" behind the colon.
std::expected<void, std::string> read_type(std::string_view text, char width, Address& address) {
  const std::size_t bracket = text.find('[');
  const auto type = type_named(text.substr(0, bracket));
  if (!type || row(*type).width.empty())
    return wrong("'" + std::string(text.substr(0, bracket)) + "' is no type (BOOL, BYTE, INT, DINT, REAL …)");
  if (row(*type).width.find(width) == std::string_view::npos)
    return wrong("a " + std::string(row(*type).name) + " does not stand behind " + std::string(1, width) +
                 ", but behind " + std::string(row(*type).width.substr(0, 1)));
  address.type = *type;
  const bool is_text = *type == Type::text || *type == Type::wide_text;
  if (is_text) address.length = 254;
  if (bracket == std::string_view::npos) return {};
  std::string_view inside = text.substr(bracket + 1);
  const auto number = take_number(inside, is_text ? 254 : 32767);
  if (!number || *number == 0 || inside != "]")
    return wrong(is_text ? "the length of a text is written [1] to [254]"
                         : "the number of elements is written [1] to [32767]");
  (is_text ? address.length : address.count) = static_cast<std::uint16_t>(*number);
  return {};
}

std::expected<Address, std::string> counter_or_timer(std::string_view text, Area area) {
  Address address{.area = area, .type = area == Area::timers ? Type::timer : Type::counter};
  text.remove_prefix(1);
  const auto number = take_number(text, 65535);
  if (!number || !text.empty()) return wrong("a timer is written T5, a counter C5");
  address.byte = *number;
  return address;
}

}  // namespace

std::string_view name(Type type) { return row(type).name; }

std::string area_text(Area area, std::uint16_t db) {
  switch (area) {
    case Area::inputs:
      return "inputs";
    case Area::outputs:
      return "outputs";
    case Area::flags:
      return "flags";
    case Area::counters:
      return "counters";
    case Area::timers:
      return "timers";
    case Area::db:
      break;
  }
  return "DB" + std::to_string(db);
}

std::expected<Address, std::string> parse_address(std::string_view text) {
  Address address;
  const std::size_t colon = text.find(':');
  const std::string_view type = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (colon != std::string_view::npos && type.empty()) return wrong("the type behind ':' is missing");
  text = text.substr(0, colon);
  char width = 'X';
  if (text.starts_with("DB")) {
    text.remove_prefix(2);
    const auto db = take_number(text, 65535);
    if (!db || *db == 0) return wrong("data blocks are DB1 to DB65535");
    if (!text.starts_with(".DB") || text.size() < 4 || !is_width(text[3]))
      return wrong("behind the block stands .DBX, .DBB, .DBW or .DBD");
    address.db = static_cast<std::uint16_t>(*db);
    width = text[3];
    text.remove_prefix(4);
  } else {
    static constexpr std::string_view letters = "IEQAM";
    static constexpr std::array areas{Area::inputs, Area::inputs, Area::outputs, Area::outputs, Area::flags};
    if (text.empty()) return wrong("it is empty");
    if (type.empty() && text.front() == 'T') return counter_or_timer(text, Area::timers);
    if (type.empty() && (text.front() == 'C' || text.front() == 'Z'))
      return counter_or_timer(text, Area::counters);
    const std::size_t letter = letters.find(text.front());
    if (letter == std::string_view::npos) return wrong("it begins with none of DB, I, Q, M, T, C");
    address.area = areas[letter];
    text.remove_prefix(1);
    if (!text.empty() && is_width(text.front())) {
      width = text.front();
      text.remove_prefix(1);
    }
  }
  const auto byte = take_number(text, 65535);
  if (!byte) return wrong("the byte is a number, 0 to 65535");
  address.byte = *byte;
  if (width == 'X') {
    if (!text.starts_with('.')) return wrong("a bit is written with its byte: 4.0");
    text.remove_prefix(1);
    const auto bit = take_number(text, 7);
    if (!bit) return wrong("a bit is 0 to 7");
    address.bit = static_cast<std::uint8_t>(*bit);
  }
  if (!text.empty()) return wrong("'" + std::string(text) + "' is too much");
  address.type = default_type(width);
  if (!type.empty())
    if (const auto read = read_type(type, width, address); !read) return wrong(read.error());
  if (address.byte + total_bytes(address) > 65536) return wrong("it ends behind byte 65535");
  return address;
}

std::string to_text(const Address& address) {
  if (address.area == Area::timers) return "T" + std::to_string(address.byte);
  if (address.area == Area::counters) return "C" + std::to_string(address.byte);
  const TypeRow& of = row(address.type);
  const char width = of.width.front();
  std::string text;
  if (address.area == Area::db) {
    text = "DB" + std::to_string(address.db) + ".DB";
    text += width;
  } else {
    text = address.area == Area::inputs ? "I" : address.area == Area::outputs ? "Q" : "M";
    if (width != 'X') text += width;
  }
  text += std::to_string(address.byte);
  if (width == 'X') text += "." + std::to_string(address.bit);
  if (address.type != default_type(width) || address.count > 1) text += ":" + std::string(of.name);
  if (address.length > 0)
    text += "[" + std::to_string(address.length) + "]";
  else if (address.count > 1)
    text += "[" + std::to_string(address.count) + "]";
  return text;
}

std::size_t element_bytes(const Address& address) {
  const std::size_t head = row(address.type).bytes;
  if (address.type == Type::text) return head + address.length;
  if (address.type == Type::wide_text) return head + std::size_t{2} * address.length;
  return head;
}

std::size_t total_bytes(const Address& address) {
  if (address.type == Type::boolean) return (std::size_t{address.bit} + address.count + 7) / 8;
  return element_bytes(address) * address.count;
}

bool is_one_number(const Address& address) {
  switch (address.type) {
    case Type::character:
    case Type::text:
    case Type::wide_text:
    case Type::date:
    case Type::time_of_day:
    case Type::date_and_time:
    case Type::dtl:
      return false;
    default:
      return address.count == 1;
  }
}

std::optional<std::uint64_t> largest_count(const Address& address) {
  if (address.count != 1) return std::nullopt;
  const std::uint64_t all =
      element_bytes(address) >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * element_bytes(address)) - 1;
  switch (address.type) {
    case Type::byte:
    case Type::usint:
    case Type::word:
    case Type::uint16:
    case Type::dword:
    case Type::udint:
    case Type::lword:
    case Type::ulint:
      return all;
    case Type::sint:
    case Type::int16:
    case Type::dint:
    case Type::lint:
      return all / 2;
    default:
      return std::nullopt;
  }
}

}  // namespace standstill::s7
