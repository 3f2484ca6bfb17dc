// Snapshots of the plant: state_dir/snapshots/emergency_YYYYmmdd_HHMMSS_eN.json (UTC), whole or absent (S13).
//
// A second snapshot of the same kind, second and epoch gets the suffix _2, then _3 … The document is the
// caller's and is stored as it is (shape: docs/architecture.md, "Snapshot"). That of a large plan has several
// megabytes, and more than ten times that as a value: it is written in pieces, served as text, and loaded in
// outline. All functions block on the disk: not for the loop.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/whole_file.hpp"

namespace standstill::record {

enum class SnapshotKind : std::uint8_t { emergency, manual };  // at a trip; taken by hand
[[nodiscard]] std::string_view name(SnapshotKind kind);

struct SnapshotEntry {
  std::string id;  // the file's name without .json
  SnapshotKind kind = SnapshotKind::emergency;
  std::int64_t wall_s = 0;  // seconds since 1970 UTC, from the name
  std::uint32_t epoch = 0;
  std::uint32_t copy = 1;  // 2 and up: the suffix
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

// The entry an id means, path and bytes left empty; nothing for a text that is no id. An id never names
// another folder: it has no slash and no dot.
[[nodiscard]] std::optional<SnapshotEntry> parse_snapshot_id(std::string_view id);

[[nodiscard]] std::expected<SnapshotEntry, std::string> write_snapshot(const std::filesystem::path& state_dir,
                                                                       SnapshotKind kind, std::uint32_t epoch,
                                                                       std::int64_t wall_ns,
                                                                       const Pour& document);

// Newest first: by epoch, which only grows, then by time. Files with other names are not ours and not listed.
// No folder yet: an empty list.
[[nodiscard]] std::expected<std::vector<SnapshotEntry>, std::string> list_snapshots(
    const std::filesystem::path& state_dir);

// Path of the snapshot with this id ("latest": the newest). For texts that come over the network: never a
// path.
[[nodiscard]] std::expected<std::filesystem::path, std::string> find_snapshot(
    const std::filesystem::path& state_dir, std::string_view id);
// As it is, in one line.
[[nodiscard]] std::expected<std::string, std::string> snapshot_text(const std::filesystem::path& state_dir,
                                                                    std::string_view id);
// Only the members that `keep` wants: depth 1 is the snapshot's own, 3 that of an object in a list.
using Keep = std::function<bool(int depth, std::string_view name)>;
[[nodiscard]] std::expected<nlohmann::ordered_json, std::string> load_snapshot_outline(
    const std::filesystem::path& state_dir, std::string_view id, const Keep& keep);
// For the command line: an id, "latest", or else a file's path. At most 256 MB.
[[nodiscard]] std::expected<nlohmann::json, std::string> load_snapshot_or_file(
    const std::filesystem::path& state_dir, std::string_view id_or_path);
// A whole copy at `target` (a file, or a folder that then gets <id>.json); an existing file is not
// overwritten.
[[nodiscard]] std::expected<std::filesystem::path, std::string> export_snapshot(
    const std::filesystem::path& state_dir, std::string_view id, const std::filesystem::path& target);

inline constexpr std::size_t snapshots_kept = 500;         // default of prune_snapshots
inline constexpr std::size_t snapshots_never_pruned = 50;  // the newest by epoch, and the newest by date

// Deletes the oldest beyond `keep` (at least 50). How many went.
[[nodiscard]] std::expected<std::size_t, std::string> prune_snapshots(const std::filesystem::path& state_dir,
                                                                      std::size_t keep = snapshots_kept);

}  // namespace standstill::record
