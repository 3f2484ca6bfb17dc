// Reading the journal: from any thread or process, while the recorder writes, without holding it up.
//
// One reader belongs to one thread at a time. Works on a journal whose supervisor does not run, and on a
// copy.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "record/event.hpp"

namespace standstill::record {

struct JournalQuery {
  std::optional<std::int64_t> since_wall_ns{};  // events at or after this wall time
  std::optional<std::uint32_t> epoch{};
  std::optional<std::string> kind{};
  bool of_guard = false;       // only what the guard said, which has its ring's numbers
  std::int64_t after_id = 0;   // to follow: the id of the last event that was read
  std::uint32_t limit = 1000;  // 1 to 100 000; more is cut to that
  bool newest = false;         // the last `limit` ones instead of the first; oldest first all the same
};

class JournalReader {
 public:
  // Fails with a sentence when there is no journal, or it cannot be read.
  [[nodiscard]] static std::expected<JournalReader, std::string> open(const std::filesystem::path& file);
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;
  ~JournalReader();

  [[nodiscard]] std::expected<std::vector<StoredEvent>, std::string> read(const JournalQuery& query);
  // The highest epoch that any event names; 0 for none. For the boot that finds no latch record.
  [[nodiscard]] std::expected<std::uint32_t, std::string> last_epoch();
  [[nodiscard]] std::expected<std::int64_t, std::string> last_id();  // 0 for none

 private:
  struct Open;
  explicit JournalReader(std::filesystem::path file);
  [[nodiscard]] std::expected<void, std::string> attach();
  [[nodiscard]] std::expected<std::int64_t, std::string> one_number(const char* sql);
  [[nodiscard]] std::string sentence(int code) const;

  std::filesystem::path file_;
  std::unique_ptr<Open> open_;
};

}  // namespace standstill::record
