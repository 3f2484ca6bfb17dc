// Alarms that somebody has put aside until a time that he named: shelved for hours, or out of service for
// days.
//
// They are told to nobody and stand last on the page. Causes are none of them (S15): what trips, trips, and a
// trip, its acknowledgement and its reset are told whatever is shelved. Every one ends by itself; where the
// wall clock was set back behind its beginning it has ended too, because more noise is the safe side.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::supervise {

struct ShelvedAlarm {
  std::string source = {};  // the id of a link, watch or output
  bool out_of_service = false;
  std::int64_t at_wall_ns = 0;
  std::int64_t until_wall_ns = 0;
  std::string who = {};
  std::string reason = {};
};

// How long at most: whoever needs longer says so again.
[[nodiscard]] constexpr Duration longest_shelved(bool out_of_service) {
  return std::chrono::hours(out_of_service ? 24 * 30 : 24);
}

// Any thread. Changes are kept in STATE_DIR/shelved.json, so that they outlive the supervisor.
class ShelvedAlarms {
 public:
  // A file that cannot be read puts nothing aside.
  explicit ShelvedAlarms(const std::filesystem::path& state_dir);

  // Puts aside, anew where it was already. Blocks on the disk; an error has changed nothing.
  [[nodiscard]] std::expected<void, std::string> put(ShelvedAlarm alarm);
  // False: it was not put aside.
  [[nodiscard]] std::expected<bool, std::string> take_back(std::string_view source);

  [[nodiscard]] bool covers(std::string_view source, std::int64_t now_wall_ns) const;
  [[nodiscard]] std::vector<ShelvedAlarm> all(std::int64_t now_wall_ns) const;
  // Those that ended by themselves since the last call, for the journal.
  [[nodiscard]] std::vector<ShelvedAlarm> take_ended(std::int64_t now_wall_ns);

 private:
  [[nodiscard]] std::expected<void, std::string> change_to(std::vector<ShelvedAlarm> alarms);

  const std::filesystem::path file_;
  std::mutex writing_;        // one change at a time; never taken by the loop
  mutable std::mutex mutex_;  // of `alarms_`, held for a look or an exchange only
  std::vector<ShelvedAlarm> alarms_;
};

}  // namespace standstill::supervise
