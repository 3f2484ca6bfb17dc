// The recovery procedure for this plant: what to do, in which order, what to look at, and what is known of
// it.
//
// Pure: a function of what is handed in. The order is the point: power proved off before anybody reaches onto
// the layout, positions compared before acknowledging, because the restarted server believes what it last
// saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace standstill::record {

struct ChecklistOutput {
  std::string id;
  std::string kind;       // "gpio", "serial", …
  std::string commanded;  // "safe", "run"; empty: not known
  std::string readback;   // "confirmed", "unconfirmed", "failed", "none"; empty: not known
  std::string how;        // how its safe state is proved, in words: "read-back line 27 low"; empty: by eye
};

struct ChecklistLink {
  std::string id;
  std::string kind;
  std::string state;    // the words of link::State; empty: not known
  std::string address;  // "192.168.0.5:8051"; may be empty
  bool critical = true;
};

struct ChecklistDifference {
  std::string kind;  // "sw", "lc", …
  std::string id;
  std::string field;
  std::string before;  // in the snapshot
  std::string now;
  std::string advice;
};

struct ChecklistPlant {
  std::string site;
  std::string state;  // "tripped", "ready", "running"; empty: no supervisor answered, so nothing is known
  std::uint32_t epoch = 0;
  bool acknowledged = false;
  std::string cause;  // the first-out, a sentence; empty: none known
  std::string snapshot_id;
  std::vector<ChecklistOutput> outputs;
  std::vector<ChecklistLink> links;
  std::vector<std::string> blockers;  // why a reset would be refused now, a sentence each
  bool compared = false;              // `differences` is the result of a comparison, also when it is empty
  std::vector<ChecklistDifference> differences;
};

enum class Known : std::uint8_t {
  measured,
  believed,
  unknown
};  // by a read-back; by what somebody reported; not
[[nodiscard]] std::string_view name(Known known);

struct ChecklistItem {
  std::string text;
  std::string system_says;  // empty: nothing
  Known known = Known::unknown;
  bool needs_attention = false;
};

struct ChecklistStep {
  int number = 0;  // from 1
  std::string title;
  std::string look_at;
  std::string command;  // what to type; empty: nothing to type
  std::vector<ChecklistItem> items;
};

struct Checklist {
  std::string title;
  std::vector<std::string> preface;
  std::vector<ChecklistStep> steps;
};

// `snapshot`: a document in the contract's shape, or null for none; fields that lack or have a wrong type are
// shown as "not known", never as a number.
[[nodiscard]] Checklist recovery_checklist(const ChecklistPlant& plant, const nlohmann::json& snapshot);

// Plain text to print: a box to tick an item, lines of at most `width` columns (at least 40), a line for a
// signature.
[[nodiscard]] std::string to_text(const Checklist& list, std::size_t width = 80);
[[nodiscard]] nlohmann::json to_json(const Checklist& list);

}  // namespace standstill::record
