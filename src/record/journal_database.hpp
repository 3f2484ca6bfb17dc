// The writing side of journal.db. Blocks on the disk: only the recorder's thread holds one. Internal to
// src/record.
//
// Write-ahead log with synchronous=FULL: a commit has been fsynced when it returns, survives KILL and power
// loss (S13), and readers never hold up the writer. Where a file system cannot do WAL, the rollback journal
// with synchronous=EXTRA gives the same promise. Not for network file systems: their locks and fsync cannot
// be trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "record/event.hpp"
#include "record/journal_limits.hpp"

namespace standstill::record {

inline constexpr int journal_schema = 1;                  // PRAGMA user_version
inline constexpr std::int64_t journal_mark = 0x5354494C;  // PRAGMA application_id, "STIL"

class JournalDatabase {
 public:
  enum class Result { done, failed, damaged };  // damaged: move_aside() and open() again

  explicit JournalDatabase(std::filesystem::path file);
  ~JournalDatabase();
  JournalDatabase(const JournalDatabase&) = delete;
  JournalDatabase& operator=(const JournalDatabase&) = delete;

  [[nodiscard]] Result open();
  [[nodiscard]] bool is_open() const;
  void close();
  // True when the file was removed or replaced under the open connection: what is written now would be lost.
  [[nodiscard]] bool file_is_gone() const;
  // All or none, in one transaction. An event of the guard's ring that is already there is not written twice.
  [[nodiscard]] Result write(std::span<const Event> events);
  // Deletes at most `slice` events that are over the limits; `removed` says how many. Call again until none
  // are.
  [[nodiscard]] Result prune(const JournalLimits& limits, std::int64_t now_wall_ns, int slice, int& removed);

  // Renames the file (with its log) to journal.db.corrupt-<UTC date>. The new name, or empty when that
  // failed.
  [[nodiscard]] std::string move_aside();
  // Why the last call did not succeed: a sentence with what to do.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct Open;
  [[nodiscard]] Result give_up(int code, const std::string& what);
  [[nodiscard]] Result look_at_existing();
  [[nodiscard]] Result prepare();

  std::filesystem::path file_;
  std::unique_ptr<Open> open_;
  std::string reason_;
};

}  // namespace standstill::record
