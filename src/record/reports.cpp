#include "record/reports.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>
#include <tuple>

#include "os/clock.hpp"
#include "record/calendar.hpp"
#include "record/event_json.hpp"
#include "record/file_id.hpp"
#include "record/whole_file.hpp"

namespace standstill::record {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_report = 16U << 20U;
constexpr std::string_view suffix = ".json";

fs::path folder_of(const fs::path& state_dir) { return state_dir / "reports"; }

bool stays(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

// '_' parts the name's fields, so a subject has none.
std::string in_a_name(std::string_view subject) {
  std::string text(subject.substr(0, 64));
  std::replace_if(text.begin(), text.end(), [](char c) { return !stays(c); }, '-');
  return text.empty() ? "-" : text;
}

}  // namespace

std::string_view name(ReportKind kind) { return kind == ReportKind::drill ? "drill" : "prooftest"; }

std::optional<ReportEntry> parse_report_id(std::string_view id) {
  constexpr std::array kinds{ReportKind::drill, ReportKind::prooftest};
  const std::array names{name(kinds[0]), name(kinds[1])};
  const auto parsed = parse_file_id(id, names);
  if (!parsed || !std::ranges::all_of(parsed->name, stays)) return {};
  ReportEntry entry;
  entry.id = id;
  entry.kind = kinds[parsed->kind];
  entry.wall_s = parsed->wall_s;
  entry.subject = parsed->name;
  entry.copy = parsed->copy;
  return entry;
}

std::expected<ReportEntry, std::string> write_report(const fs::path& state_dir, ReportKind kind,
                                                     std::string_view subject, std::int64_t wall_ns,
                                                     bool passed, const nlohmann::json& body) {
  if (!body.is_object()) return std::unexpected("a report's body must be a JSON object");
  const fs::path folder = folder_of(state_dir);
  if (auto made = ensure_folder(folder, 0750); !made) return std::unexpected(made.error().text);
  sweep_unfinished(folder);
  nlohmann::json document = body;
  document["kind"] = name(kind);
  document["subject"] = subject;
  document["at"] = os::rfc3339(wall_ns);
  document["passed"] = passed;
  const std::string bytes = dump(document, 1) + '\n';
  const std::string first = std::string(name(kind)) + '_' + file_date(wall_ns) + '_' + in_a_name(subject);
  for (int copy = 1; copy <= 1000; ++copy) {
    const std::string id = copy == 1 ? first : first + '_' + std::to_string(copy);
    const fs::path path = folder / (id + std::string(suffix));
    const auto written = write_whole(path, bytes, 0640, IfExists::refuse);
    if (!written && written.error().exists()) continue;
    if (!written) return std::unexpected(written.error().text);
    auto entry = parse_report_id(id);
    if (!entry) return std::unexpected("the report's own name cannot be read back: " + id);
    entry->path = path;
    return *entry;
  }
  return std::unexpected("there are already 1000 reports named " + first + "; look for what writes them");
}

std::expected<std::vector<ReportEntry>, std::string> list_reports(const fs::path& state_dir,
                                                                  std::optional<ReportKind> kind,
                                                                  std::string_view subject) {
  std::vector<ReportEntry> entries;
  std::error_code error;
  const fs::path folder = folder_of(state_dir);
  fs::directory_iterator files(folder, error);
  if (error == std::errc::no_such_file_or_directory) return entries;
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string file = files->path().filename().string();
    if (!file.ends_with(suffix)) continue;
    auto entry = parse_report_id(std::string_view(file).substr(0, file.size() - suffix.size()));
    if (!entry || (kind && entry->kind != *kind) ||
        (!subject.empty() && entry->subject != in_a_name(subject)))
      continue;
    entry->path = files->path();
    entries.push_back(std::move(*entry));
  }
  if (error) return std::unexpected("cannot list " + folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end(), [](const ReportEntry& a, const ReportEntry& b) {
    return std::tie(a.wall_s, a.copy, a.id) > std::tie(b.wall_s, b.copy, b.id);
  });
  return entries;
}

std::expected<nlohmann::json, std::string> load_report(const fs::path& state_dir, std::string_view id) {
  const fs::path path = folder_of(state_dir) / (std::string(id) + std::string(suffix));
  if (!parse_report_id(id))
    return std::unexpected("\"" + std::string(id.substr(0, 100)) +
                           "\" is no report's id (drill_… or prooftest_…)");
  const auto bytes = read_whole(path, largest_report);
  if (!bytes) return std::unexpected(bytes.error().text);
  auto document = nlohmann::json::parse(*bytes, nullptr, false);
  if (document.is_discarded())
    return std::unexpected(path.string() + " is not JSON; it was not written by Standstill");
  return document;
}

std::expected<std::int64_t, std::string> last_passed(const fs::path& state_dir, ReportKind kind,
                                                     std::string_view subject) {
  const auto entries = list_reports(state_dir, kind, subject);
  if (!entries) return std::unexpected(entries.error());
  for (const ReportEntry& entry : *entries) {
    const auto document = load_report(state_dir, entry.id);
    if (!document || !document->is_object()) continue;
    // two subjects may share a file name; the document knows which it is about
    if (document->value("subject", nlohmann::json{}) == nlohmann::json(subject) &&
        document->value("passed", nlohmann::json{}) == nlohmann::json(true))
      return entry.wall_s * ns_per_s;
  }
  return 0;
}

ProofTestDue proof_test_due(std::int64_t last_passed_ns, std::int64_t installed_ns, int interval_days,
                            std::int64_t now_ns) {
  ProofTestDue due;
  if (interval_days <= 0) {
    due.due_wall_ns = INT64_MAX;
    due.days = INT64_MAX;
    return due;
  }
  const std::int64_t interval = std::int64_t{std::min(interval_days, 3650)} * ns_per_day;
  if (last_passed_ns > 0) {
    due.due_wall_ns = last_passed_ns + interval;
  } else {
    due.due_wall_ns = installed_ns > 0 ? installed_ns + interval : now_ns;
  }
  due.clock_doubtful = std::max(last_passed_ns, installed_ns) > now_ns + ns_per_day;
  due.overdue = now_ns >= due.due_wall_ns || due.clock_doubtful;
  due.days = (due.due_wall_ns - now_ns) / ns_per_day;
  return due;
}

}  // namespace standstill::record
