// A second latch, written from the rules' text (S3 to S6, S10, "States" of the contract), not from the first
// one: it keeps everything that ever happened and answers every question by looking through all of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "kernel/latch.hpp"

namespace standstill::test {

struct LatchModel {
  struct Fact {
    int source;
    std::optional<Standing> standing;  // nothing: a momentary stop
    CauseCode code;
    Instant at;
  };

  std::string state = "tripped";
  Epoch epoch = 0;
  bool acknowledged = false;
  Instant settle_from{};     // a boot into `tripped` or a raised cause
  std::vector<Fact> facts;   // since this process started
  std::vector<Fact> causes;  // of this epoch; the first is the first-out
  int sources;
  Duration settle;

  LatchModel(int count, Duration settle_time) : sources(count), settle(settle_time) {}

  [[nodiscard]] Standing standing(int source) const {
    Standing last = Standing::unknown;
    for (const Fact& fact : facts)
      if (fact.source == source && fact.standing) last = *fact.standing;
    return last;
  }

  // "present or was within settle_ms": walks the whole past of one source and marks when it was, or may have
  // been, a cause.
  [[nodiscard]] bool settled(int source, Instant now) const {
    bool lasting = false;
    for (const Fact& fact : facts) {
      if (fact.source != source) continue;
      const bool was = lasting;
      if (!fact.standing) {
        if (fact.at > now - settle) return false;
        continue;
      }
      if (*fact.standing == Standing::present)
        lasting = true;
      else if (*fact.standing != Standing::unknown)
        lasting = false;  // an unknown end is no end
      if ((was || lasting) && fact.at > now - settle) return false;
    }
    return true;
  }

  void begin_epoch(const Fact& first) {
    ++epoch;
    state = "tripped";
    causes = {first};
  }
  bool cause(const Fact& fact) {
    acknowledged = false;
    settle_from = std::max(settle_from, fact.at);
    if (state != "tripped") {
      begin_epoch(fact);
      return true;
    }
    causes.push_back(fact);
    return false;
  }

  // --- what happens ---
  void boot(std::optional<LatchRecord> record, Instant now) {
    const std::vector<Fact> early = facts;
    causes.clear();
    settle_from = now;
    acknowledged = record && record->state != LatchState::running && record->acknowledged;
    if (!record) {
      epoch = 0;
      begin_epoch({-1, {}, CauseCode::no_record, now});
    } else {
      epoch = record->epoch;
      state = name(record->state);
      if (state == "running")
        begin_epoch({-1, {}, CauseCode::unclean_end, now});
      else
        causes = {{-1, {}, record->first_out.code, record->first_out.at}};
    }
    for (int source = 0; source < sources; ++source)
      for (const Fact& fact : early)
        if (fact.source == source && fact.standing == Standing::present) cause(fact);
  }
  bool report(const Fact& fact) {
    const Standing before = standing(fact.source);
    CauseCode last = CauseCode::none;
    for (const Fact& old : facts)
      if (old.source == fact.source && (!old.standing || old.standing == Standing::present)) last = old.code;
    facts.push_back(fact);
    if (fact.standing != Standing::present) return false;
    if (before == Standing::present && last == fact.code) return false;
    return cause(fact);
  }
  bool stop(const Fact& fact) {
    facts.push_back(fact);
    return cause(fact);
  }
  void forget(int source, Instant now) {
    if (standing(source) != Standing::present)
      facts.push_back({source, Standing::unknown, CauseCode::none, now});
  }
  void ease() {
    if (state == "running") state = "ready";
  }
  void raise_epoch(Epoch floor) {
    if (state != "tripped" || floor < epoch) return;
    epoch = floor + 1;
    acknowledged = false;
  }

  // --- what operators say ---
  Refusal acknowledge(Epoch named) {
    if (named != epoch) return Refusal::wrong_epoch;
    if (state != "tripped") return Refusal::wrong_state;
    acknowledged = true;
    return Refusal::none;
  }
  [[nodiscard]] Refusal blockers(Instant now) const {
    Refusal all = Refusal::none;
    for (int source = 0; source < sources; ++source) {
      if (standing(source) == Standing::present) all |= Refusal::cause_present;
      if (standing(source) == Standing::unknown) all |= Refusal::source_unknown;
      if ((standing(source) == Standing::clear || standing(source) == Standing::closed) &&
          !settled(source, now))
        all |= Refusal::settling;
    }
    return all;
  }
  Refusal reset(Epoch named, Instant now) {
    if (named != epoch) return Refusal::wrong_epoch;
    if (state != "tripped") return Refusal::wrong_state;
    Refusal all = blockers(now);
    if (!acknowledged) all |= Refusal::not_acknowledged;
    if (settle_from > now - settle) all |= Refusal::settling;
    if (all == Refusal::none) state = "ready";
    return all;
  }
  Refusal start(Epoch named, Instant now, Refusal more) {
    if (named != epoch) return Refusal::wrong_epoch;
    if (state != "ready") return Refusal::wrong_state;
    Refusal all = blockers(now) | more;
    for (int source = 0; source < sources; ++source)
      if (standing(source) == Standing::closed) all |= Refusal::link_closed;
    if (all == Refusal::none) state = "running";
    return all;
  }
};

}  // namespace standstill::test
