// The recorder's thread: takes events from the queue in batches, commits, reports. Internal to src/record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/journal_database.hpp"
#include "record/journal_shared.hpp"

namespace standstill::record {

class JournalWriter {
 public:
  explicit JournalWriter(JournalShared& shared);
  void run();  // until the owner stops it and everything that can be written is

 private:
  void wait(Duration longest);
  void fill_batch();
  bool make_ready();  // an open, sound database
  bool write_batch();
  bool start_anew();  // after damage
  void committed();
  void degrade(const std::string& reason);
  void now_ok();
  void prune_if_due();
  void call_health(const JournalHealth& health);
  Event own_event(const char* code, std::string detail, std::string data) const;

  JournalShared& shared_;
  JournalDatabase database_;
  std::string boot_id_;
  std::vector<Event> batch_;       // tickets ticket_ - n + 1 … ticket_, plus events of the recorder's own
  std::vector<Event> own_;         // about the journal itself; go with the next batch
  std::uint64_t ticket_ = 0;       // the last one taken from the queue
  std::uint64_t lost_ = 0;         // noticed, not yet written about
  std::uint64_t lost_behind_ = 0;  // the ticket after which they were lost
  std::optional<Instant> degraded_at_;
  Duration retry_{};
  Instant prune_at_;
};

}  // namespace standstill::record
