#include "record/journal_reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "record/journal_database.hpp"
#include "record/sqlite.hpp"

namespace standstill::record {

struct JournalReader::Open {
  sqlite::Connection connection;
  struct stat about{};
};

JournalReader::JournalReader(std::filesystem::path file) : file_(std::move(file)) {}
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;
JournalReader::~JournalReader() = default;

namespace {

// A name as SQLite's URI form wants it.
std::string uri(const std::filesystem::path& file) {
  constexpr const char* hex = "0123456789ABCDEF";
  std::string text = "file:";
  for (const char c : file.string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x21) {
      text += '%';
      text += hex[byte >> 4U];
      text += hex[byte & 15U];
    } else {
      text += c;
    }
  }
  return text;
}

int connect(const std::string& name, sqlite::Connection& connection) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(name.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                             nullptr);
  connection.reset(raw);
  if (code != SQLITE_OK) return code;
  sqlite3_busy_timeout(raw, 2000);
  (void)sqlite::run(raw, "PRAGMA cache_size=-512");
  (void)sqlite::number(raw, "SELECT count(*) FROM sqlite_master", code);  // the first look opens the log
  return code;
}

}  // namespace

std::string JournalReader::sentence(int code) const {
  const char* text = open_ && open_->connection && sqlite3_errcode(open_->connection.get()) != SQLITE_OK
                         ? sqlite3_errmsg(open_->connection.get())
                         : sqlite3_errstr(code);
  return "cannot read the journal " + file_.string() + ": " + text;
}

std::expected<JournalReader, std::string> JournalReader::open(const std::filesystem::path& file) {
  JournalReader reader(file);
  if (auto attached = reader.attach(); !attached) return std::unexpected(attached.error());
  return reader;
}

// Opens, or opens again when the recorder has moved a damaged file aside and begun a new one.
std::expected<void, std::string> JournalReader::attach() {
  struct stat now{};
  if (::stat(file_.c_str(), &now) != 0) {
    open_.reset();
    return std::unexpected("there is no journal at " + file_.string() + " (" + std::strerror(errno) +
                           "); has the supervisor run with this state_dir?");
  }
  if (open_ && open_->about.st_ino == now.st_ino && open_->about.st_dev == now.st_dev) return {};
  open_ = std::make_unique<Open>();
  open_->about = now;
  int code = connect(uri(file_), open_->connection);
  if (code != SQLITE_OK && ::access((file_.string() + "-wal").c_str(), F_OK) != 0) {
    // Without the right to write here, the log cannot be shared. There is none, so nobody writes: read it as
    // it is.
    code = connect(uri(file_) + "?immutable=1", open_->connection);
  }
  int ignored = SQLITE_OK;
  if (code == SQLITE_OK &&
      sqlite::number(open_->connection.get(), "PRAGMA application_id", ignored) != journal_mark) {
    open_.reset();
    return std::unexpected(file_.string() + " is no journal of Standstill; name journal.db in the state_dir");
  }
  if (code == SQLITE_OK) return {};
  std::string text = sentence(code);
  open_.reset();
  return std::unexpected(std::move(text));
}

std::expected<std::vector<StoredEvent>, std::string> JournalReader::read(const JournalQuery& query) {
  if (auto attached = attach(); !attached) return std::unexpected(attached.error());
  std::string sql =
      "SELECT id, guard_seq, kind, code, source, detail, epoch, boot_ns, wall_ns, boot_id, data FROM event "
      "WHERE id > ?1";
  if (query.since_wall_ns) sql += " AND wall_ns >= ?2";
  if (query.epoch) sql += " AND epoch = ?3";
  if (query.kind) sql += " AND kind = ?4";
  if (query.of_guard) sql += " AND guard_seq > 0";
  sql += query.newest ? " ORDER BY id DESC LIMIT ?5" : " ORDER BY id LIMIT ?5";
  sqlite::Statement select(open_->connection.get(), sql);
  if (!select.good()) return std::unexpected(sentence(select.prepare_code()));
  select.bind(1, query.after_id);
  if (query.since_wall_ns) select.bind(2, *query.since_wall_ns);
  if (query.epoch) select.bind(3, std::int64_t{*query.epoch});
  if (query.kind) select.bind(4, *query.kind);
  select.bind(5, std::int64_t{std::clamp<std::uint32_t>(query.limit, 1, 100'000)});
  std::vector<StoredEvent> events;
  int code = select.step();
  for (; code == SQLITE_ROW; code = select.step()) {
    StoredEvent& stored = events.emplace_back();
    stored.id = select.integer(0);
    stored.event.guard_seq = static_cast<std::uint64_t>(select.integer(1));
    stored.event.kind = select.text(2);
    stored.event.code = select.text(3);
    stored.event.source = select.text(4);
    stored.event.detail = select.text(5);
    stored.event.epoch = static_cast<std::uint32_t>(select.integer(6));
    stored.event.boot_ns = select.integer(7);
    stored.event.wall_ns = select.integer(8);
    stored.event.boot_id = select.text(9);
    stored.event.data = select.text(10);
  }
  if (code != SQLITE_DONE) return std::unexpected(sentence(code));
  if (query.newest) std::reverse(events.begin(), events.end());
  return events;
}

std::expected<std::int64_t, std::string> JournalReader::one_number(const char* sql) {
  if (auto attached = attach(); !attached) return std::unexpected(attached.error());
  int code = SQLITE_OK;
  const std::int64_t value = sqlite::number(open_->connection.get(), sql, code);
  if (code != SQLITE_OK) return std::unexpected(sentence(code));
  return value;
}

std::expected<std::uint32_t, std::string> JournalReader::last_epoch() {
  const auto epoch = one_number("SELECT max(epoch) FROM event");
  if (!epoch) return std::unexpected(epoch.error());
  return static_cast<std::uint32_t>(*epoch);
}

std::expected<std::int64_t, std::string> JournalReader::last_id() {
  return one_number("SELECT max(id) FROM event");
}

}  // namespace standstill::record
