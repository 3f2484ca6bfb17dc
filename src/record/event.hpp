// One entry of the journal.
#pragma once

#include <cstdint>
#include <string>

namespace standstill::record {

struct Event {
  std::uint64_t guard_seq = 0;  // the guard ring's sequence number; 0 for events of the supervisor
  std::string kind;             // "trip", "link", "cause", "output", "operator", "journal", …
  std::string code;             // a cause code of the contract, or a word of the kind's own
  std::string source;           // the user's id of a link, watch or output; or "operator", "journal", …
  std::string detail;           // a sentence for people; cut at 4096 bytes
  std::uint32_t epoch = 0;
  std::int64_t boot_ns = 0;  // CLOCK_BOOTTIME when it happened
  std::int64_t wall_ns = 0;  // the same for people, ns since 1970 UTC; may jump
  std::string boot_id;       // which boot boot_ns counts from; empty: the recorder puts this boot's
  std::string data;          // a JSON text, or empty; above 256 KiB it is replaced by {"omitted_bytes":N}
};

struct StoredEvent {
  std::int64_t id = 0;  // position in the journal: grows, is never used twice, also after pruning
  Event event;
};

// /proc/sys/kernel/random/boot_id: another text after every boot of the machine; "unknown" where there is
// none.
[[nodiscard]] std::string this_boot_id();

}  // namespace standstill::record
