// What the HTTP server needs of the supervisor. The supervisor implements it; tests put something simple in
// its place.
//
// Threads: alive() and stop() are called on the server's I/O thread and must return at once (no disk, no
// network, no waiting for the loop). verify() runs on a thread of its own, and so does what changes() made;
// everything else on a pool of two; those may block, each for a bounded time (suggested: 5 s, then an Outcome
// of 503). All may be called at the same moment. JSON is handed over as text, so that no caller has to hold
// two copies of a large document.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/cause.hpp"
#include "terminal/changes.hpp"

namespace standstill::terminal {

struct Outcome {
  int status =
      200;  // an HTTP status: 200; 404 unknown id; 409 refused, body {"error","reasons":[…]}; 503 busy
  std::string body = {};  // a JSON document
};

enum class Role : std::uint8_t { viewer, operator_, engineer };
inline constexpr std::array<std::string_view, 3> role_names{"viewer", "operator", "engineer"};
[[nodiscard]] constexpr std::string_view name(Role role) {
  return role_names[static_cast<std::size_t>(role)];
}
enum class Word : std::uint8_t { ack, reset, start };

struct Caller {
  std::string operator_name = {};  // empty when nobody logged in
  std::string peer = {};           // "127.0.0.1", or "uid 1000" over the unix socket
  bool local = false;              // over the unix socket

  // As people find it in journal and reports: the operator, else the peer.
  [[nodiscard]] const std::string& who() const { return operator_name.empty() ? peer : operator_name; }
};

struct StopRequest {
  CauseCode reason = CauseCode::operator_command;
  std::string description = {};            // at most 400 bytes
  std::string initiator = {};              // what the caller calls itself, else its peer name
  std::vector<std::string> warnings = {};  // what was wrong with the request; it trips all the same (S9)
  Caller caller = {};
};

struct JournalQuery {
  std::string since = {};  // as typed: RFC 3339 or "10m"; the backend refuses with 400 what it cannot read
  std::string kind = {};   // only events of it: "drill"; empty: of all
  std::optional<std::uint64_t> epoch = {};
  std::optional<std::uint64_t> after =
      {};                      // only events with a larger sequence number: how `log --follow` polls
  std::uint32_t limit = 1000;  // 1 to 10000
};

// Puts an alarm aside, so that it is told to nobody: shelved, or out of service. Never a cause (S15).
struct ShelveRequest {
  std::string source = {};  // the id of a link, watch or output
  bool out_of_service = false;
  std::uint32_t minutes = 0;
  std::string reason = {};  // 1 to 200 bytes
};

struct Readiness {
  std::string name = {};  // "guard", "journal", "link layout", …
  bool ok = false;
  std::string detail = {};  // a sentence
};

class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual bool alive() = 0;  // the loop has turned lately
  [[nodiscard]] virtual Outcome stop(const StopRequest& request) = 0;

  [[nodiscard]] virtual std::vector<Readiness> readiness() = 0;
  [[nodiscard]] virtual std::string metrics() = 0;  // Prometheus text
  [[nodiscard]] virtual Outcome state() = 0;
  [[nodiscard]] virtual Outcome word(Word word, std::uint64_t epoch, const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome journal(const JournalQuery& query) = 0;
  [[nodiscard]] virtual Outcome snapshots() = 0;
  // An id as snapshots() lists it, or "live": the plant as it is now, in the shape of a snapshot.
  [[nodiscard]] virtual Outcome snapshot(const std::string& id) = 0;
  [[nodiscard]] virtual Outcome take_snapshot(const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome compare(const std::string& id,
                                        const std::string& other) = 0;  // other "": live
  [[nodiscard]] virtual Outcome why() = 0;
  [[nodiscard]] virtual Outcome checklist(
      const std::string& snapshot_id) = 0;  // "": the newest of this epoch
  [[nodiscard]] virtual Outcome tags() = 0;
  [[nodiscard]] virtual Outcome health(bool plant) = 0;  // {"healthy":bool,"reasons":[…]}
  [[nodiscard]] virtual Outcome links() = 0;
  [[nodiscard]] virtual Outcome visitors() = 0;  // what the page for visitors says, where it is not the usual
  [[nodiscard]] virtual Outcome alerts() = 0;
  [[nodiscard]] virtual Outcome test_alert(const std::string& id, const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome shelve(const ShelveRequest& request, const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome unshelve(const std::string& source, const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome trend(const std::string& link_dot_tag) = 0;  // of the last hour
  [[nodiscard]] virtual Outcome
  rehearsal() = 0;  // which simulated peers there are, and what each can be told
  [[nodiscard]] virtual Outcome rehearse(const std::string& peer, const std::string& command,
                                         const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome reports() = 0;  // of drills and proof tests, and what is due
  [[nodiscard]] virtual Outcome report(const std::string& id) = 0;
  [[nodiscard]] virtual Outcome drill(const std::string& link,
                                      const Caller& caller) = 0;  // "": the first critical
  [[nodiscard]] virtual Outcome prooftest(const std::string& output, const Caller& caller) = 0;  // "": all
  [[nodiscard]] virtual Outcome send(const std::string& link, const std::string& command,
                                     const Caller& caller) = 0;

  [[nodiscard]] virtual Outcome engine(const std::string& link) = 0;  // values, shutdown, variables, log
  [[nodiscard]] virtual Outcome stop_engine(const std::string& link, const Caller& caller) = 0;
  [[nodiscard]] virtual Outcome write_variable(const std::string& link, std::uint32_t cv,
                                               const std::string& value, const Caller& caller) = 0;

  // False: verify() would refuse. Soon known, so that guesses never stand in the way of an operator.
  [[nodiscard]] virtual bool could_be(const std::string& name, const std::string& secret) = 0;
  // Constant time for names known and unknown; nullopt: wrong name or secret.
  [[nodiscard]] virtual std::optional<Role> verify(const std::string& name, const std::string& secret) = 0;
  // Of one who signed in before: nullopt when there is no such operator any more.
  [[nodiscard]] virtual std::optional<Role> role_of(const std::string& name) = 0;

  [[nodiscard]] virtual std::unique_ptr<Changes> changes() = 0;
};

}  // namespace standstill::terminal
