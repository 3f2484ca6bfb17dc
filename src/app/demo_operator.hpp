// The operator of the demo: asks and tells its supervisor over the socket, as any command line does.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "terminal/client.hpp"

namespace standstill::app {

struct DemoSaid {
  bool done = false;
  std::vector<std::string> reasons;  // why not; sentences
  bool heard = false;                // somebody answered; else it may have been obeyed all the same
};

struct DemoDifference {
  std::string kind, id, field, before, now, advice;
};

// One event of the journal.
struct DemoEvent {
  std::int64_t id = 0, boot_ns = 0, value = -1;
  std::uint64_t epoch = 0;
  std::string kind, code, source, detail, clock;  // clock: "14:32:07", UTC as the journal has it
};

class DemoOperator {
 public:
  // `patience`: for one answer. The picture must not be held up as long as a person would wait.
  DemoOperator(const std::string& socket, std::string bearer, Duration patience = 4s)
      : client_(socket), bearer_(std::move(bearer)), patience_(patience) {}

  // What GET /api/v1/state answers; nothing when nobody does.
  [[nodiscard]] std::optional<nlohmann::ordered_json> state() const;
  [[nodiscard]] std::vector<DemoEvent> events(std::optional<std::uint64_t> epoch, int limit) const;
  [[nodiscard]] std::vector<std::string> why() const;
  // Of the newest snapshot with what is now; nothing when they cannot be compared yet, with the reason in
  // `why`.
  [[nodiscard]] std::optional<std::vector<DemoDifference>> compare(std::string& why) const;
  [[nodiscard]] std::string newest_snapshot() const;  // its id; empty: none
  // "acknowledge", "reset" and "start" about the current epoch.
  [[nodiscard]] DemoSaid acknowledge() const { return word("ack"); }
  [[nodiscard]] DemoSaid reset() const { return word("reset"); }
  [[nodiscard]] DemoSaid start() const { return word("start"); }
  [[nodiscard]] DemoSaid stop(const std::string& description) const;

 private:
  [[nodiscard]] DemoSaid word(const char* name) const;
  [[nodiscard]] nlohmann::ordered_json get(const std::string& path) const;  // discarded: no good answer

  terminal::Client client_;
  std::string bearer_;
  Duration patience_;
};

}  // namespace standstill::app
