#include "record/snapshot.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <tuple>

#include "record/calendar.hpp"
#include "record/event_json.hpp"
#include "record/whole_file.hpp"

namespace standstill::record {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_snapshot = 256U << 20U;
constexpr std::string_view suffix = ".json";

fs::path folder_of(const fs::path& state_dir) { return state_dir / "snapshots"; }

// A number without leading zeros (but 0 itself), so that two ids never mean the same file.
std::optional<std::uint32_t> plain_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return {};
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
  return value;
}

auto by_epoch(const SnapshotEntry& e) { return std::tuple(e.epoch, e.wall_s, e.copy, e.id); }
auto by_date(const SnapshotEntry& e) { return std::tuple(e.wall_s, e.epoch, e.copy, e.id); }

std::expected<nlohmann::json, std::string> load(const fs::path& path) {
  const auto bytes = read_whole(path, largest_snapshot);
  if (!bytes) return std::unexpected(bytes.error().text);
  try {
    return nlohmann::json::parse(*bytes);
  } catch (const nlohmann::json::exception& error) {
    return std::unexpected(path.string() + " is not JSON: " + error.what() + "; name a snapshot");
  }
}

}  // namespace

std::string_view name(SnapshotKind kind) { return kind == SnapshotKind::manual ? "manual" : "emergency"; }

std::optional<SnapshotEntry> parse_snapshot_id(std::string_view id) {
  SnapshotEntry entry;
  entry.id = id;
  if (id.starts_with("emergency_")) {
    entry.kind = SnapshotKind::emergency;
  } else if (id.starts_with("manual_")) {
    entry.kind = SnapshotKind::manual;
  } else {
    return {};
  }
  id.remove_prefix(name(entry.kind).size() + 1);
  if (id.size() < 18 || id.substr(15, 2) != "_e") return {};
  const auto wall_s = parse_file_date(id.substr(0, 15));
  id.remove_prefix(17);
  const auto underscore = id.find('_');
  const auto epoch = plain_number(id.substr(0, underscore));
  if (!wall_s || !epoch) return {};
  entry.wall_s = *wall_s;
  entry.epoch = *epoch;
  if (underscore != std::string_view::npos) {
    const auto copy = plain_number(id.substr(underscore + 1));
    if (!copy || *copy < 2) return {};
    entry.copy = *copy;
  }
  return entry;
}

std::expected<SnapshotEntry, std::string> write_snapshot(const fs::path& state_dir, SnapshotKind kind,
                                                         std::uint32_t epoch, std::int64_t wall_ns,
                                                         const nlohmann::json& document) {
  const fs::path folder = folder_of(state_dir);
  if (auto made = ensure_folder(folder, 0750); !made) return std::unexpected(made.error().text);
  sweep_unfinished(folder);
  const std::string bytes = dump(document, 1) + '\n';
  const std::string first = std::string(name(kind)) + '_' + file_date(wall_ns) + "_e" + std::to_string(epoch);
  for (std::uint32_t copy = 1; copy <= 1000; ++copy) {
    const std::string id = copy == 1 ? first : first + '_' + std::to_string(copy);
    const fs::path path = folder / (id + std::string(suffix));
    if (copy < 1000 && ::access(path.c_str(), F_OK) == 0) continue;  // saves writing the bytes for nothing
    const auto written = write_whole(path, bytes, 0640, IfExists::refuse);
    if (written) {
      auto entry = parse_snapshot_id(id);
      if (!entry) return std::unexpected("the snapshot's own name cannot be read back: " + id);
      entry->path = path;
      entry->bytes = bytes.size();
      return *entry;
    }
    if (!written.error().exists()) return std::unexpected(written.error().text);
  }
  return std::unexpected("there are already 1000 snapshots named " + first + " in " + folder.string() +
                         "; look for what takes them");
}

