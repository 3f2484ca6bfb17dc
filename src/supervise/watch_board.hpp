// The configured watches that read tags or links: evaluated on every permit, each answering how its source
// stands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "kernel/latch.hpp"
#include "kernel/watch_frozen.hpp"
#include "kernel/watch_health.hpp"
#include "kernel/watch_limit.hpp"
#include "kernel/watch_silence.hpp"
#include "link/status.hpp"
#include "link/tags.hpp"
#include "supervise/plan_compiler.hpp"

namespace standstill::supervise {

// How the silence watch sees a link's state.
[[nodiscard]] LinkStanding standing_of(link::State state);

class WatchBoard {
 public:
  // `decided` comes first, without words, so that whoever cuts can do so before anything is formatted (S1).
  struct Listener {
    std::function<void(SourceIndex source, const Finding& finding)> decided;
    std::function<void(SourceIndex source, const Verdict& verdict)> told;
    std::function<void(const std::string& watch, bool warns, const std::string& detail)> warned;
  };
  // Looks up when a link was last heard: a value that is only reported on change is as old as that.
  using LastHeard = std::function<Instant(const std::string& link)>;

  WatchBoard(const config::Config& config, const CompiledPlan& plan, link::TagTable& tags,
             LastHeard last_heard, Listener listener);

  void evaluate(Instant now);
  void link_changed(const std::string& id, link::State state, Instant now);  // for `silence` watches
  void tell_all_again() {                                                    // a new guard knows nothing
    for (auto& row : rows_) row.told = false;
  }
  [[nodiscard]] Sample sample(link::TagTable::Id tag) const;

 private:
  struct Silence {
    std::string link;
    SilenceWatch watch;
    Duration lasting;
    LinkStanding standing = LinkStanding::dialing;
    Instant bad_since = never;
  };
  struct HealthRule {
    link::TagTable::Id tag;
    bool healthy;
    Duration stale;
    HealthWatch watch;
  };
  struct LimitRule {
    link::TagTable::Id tag;
    LimitWatch watch;
  };
  struct FrozenRule {
    link::TagTable::Id tag;
    FrozenWatch watch;
  };
  struct Row {
    std::string id;
    SourceIndex source;
    std::variant<LimitRule, FrozenRule, HealthRule, Silence> rule;
    bool told = false;
    Finding last{};
  };
  Finding judge(Row& row, Instant now);
  [[nodiscard]] Instant awaited(const std::string& link) const;
  [[nodiscard]] static CauseDetail words(const Row& row);

  link::TagTable& tags_;
  LastHeard last_heard_;
  Listener listener_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, Instant>
      awaited_;  // by link: online, or known to be lost, for the first time
};

}  // namespace standstill::supervise
