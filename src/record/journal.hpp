// The journal's recorder: a thread of its own that owns journal.db, so that a slow, full or broken disk
// delays no cut, no permit and no watch (S14), and nothing that was acknowledged as written is ever lost
// (S13).
//
//   Recorder recorder({.file = state_dir / "journal.db"});
//   auto ticket = recorder.submit({.kind = "trip", …});    // from any thread; never waits
//   recorder.written_up_to() >= ticket                     // it is on the disk
//
// While the disk refuses, events wait in memory (bounded) and health() says `degraded` and why; writing
// resumes by itself. What no longer fits is counted, and the journal gets an event "journal_lost_events" in
// its place. A damaged journal.db is moved aside as journal.db.corrupt-<UTC date> and a new one begun
// ("journal_moved_aside").
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "record/event.hpp"
#include "record/journal_limits.hpp"

namespace standstill::record {

enum class JournalState : std::uint8_t { starting, ok, degraded };
[[nodiscard]] std::string_view name(JournalState state);  // "starting", "ok", "degraded"

struct JournalHealth {
  JournalState state = JournalState::starting;
  std::string reason;  // why degraded: a sentence with what to do; empty otherwise
  std::int64_t since_wall_ns = 0;
  std::uint64_t written = 0;      // events committed since start
  std::uint64_t waiting = 0;      // accepted, not yet committed
  std::uint64_t lost = 0;         // refused because memory was full, since start
  std::uint64_t moved_aside = 0;  // damaged databases since start
};

struct JournalShared;

class Recorder {
 public:
  using Ticket = std::uint64_t;  // 1, 2, 3 … in the order of writing; 0: lost

  struct Settings {
    std::filesystem::path file;            // journal.db; its folder must exist
    std::size_t queue_events = 16'384;     // rounded up to a power of two
    std::size_t queue_bytes = 16U << 20U;  // text of all waiting events together
    JournalLimits limits;
    Duration first_retry = 250ms;  // after a failed write; doubles up to last_retry
    Duration last_retry = 5s;
    Duration prune_every = 1h;
    Duration close_within = 3s;  // how long the destructor waits for a disk that hangs
    // Both run in the recorder's thread, must return at once, and are not called after the destructor
    // returned.
    std::function<void(Ticket)> on_written;               // everything up to this ticket is on the disk
    std::function<void(const JournalHealth&)> on_health;  // the state or its reason changed
  };

  explicit Recorder(Settings settings);
  // Writes what waits, then ends; gives up on a failing or hanging disk after close_within.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Lock-free: no wait, no disk. An empty boot_id is filled in by the recorder. Fill in boot_ns and wall_ns.
  Ticket submit(Event event) noexcept;
  [[nodiscard]] Ticket written_up_to() const;
  // True when the ticket is on the disk; false when `longest` passed or the ticket is 0. Not for the loop.
  [[nodiscard]] bool wait_written(Ticket ticket, Duration longest) const;
  // A copy; a short lock that the recorder never holds while it uses the disk or calls anybody.
  [[nodiscard]] JournalHealth health() const;

 private:
  std::shared_ptr<JournalShared> shared_;  // outlives the recorder when a disk hangs
};

}  // namespace standstill::record
