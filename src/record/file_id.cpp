#include "record/file_id.hpp"

#include <charconv>
#include <system_error>

#include "record/calendar.hpp"

namespace standstill::record {

namespace {
constexpr std::size_t date_length = 15;  // YYYYmmdd_HHMMSS
}

std::optional<std::uint32_t> plain_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return {};
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
  return value;
}

std::optional<FileId> parse_file_id(std::string_view id, std::span<const std::string_view> kinds) {
  FileId found;
  const auto kind_end = id.find('_');
  if (kind_end == std::string_view::npos) return {};
  while (found.kind < kinds.size() && kinds[found.kind] != id.substr(0, kind_end)) ++found.kind;
  if (found.kind == kinds.size()) return {};
  id.remove_prefix(kind_end + 1);
  if (id.size() < date_length + 2 || id[date_length] != '_') return {};
  const auto wall_s = parse_file_date(id.substr(0, date_length));
  if (!wall_s) return {};
  found.wall_s = *wall_s;
  id.remove_prefix(date_length + 1);
  const auto name_end = id.find('_');
  found.name = id.substr(0, name_end);
  if (found.name.empty()) return {};
  if (name_end != std::string_view::npos) {
    const auto copy = plain_number(id.substr(name_end + 1));
    if (!copy || *copy < 2) return {};
    found.copy = *copy;
  }
  return found;
}

}  // namespace standstill::record
