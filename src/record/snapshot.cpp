#include "record/snapshot.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <tuple>

#include "record/calendar.hpp"
#include "record/file_id.hpp"
#include "record/whole_file.hpp"

namespace standstill::record {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_snapshot = 256U << 20U;
constexpr std::string_view suffix = ".json";

fs::path folder_of(const fs::path& state_dir) { return state_dir / "snapshots"; }

auto by_epoch(const SnapshotEntry& e) { return std::tuple(e.epoch, e.wall_s, e.copy, e.id); }
auto by_date(const SnapshotEntry& e) { return std::tuple(e.wall_s, e.epoch, e.copy, e.id); }

// `keep`: the parser's callback, which may leave parts out.
template <class Json>
std::expected<Json, std::string> load(const fs::path& path, typename Json::parser_callback_t keep = nullptr) {
  const auto bytes = read_whole(path, largest_snapshot);
  if (!bytes) return std::unexpected(bytes.error().text);
  try {
    return Json::parse(*bytes, keep);
  } catch (const nlohmann::json::exception& error) {
    return std::unexpected(path.string() + " is not JSON: " + error.what() + "; name a snapshot");
  }
}

// The spaces and line ends between the values of a valid document, taken out in place.
void into_one_line(std::string& json) {
  bool in_text = false;
  bool escaped = false;
  std::erase_if(json, [&](char c) {
    if (in_text) {
      if (!escaped && c == '"') in_text = false;
      escaped = !escaped && c == '\\';
      return false;
    }
    in_text = c == '"';
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

std::string_view name(SnapshotKind kind) { return kind == SnapshotKind::manual ? "manual" : "emergency"; }

std::optional<SnapshotEntry> parse_snapshot_id(std::string_view id) {
  constexpr std::array kinds{SnapshotKind::emergency, SnapshotKind::manual};
  const std::array names{name(kinds[0]), name(kinds[1])};
  const auto parsed = parse_file_id(id, names);
  if (!parsed || parsed->name.front() != 'e') return {};
  const auto epoch = plain_number(parsed->name.substr(1));
  if (!epoch) return {};
  SnapshotEntry entry;
  entry.id = id;
  entry.kind = kinds[parsed->kind];
  entry.wall_s = parsed->wall_s;
  entry.epoch = *epoch;
  entry.copy = parsed->copy;
  return entry;
}

std::expected<SnapshotEntry, std::string> write_snapshot(const fs::path& state_dir, SnapshotKind kind,
                                                         std::uint32_t epoch, std::int64_t wall_ns,
                                                         const Pour& document) {
  const fs::path folder = folder_of(state_dir);
  if (auto made = ensure_folder(folder, 0750); !made) return std::unexpected(made.error().text);
  sweep_unfinished(folder);
  std::uint64_t bytes = 0;
  const Pour counted = [&](const Sink& sink) {
    bytes = 1;
    document([&](std::string_view piece) {
      bytes += piece.size();
      sink(piece);
    });
    sink("\n");
  };
  const std::string first = std::string(name(kind)) + '_' + file_date(wall_ns) + "_e" + std::to_string(epoch);
  for (std::uint32_t copy = 1; copy <= 1000; ++copy) {
    const std::string id = copy == 1 ? first : first + '_' + std::to_string(copy);
    const fs::path path = folder / (id + std::string(suffix));
    if (copy < 1000 && ::access(path.c_str(), F_OK) == 0) continue;  // saves writing the bytes for nothing
    const auto written = write_whole(path, counted, 0640, IfExists::refuse);
    if (written) {
      auto entry = parse_snapshot_id(id);
      if (!entry) return std::unexpected("the snapshot's own name cannot be read back: " + id);
      entry->path = path;
      entry->bytes = bytes;
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

std::expected<std::string, std::string> snapshot_text(const fs::path& state_dir, std::string_view id) {
  const auto path = find_snapshot(state_dir, id);
  if (!path) return std::unexpected(path.error());
  auto bytes = read_whole(*path, largest_snapshot);
  if (!bytes) return std::unexpected(bytes.error().text);
  if (!nlohmann::json::accept(*bytes))
    return std::unexpected(path->string() + " is not JSON any more: somebody changed it");
  into_one_line(*bytes);
  return std::move(*bytes);
}

std::expected<nlohmann::ordered_json, std::string> load_snapshot_outline(const fs::path& state_dir,
                                                                         std::string_view id,
                                                                         const Keep& keep) {
  const auto path = find_snapshot(state_dir, id);
  if (!path) return std::unexpected(path.error());
  using Json = nlohmann::ordered_json;
  return load<Json>(*path, [&](int depth, Json::parse_event_t event, Json& parsed) {
    return event != Json::parse_event_t::key || keep(depth, parsed.get_ref<const std::string&>());
  });
}

std::expected<nlohmann::json, std::string> load_snapshot_or_file(const fs::path& state_dir,
                                                                 std::string_view id_or_path) {
  if (const auto path = find_snapshot(state_dir, id_or_path)) return load<nlohmann::json>(*path);
  const fs::path file{std::string(id_or_path)};
  std::error_code error;
  if (id_or_path == "latest" || !fs::exists(file, error)) {
    const auto path = find_snapshot(state_dir, id_or_path);
    return std::unexpected(path ? "the snapshot has just appeared; ask again" : path.error());
  }
  return load<nlohmann::json>(file);
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
