// The hazard table: for every process, cable and chip that can fail, who makes which output safe, by what,
// and in at most how many milliseconds; or NOT COVERED, with the remedy.
//
// Pure: a function of the configuration and of the plan compiled from it. Every figure is an upper bound that
// follows from a time-out of the plan. The bounds of stopped processes are those of real-time scheduling (or
// of an idle machine); a machine that grants no real time and is loaded adds its scheduler's delay
// (docs/architecture.md).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::supervise {

enum class Cover : std::uint8_t {
  covered,      // every output that concerns it becomes safe
  by_choice,    // the configuration says that nothing shall be cut
  not_covered,  // at least one output may stay energised
};
[[nodiscard]] std::string_view name(Cover cover);  // "covered", "by choice", "NOT COVERED"

// How one output becomes safe after one event. within = notice + stage + takeover + act.
struct HazardCut {
  std::string output;
  bool covered = true;
  std::string who;                   // "guard", "cutters", "guard and cutters"; empty where nobody
  config::milliseconds notice{0};    // until somebody knows
  config::milliseconds stage{0};     // its place in the sequence
  config::milliseconds takeover{0};  // the other cutter waits so long before it does it too
  config::milliseconds act{0};       // the device's own time, at most
  [[nodiscard]] config::milliseconds within() const { return notice + stage + takeover + act; }
};

struct Hazard {
  std::string part;   // "supervisor", "cutter 1", "link layout", "output relay", "machine" …
  std::string event;  // "is killed", "is stopped", "is unplugged" …
  std::string by;     // what notices, in words
  Cover cover = Cover::covered;
  std::vector<HazardCut> cuts;  // a row an output that switches something
  std::string remedy;           // what to do where something is not covered; else a remark, or empty

  // Longest of the covered cuts; 0 where there is none.
  [[nodiscard]] config::milliseconds within() const;
};

struct HazardTable {
  std::vector<Hazard> rows;
  std::vector<std::string>
      not_fail_safe;  // outputs that stay as they are when their cable or this machine is lost
};

[[nodiscard]] HazardTable hazard_table(const config::Config& config, const plan::Plan& plan);

// One loop of guard and cutters: a quarter of the heartbeat time-out, and never counted as less than 10 ms.
[[nodiscard]] config::milliseconds one_loop(const plan::Plan& plan);

// From a peer that falls silent to the first safe command: probe_ms + silence_ms + one loop.
[[nodiscard]] config::milliseconds silence_to_trip(const config::Link& link, const plan::Plan& plan);

[[nodiscard]] nlohmann::ordered_json to_json(const HazardTable& table);

}  // namespace standstill::supervise
