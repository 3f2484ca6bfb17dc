// What supervisor and guard say to each other over state_dir/guard.sock: SOCK_SEQPACKET, one fixed-size
// message a packet, in the byte order of the machine (it never leaves it). Whatever has another size, magic
// or version is refused.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernel/cause.hpp"
#include "kernel/latch.hpp"
#include "kernel/standing.hpp"

namespace standstill::permit {

inline constexpr std::uint32_t magic = 0x53544431;  // "STD1"
inline constexpr std::size_t max_outputs = 32;
inline constexpr std::size_t max_sources = 128;

enum class Type : std::uint8_t {
  // supervisor → guard
  hello = 1,  // first message of a connection
  permit,    // sign of life; sent by the loop that evaluates the watches, and only when it evaluated them all
  report,    // how a source stands
  word,      // acknowledge, reset, start, stop
  ease,      // outputs safe quietly (goodbye)
  readback,  // what the supervisor sees of a `tag` read-back
  sent,      // a stage's command went out (or could not)
  command,   // a commandable output, while running
  bye,       // clean end of the supervisor: outputs safe, no cause
  quit,      // bye, and the guard ends too
  replan,    // read the plan again (refused unless safe)
  // guard → supervisor
  welcome = 64,  // answer to hello; carries the cut page's descriptor
  state,         // the whole state, on every change and at least once a second
  cause,         // one cause of this epoch
  event,         // one entry of the guard's ring
  answer,        // to a word
  stage,         // time to send this stage's command
};

enum class Word : std::uint8_t { stop, acknowledge, reset, start };
enum class OutputState : std::uint8_t { safe, run };
enum class ReadbackState : std::uint8_t { none, unconfirmed, confirmed, failed };

inline constexpr std::array<std::string_view, 4> word_names{"stop", "ack", "reset", "start"};
inline constexpr std::array<std::string_view, 4> readback_names{"none", "unconfirmed", "confirmed", "failed"};

using OperatorName = FixedText<40>;

struct Hello {
  std::uint32_t pid;
  std::uint64_t plan_hash;
  Epoch journal_epoch;         // the highest epoch the journal or bus remembers
  std::uint64_t events_after;  // ring sequence already recorded; 0: from the oldest kept
  std::uint64_t events_boot;   // the guard's boot nonce that this sequence belongs to
};
struct PermitBody {
  std::uint64_t sequence;
  std::int64_t sent_ns;
  std::uint64_t plan_hash;
};
struct Report {
  SourceIndex source;
  Standing standing;
  CauseCode code;
  std::int64_t at_ns;
  std::int64_t wall_ns;
  CauseDetail detail;
};
struct WordBody {
  Word word;
  CauseCode code;  // stop only
  Epoch epoch;
  std::uint64_t id;  // echoed in the answer
  std::int64_t sent_ns;
  OperatorName who;
  CauseDetail detail;
};
struct ReadbackBody {
  std::uint8_t output;
  std::uint8_t safe;   // 1: the tag shows safe
  std::uint8_t good;   // 0: no good value
  std::int64_t at_ns;  // when the tag was read
};
struct SentBody {
  std::uint8_t stage;
  std::uint8_t ok;
};
struct CommandBody {
  std::uint8_t output;
  std::uint8_t run;
};
struct OutputInfo {
  OutputState commanded;
  ReadbackState readback;
  std::uint8_t reachable;
  std::int32_t commanded_ms;  // after the trip; -1: not since
  std::int32_t confirmed_ms;  // after the trip; -1: not yet
};
struct StateBody {
  LatchState state;
  std::uint8_t acknowledged, realtime, memory_locked, cutters_alive, stage, stages;
  std::uint8_t first_out_present, has_first_out;
  std::uint8_t source_count, output_count;
  Epoch epoch;
  std::uint32_t pid;
  std::uint64_t plan_hash;
  std::uint64_t boot_nonce;
  std::int64_t permit_age_ns;  // -1: none yet
  std::int64_t tripped_at_ns;  // boot time of this epoch's trip; 0: before this guard's boot
  std::int64_t cut_done_ns;    // boot time when every 0 ms output was commanded; 0: none
  CauseCode first_out_code;
  std::int64_t first_out_at_ns, first_out_wall_ns;
  SourceName first_out_source;
  CauseDetail first_out_detail;
  std::array<Standing, max_sources> standing;
  std::array<std::uint8_t, max_sources> settled;  // 1: the settle time of this source has passed
  std::array<OutputInfo, max_outputs> outputs;
};
struct CauseBody {
  SourceIndex source;
  CauseCode code;
  std::uint8_t present;
  Epoch epoch;
  std::int64_t at_ns, wall_ns;
  SourceName name;
  CauseDetail detail;
};
enum class EventKind : std::uint8_t {
  guard_started,
  trip,
  cause,
  cause_gone,
  acknowledged,
  reset,
  started,
  eased,
  refused,
  output_commanded,
  output_confirmed,
  output_failed,
  escalated,
  cutter_lost,
  cutter_started,
  supervisor_connected,
  supervisor_gone,
  stage,
  latch_not_written,
  proof,
  watchdog,  // signs of life are withheld from a watchdog device, or given again
};
inline constexpr std::array<std::string_view, 21> event_kind_names{"guard_started",
                                                                   "trip",
                                                                   "cause",
                                                                   "cause_gone",
                                                                   "ack",
                                                                   "reset",
                                                                   "start",
                                                                   "eased",
                                                                   "refused",
                                                                   "output_commanded",
                                                                   "output_confirmed",
                                                                   "output_failed",
                                                                   "escalated",
                                                                   "cutter_lost",
                                                                   "cutter_started",
                                                                   "supervisor_connected",
                                                                   "supervisor_gone",
                                                                   "stage",
                                                                   "latch_not_written",
                                                                   "proof",
                                                                   "watchdog"};
struct EventBody {
  std::uint64_t sequence;  // of the guard's ring, from 1
  std::uint64_t boot_nonce;
  EventKind kind;
  CauseCode code;
  Epoch epoch;
  std::int64_t at_ns, wall_ns;
  std::int64_t value;  // kind-specific: milliseconds after the trip, pid, refusal bits
  SourceName source;
  CauseDetail detail;
};
struct AnswerBody {
  Word word;
  Refusal refusal;  // none: done
  std::uint64_t id;
  Epoch epoch;
  LatchState state;
};
struct StageBody {
  std::uint8_t stage;
  Epoch epoch;
};

struct Message {
  std::uint32_t magic_number = magic;
  Type type{};
  std::array<std::byte, 1528> body{};

  template <class Body>
  static Message of(Type type, const Body& content) {
    static_assert(std::is_trivially_copyable_v<Body> && sizeof(Body) <= sizeof(body));
    Message made;
    made.type = type;
    std::memcpy(made.body.data(), &content, sizeof content);
    return made;
  }
  template <class Body>
  [[nodiscard]] Body as() const {
    static_assert(std::is_trivially_copyable_v<Body> && sizeof(Body) <= sizeof(body));
    Body content;
    std::memcpy(&content, body.data(), sizeof content);
    return content;
  }
};
static_assert(std::is_trivially_copyable_v<Message>);
static_assert(sizeof(StateBody) <= 1528);

}  // namespace standstill::permit
