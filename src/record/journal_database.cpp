#include "record/journal_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "record/calendar.hpp"
#include "record/sqlite.hpp"

namespace standstill::record {

namespace {

constexpr const char* schema_sql =
    "CREATE TABLE IF NOT EXISTS event("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, guard_seq INTEGER NOT NULL, kind TEXT NOT NULL, code TEXT NOT "
    "NULL,"
    " source TEXT NOT NULL, detail TEXT NOT NULL, epoch INTEGER NOT NULL, boot_ns INTEGER NOT NULL,"
    " wall_ns INTEGER NOT NULL, boot_id TEXT NOT NULL, data TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS event_epoch ON event(epoch);"
    "CREATE INDEX IF NOT EXISTS event_wall ON event(wall_ns);"
    // a ring that is read again after a restart repeats events; a restarted guard repeats numbers, at another
    // time
    "CREATE UNIQUE INDEX IF NOT EXISTS event_guard ON event(boot_id, guard_seq, boot_ns) WHERE guard_seq > "
    "0;";

constexpr std::string_view insert_sql =
    "INSERT OR IGNORE INTO event(guard_seq, kind, code, source, detail, epoch, boot_ns, wall_ns, boot_id, "
    "data)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

// A full check of a file this large could hold up recording for minutes on an SD card.
constexpr std::int64_t largest_checked = 256LL * 1024 * 1024;

// SQLite says "unable to open database file" for several ills; the folder knows which.
std::string remedy(int code, const std::filesystem::path& file) {
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "; the disk is full: free some space, writing then resumes by itself";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      if (::access(folder.c_str(), W_OK) == 0) return "; make the file writable for this user";
      if (errno == EROFS)
        return "; the file system is read-only: make it writable again and look in the kernel log for the "
               "reason";
      if (errno == ENOENT)
        return "; the folder " + folder + " does not exist: create it, or correct state_dir";
      return "; make the folder " + folder + " writable for this user";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program holds the journal: end it";
    case SQLITE_IOERR:
      return "; the disk reports errors or is full: look in the kernel log";
    default:
      return "";
  }
}

bool is_damage(int code) { return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB; }

}  // namespace

struct JournalDatabase::Open {
  sqlite::Connection connection;
  sqlite::Statement insert;  // after the connection: goes first
  struct stat about{};
};

JournalDatabase::JournalDatabase(std::filesystem::path file) : file_(std::move(file)) {}
JournalDatabase::~JournalDatabase() = default;

bool JournalDatabase::is_open() const { return open_ != nullptr; }
void JournalDatabase::close() { open_.reset(); }

JournalDatabase::Result JournalDatabase::give_up(int code, const std::string& what) {
  const char* text = sqlite3_errstr(code);
  std::string system;
  if (open_ && open_->connection) {
    if (sqlite3_errcode(open_->connection.get()) == (code & 0xFF))
      text = sqlite3_errmsg(open_->connection.get());
    const int number = sqlite3_system_errno(open_->connection.get());
    const int kind = code & 0xFF;
    if (number != 0 && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN))
      system = std::string(" (") + std::strerror(number) + ')';
  }
  reason_ = what + ' ' + file_.string() + ": " + text + system + remedy(code, file_);
  return is_damage(code) ? Result::damaged : Result::failed;
}

JournalDatabase::Result JournalDatabase::open() {
  reason_.clear();
  open_ = std::make_unique<Open>();
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file_.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  open_->connection.reset(raw);
  Result result = Result::done;
  if (code != SQLITE_OK) {
    result = give_up(code, "cannot open");
  } else {
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, 2000);
    result = look_at_existing();
    if (result == Result::done) result = prepare();
  }
  if (result != Result::done) open_.reset();
  return result;
}

JournalDatabase::Result JournalDatabase::look_at_existing() {
  sqlite3* connection = open_->connection.get();
  int code = SQLITE_OK;
  const std::int64_t tables = sqlite::number(connection, "SELECT count(*) FROM sqlite_master", code);
  const std::int64_t mark = sqlite::number(connection, "PRAGMA application_id", code);
  const std::int64_t version = sqlite::number(connection, "PRAGMA user_version", code);
  const std::int64_t bytes = sqlite::number(connection, "PRAGMA page_size", code) *
                             sqlite::number(connection, "PRAGMA page_count", code);
  if (code != SQLITE_OK) return give_up(code, "cannot read");
  if (tables > 0 && mark != journal_mark) {
    reason_ = file_.string() + " is a database of another program";
    return Result::damaged;
  }
  if (version > journal_schema) {
    reason_ = file_.string() + " was written by a later version (schema " + std::to_string(version) +
              ", this one knows " + std::to_string(journal_schema) + ")";
    return Result::damaged;
  }
  if (tables == 0) return Result::done;
  sqlite::Statement check(connection, bytes <= largest_checked
                                          ? "PRAGMA quick_check(1)"
                                          : "SELECT 'ok' FROM (SELECT max(length(data)) FROM"
                                            " (SELECT data FROM event ORDER BY id DESC LIMIT 1000))");
  code = check.step();
  if (code != SQLITE_ROW) return give_up(code, "cannot check");
  const std::string verdict = check.text(0);
  if (verdict != "ok") {
    reason_ = file_.string() + " is damaged: " + verdict;
    return Result::damaged;
  }
  return Result::done;
}

