// The little of SQLite's C interface that the journal uses, with owners. Internal to src/record.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace standstill::record::sqlite {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

// A prepared statement. Results are SQLite's codes; SQLITE_ROW and SQLITE_DONE are the good ends of step().
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* connection, std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    code_ = sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    statement_.reset(raw);
  }
  [[nodiscard]] bool good() const { return code_ == SQLITE_OK && statement_ != nullptr; }
  [[nodiscard]] int prepare_code() const { return code_; }
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }
  // The text must live until step() returned.
  void bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  [[nodiscard]] int step() { return good() ? sqlite3_step(statement_.get()) : code_; }
  void reset() { sqlite3_reset(statement_.get()); }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = sqlite3_column_blob(statement_.get(), column);
    const int length = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string{}
                            : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  int code_ = SQLITE_MISUSE;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

[[nodiscard]] inline int run(sqlite3* connection, const char* sql) {
  return sqlite3_exec(connection, sql, nullptr, nullptr, nullptr);
}

// The first column of the first row as a number; `otherwise` when there is no row. Errors go to `code`.
[[nodiscard]] inline std::int64_t number(sqlite3* connection, std::string_view sql, int& code,
                                         std::int64_t otherwise = 0) {
  Statement query(connection, sql);
  const int result = query.step();
  if (result == SQLITE_ROW) return query.integer(0);
  if (result != SQLITE_DONE) code = result;
  return otherwise;
}

}  // namespace standstill::record::sqlite
