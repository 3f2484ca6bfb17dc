// Ids of the files that state_dir collects: KIND_YYYYmmdd_HHMMSS_NAME (UTC), and _2, _3 … for those of the
// same second.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace standstill::record {

struct FileId {
  std::size_t kind = 0;     // which of the kinds asked for
  std::int64_t wall_s = 0;  // seconds since 1970 UTC
  std::string_view name;    // of the id that was parsed; not empty, no '_'
  std::uint32_t copy = 1;
};

// Nothing for a text that is no such id. Two different ids never mean the same file.
[[nodiscard]] std::optional<FileId> parse_file_id(std::string_view id,
                                                  std::span<const std::string_view> kinds);

// A number without leading zeros (but 0 itself).
[[nodiscard]] std::optional<std::uint32_t> plain_number(std::string_view text);

}  // namespace standstill::record