JournalDatabase::Result JournalDatabase::prepare() {
  sqlite3* connection = open_->connection.get();
  int code = sqlite::run(connection,
                         "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA cache_size=-512; PRAGMA temp_store=MEMORY;");
  bool has_log = false;
  if (code == SQLITE_OK) {
    sqlite::Statement mode(connection, "PRAGMA journal_mode=WAL");
    const int answer = mode.step();
    if (answer == SQLITE_ROW)
      has_log = mode.text(0) == "wal";
    else
      code = answer;
  }
  if (code == SQLITE_OK)
    code = sqlite::run(
        connection,
        has_log ? "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=4194304"
                : "PRAGMA synchronous=EXTRA");
  // Writes the first page at every start: a disk that cannot be written is known before the first event
  // comes.
  if (code == SQLITE_OK) code = sqlite::run(connection, "BEGIN IMMEDIATE");
  if (code == SQLITE_OK) code = sqlite::run(connection, schema_sql);
  if (code == SQLITE_OK) {
    const std::string marks = "PRAGMA application_id=" + std::to_string(journal_mark) +
                              "; PRAGMA user_version=" + std::to_string(journal_schema) + "; COMMIT";
    code = sqlite::run(connection, marks.c_str());
  }
  if (code != SQLITE_OK) return give_up(code, "cannot prepare");
  open_->insert = sqlite::Statement(connection, insert_sql);
  if (!open_->insert.good()) return give_up(open_->insert.prepare_code(), "cannot prepare");
  if (::stat(file_.c_str(), &open_->about) != 0) {
    reason_ = "cannot look at " + file_.string() + ": " + std::strerror(errno);
    return Result::failed;
  }
  return Result::done;
}

bool JournalDatabase::file_is_gone() const {
  struct stat now{};
  if (::stat(file_.c_str(), &now) != 0) return errno == ENOENT || errno == ENOTDIR;
  return open_ && (now.st_ino != open_->about.st_ino || now.st_dev != open_->about.st_dev);
}

JournalDatabase::Result JournalDatabase::write(std::span<const Event> events) {
  sqlite3* connection = open_->connection.get();
  int code = sqlite::run(connection, "BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return give_up(code, "cannot write");
  for (const Event& event : events) {
    sqlite::Statement& insert = open_->insert;
    insert.bind(1, static_cast<std::int64_t>(event.guard_seq));
    insert.bind(2, event.kind);
    insert.bind(3, event.code);
    insert.bind(4, event.source);
    insert.bind(5, event.detail);
    insert.bind(6, std::int64_t{event.epoch});
    insert.bind(7, event.boot_ns);
    insert.bind(8, event.wall_ns);
    insert.bind(9, event.boot_id);
    insert.bind(10, event.data);
    code = insert.step();
    insert.reset();
    if (code != SQLITE_DONE) break;
    code = SQLITE_OK;
  }
  if (code == SQLITE_OK) code = sqlite::run(connection, "COMMIT");
  if (code == SQLITE_OK) return Result::done;
  const Result result = give_up(code, "cannot write");
  (void)sqlite::run(connection, "ROLLBACK");  // SQLite may already have done it
  return result;
}

JournalDatabase::Result JournalDatabase::prune(const JournalLimits& limits, std::int64_t now_wall_ns,
                                               int slice, int& removed) {
  constexpr std::int64_t least_for_size = 1000;
  sqlite3* connection = open_->connection.get();
  removed = 0;
  int code = SQLITE_OK;
  const std::int64_t newest = sqlite::number(connection, "SELECT max(id) FROM event", code);
  const std::int64_t pages = sqlite::number(connection, "PRAGMA page_count", code) -
                             sqlite::number(connection, "PRAGMA freelist_count", code);
  const std::int64_t bytes = pages * sqlite::number(connection, "PRAGMA page_size", code);
  if (code != SQLITE_OK) return give_up(code, "cannot prune");
  const bool too_large = bytes > limits.keep_bytes;
  // Only the oldest slice is looked at. Young events at its front (a clock that was wrong once) keep the rest
  // from being judged by age; the size limit still applies to them.
  sqlite::Statement erase(
      connection,
      "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id <= ?1 ORDER BY id LIMIT ?2)"
      " AND wall_ns < ?3");
  erase.bind(1, newest - (too_large ? least_for_size : limits.keep_events));
  erase.bind(2, std::int64_t{slice});
  erase.bind(3, too_large ? INT64_MAX : now_wall_ns - std::int64_t{limits.keep_days} * ns_per_day);
  code = erase.step();
  if (code != SQLITE_DONE) return give_up(code, "cannot prune");
  removed = sqlite3_changes(connection);
  if (removed > 0) {
    code = sqlite::run(connection, "PRAGMA incremental_vacuum(1000)");
    if (code != SQLITE_OK) return give_up(code, "cannot shrink");
  }
  return Result::done;
}

std::string JournalDatabase::move_aside() {
  open_.reset();
  const std::string base = file_.string() + ".corrupt-" + file_date(os::wall_ns());
  std::string aside = base;
  for (int n = 2; ::access(aside.c_str(), F_OK) == 0; ++n) aside = base + '_' + std::to_string(n);
  if (::rename(file_.c_str(), aside.c_str()) != 0) {
    reason_ += "; and it cannot be moved aside: " + std::string(std::strerror(errno));
    return {};
  }
  // its log belongs to it: a new database must not meet it, and whoever repairs the old one needs it
  for (const char* part : {"-wal", "-shm", "-journal"})
    (void)::rename((file_.string() + part).c_str(), (aside + part).c_str());
  const os::Fd folder(::open(file_.has_parent_path() ? file_.parent_path().c_str() : ".",
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)::fsync(folder.get());
  return aside;
}

}  // namespace standstill::record