std::expected<std::vector<SnapshotEntry>, std::string> list_snapshots(const fs::path& state_dir) {
  std::vector<SnapshotEntry> entries;
  std::error_code error;
  const fs::path folder = folder_of(state_dir);
  fs::directory_iterator files(folder, error);
  if (error == std::errc::no_such_file_or_directory) return entries;
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string file = files->path().filename().string();
    if (!file.ends_with(suffix)) continue;
    auto entry = parse_snapshot_id(std::string_view(file).substr(0, file.size() - suffix.size()));
    std::error_code gone;  // removed while we look
    if (!entry || !files->is_regular_file(gone)) continue;
    entry->path = files->path();
    entry->bytes = files->file_size(gone);
    if (!gone) entries.push_back(std::move(*entry));
  }
  if (error) return std::unexpected("cannot list " + folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return by_epoch(a) > by_epoch(b); });
  return entries;
}

std::expected<fs::path, std::string> find_snapshot(const fs::path& state_dir, std::string_view id) {
  if (id == "latest") {
    auto entries = list_snapshots(state_dir);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty())
      return std::unexpected("there is no snapshot yet; `standstill snapshot take` makes one");
    return entries->front().path;
  }
  if (id.ends_with(suffix)) id.remove_suffix(suffix.size());
  const fs::path path = folder_of(state_dir) / (std::string(id) + std::string(suffix));
  std::error_code error;
  if (!parse_snapshot_id(id) || !fs::is_regular_file(path, error))
    return std::unexpected("there is no snapshot \"" + std::string(id.substr(0, 100)) +
                           "\"; `standstill snapshot list` shows which there are");
  return path;
}

std::expected<nlohmann::json, std::string> load_snapshot(const fs::path& state_dir, std::string_view id) {
  const auto path = find_snapshot(state_dir, id);
  if (!path) return std::unexpected(path.error());
  return load(*path);
}

std::expected<nlohmann::json, std::string> load_snapshot_or_file(const fs::path& state_dir,
                                                                 std::string_view id_or_path) {
  if (const auto path = find_snapshot(state_dir, id_or_path)) return load(*path);
  const fs::path file{std::string(id_or_path)};
  std::error_code error;
  if (id_or_path == "latest" || !fs::exists(file, error)) {
    const auto path = find_snapshot(state_dir, id_or_path);
    return std::unexpected(path ? "the snapshot has just appeared; ask again" : path.error());
  }
  return load(file);
}

std::expected<fs::path, std::string> export_snapshot(const fs::path& state_dir, std::string_view id,
                                                     const fs::path& target) {
  const auto source = find_snapshot(state_dir, id);
  if (!source) return std::unexpected(source.error());
  const auto bytes = read_whole(*source, largest_snapshot);
  if (!bytes) return std::unexpected(bytes.error().text);
  std::error_code error;
  const fs::path file = fs::is_directory(target, error) ? target / source->filename() : target;
  const auto written = write_whole(file, *bytes, 0644, IfExists::refuse);
  if (written) return file;
  if (written.error().exists()) return std::unexpected(file.string() + " exists already; name another file");
  return std::unexpected(written.error().text);
}

std::expected<std::size_t, std::string> prune_snapshots(const fs::path& state_dir, std::size_t keep) {
  auto entries = list_snapshots(state_dir);
  if (!entries) return std::unexpected(entries.error());
  keep = std::max(keep, snapshots_never_pruned);
  if (entries->size() <= keep) return 0;
  // Two orders, because either can be wrong once: a machine without a clock battery dates its newest snapshot
  // 1970, a new state_dir beside old snapshots starts again at epoch 1.
  std::vector<const SnapshotEntry*> dated;
  for (const auto& entry : *entries) dated.push_back(&entry);
  std::sort(dated.begin(), dated.end(),
            [](const auto* a, const auto* b) { return by_date(*a) > by_date(*b); });
  std::set<std::string> safe;
  for (std::size_t i = 0; i < snapshots_never_pruned; ++i) {
    safe.insert((*entries)[i].id);
    safe.insert(dated[i]->id);
  }
  std::size_t left = entries->size();
  std::size_t removed = 0;
  for (auto oldest = entries->rbegin(); oldest != entries->rend() && left > keep; ++oldest) {
    if (safe.contains(oldest->id)) continue;
    if (::unlink(oldest->path.c_str()) != 0 && errno != ENOENT)
      return std::unexpected("cannot remove " + oldest->path.string() + ": " + std::strerror(errno));
    --left;
    ++removed;
  }
  return removed;
}

}  // namespace standstill::record
