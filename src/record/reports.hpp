// Dated reports of drills and proof tests: state_dir/reports/prooftest_YYYYmmdd_HHMMSS_SUBJECT.json (UTC),
// whole or absent, never pruned. And when the next proof test is due.
//
// The file holds {"kind","subject","at","passed"} and everything in the caller's body. All but proof_test_due
// block on the disk.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::record {

enum class ReportKind : std::uint8_t { drill, prooftest };
[[nodiscard]] std::string_view name(ReportKind kind);

struct ReportEntry {
  std::string id;  // the file's name without .json
  ReportKind kind = ReportKind::drill;
  std::int64_t wall_s = 0;
  std::string subject;  // as in the name: what is not [A-Za-z0-9.-] became '-'
  std::uint32_t copy = 1;
  std::filesystem::path path;
};

[[nodiscard]] std::optional<ReportEntry> parse_report_id(std::string_view id);

// `subject`: the id of the link that was broken or of the output that was exercised. `body` must be an
// object.
[[nodiscard]] std::expected<ReportEntry, std::string> write_report(const std::filesystem::path& state_dir,
                                                                   ReportKind kind, std::string_view subject,
                                                                   std::int64_t wall_ns, bool passed,
                                                                   const nlohmann::json& body);
// Newest first, of one kind and subject where they are given.
[[nodiscard]] std::expected<std::vector<ReportEntry>, std::string> list_reports(
    const std::filesystem::path& state_dir, std::optional<ReportKind> kind = {},
    std::string_view subject = {});
[[nodiscard]] std::expected<nlohmann::json, std::string> load_report(const std::filesystem::path& state_dir,
                                                                     std::string_view id);
// Wall time (ns) of the newest report of that kind and subject that passed; 0: none. Reports that cannot be
// read did not pass.
[[nodiscard]] std::expected<std::int64_t, std::string> last_passed(const std::filesystem::path& state_dir,
                                                                   ReportKind kind, std::string_view subject);

struct ProofTestDue {
  std::int64_t due_wall_ns = 0;
  bool overdue = false;         // now is at or past the due time
  bool clock_doubtful = false;  // the last test lies more than a day in the future: due counts as overdue
  std::int64_t days = 0;        // whole days left, or overdue (negative)
};

// Pure. `last_passed_ns` 0: never tested; then it is due one interval after `installed_ns` (0: at once).
// `interval_days` 1 to 3650; 0 and below: no proof test is asked for, never overdue.
[[nodiscard]] ProofTestDue proof_test_due(std::int64_t last_passed_ns, std::int64_t installed_ns,
                                          int interval_days, std::int64_t now_ns);

}  // namespace standstill::record
