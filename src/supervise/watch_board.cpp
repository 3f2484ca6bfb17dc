#include "supervise/watch_board.hpp"

#include <algorithm>

namespace standstill::supervise {

namespace {
constexpr Duration first_value_within = LimitSettings{}.first_within;
}

static_assert(static_cast<int>(SampleQuality::refused) == static_cast<int>(link::Quality::refused));

LinkStanding standing_of(link::State state) {
  switch (state) {
    case link::State::online:
      return LinkStanding::online;
    case link::State::closed:
      return LinkStanding::closed;
    case link::State::dialing:
    case link::State::probing:
      return LinkStanding::dialing;
    case link::State::silent:
    case link::State::lost:
    case link::State::suspended:
      break;
  }
  return LinkStanding::lost;
}

WatchBoard::WatchBoard(const config::Config& config, const CompiledPlan& plan, link::TagTable& tags,
                       LastHeard last_heard, Listener listener)
    : tags_(tags), last_heard_(std::move(last_heard)), listener_(std::move(listener)) {
  for (const auto& watch : config.watches) {
    const auto source = plan.watches.find(watch.id);
    if (source == plan.watches.end()) continue;
    const auto declare = [&](const config::TagReference& tag) { return tags_.declare(tag.link, tag.tag); };
    if (const auto* limit = std::get_if<config::LimitWatch>(&watch.rule)) {
      LimitSettings set;
      set.tag.assign(limit->source.text());
      set.high = limit->high;
      set.low = limit->low;
      set.hysteresis = limit->hysteresis;
      set.lasting = limit->lasts;
      set.max_age = limit->stale;
      (limit->high ? set.warn_high : set.warn_low) = limit->warn;
      if (limit->valid) {
        set.valid_low = limit->valid->lowest;
        set.valid_high = limit->valid->highest;
      }
      rows_.push_back(
          {watch.id, source->second, LimitRule{declare(limit->source), LimitWatch(set)}, false, {}});
    } else if (const auto* frozen = std::get_if<config::FrozenWatch>(&watch.rule)) {
      FrozenSettings set;
      set.tag.assign(frozen->source.text());
      set.changes_within = frozen->changes_within;
      rows_.push_back(
          {watch.id, source->second, FrozenRule{declare(frozen->source), FrozenWatch(set)}, false, {}});
    } else if (const auto* health = std::get_if<config::HealthWatch>(&watch.rule)) {
      HealthSettings set;
      set.subject.assign(health->source.text());
      set.lasting = health->lasts;
      set.code = cause_code(health->code).value_or(CauseCode::device_fault);
      rows_.push_back({watch.id,
                       source->second,
                       HealthRule{declare(health->source), health->healthy, health->stale, HealthWatch(set)},
                       false,
                       {}});
    } else if (const auto* silence = std::get_if<config::SilenceWatch>(&watch.rule)) {
      SilenceSettings set;
      set.link.assign(silence->link);
      rows_.push_back(
          {watch.id,
           source->second,
           Silence{silence->link, SilenceWatch(set), silence->lasts, LinkStanding::dialing, never},
           false,
           {}});
    }
  }
}

Sample WatchBoard::sample(link::TagTable::Id id) const {
  const link::Tag& tag = tags_.get(id);
  Sample made{tag.value, static_cast<SampleQuality>(tag.quality), tag.at};
  // A peer that reports changes only vouches for its last word each time it is heard.
  if (made.quality == SampleQuality::good) made.at = std::max(made.at, last_heard_(tag.link));
  if (tag.at == Instant{}) made.awaited = awaited(tag.link);
  return made;
}

Finding WatchBoard::judge(Row& row, Instant now) {
  if (auto* limit = std::get_if<LimitRule>(&row.rule)) return limit->watch.judge(now, sample(limit->tag));
  if (auto* frozen = std::get_if<FrozenRule>(&row.rule)) {
    // Here only a fresh reading counts: that it was heard from says nothing about its counter.
    const link::Tag& tag = tags_.get(frozen->tag);
    return frozen->watch.judge(now, {tag.value, static_cast<SampleQuality>(tag.quality), tag.at,
                                     tag.at == Instant{} ? awaited(tag.link) : Instant{}});
  }
  if (auto* health = std::get_if<HealthRule>(&row.rule)) {
    const Sample read = sample(health->tag);
    const bool fresh =
        read.quality == SampleQuality::good && now - read.at <= health->stale && is_finite(read.value);
    const bool good = (read.value > 0.5 || read.value < -0.5) == health->healthy;
    return health->watch.judge(now, overdue(read, now, first_value_within) ? Health::overdue
                                    : !fresh                               ? Health::unreported
                                    : good                                 ? Health::healthy
                                                                           : Health::unhealthy);
  }
  auto& silence = std::get<Silence>(row.rule);
  Finding finding = silence.watch.judge(now, silence.standing);
  if (finding.standing != Standing::present) {
    silence.bad_since = never;
  } else {
    if (silence.bad_since == never) silence.bad_since = now;
    if (now - silence.bad_since < silence.lasting) finding = {Standing::clear, CauseCode::none, true};
  }
  return finding;
}

CauseDetail WatchBoard::words(const Row& row) {
  if (const auto* limit = std::get_if<LimitRule>(&row.rule)) return limit->watch.detail();
  if (const auto* frozen = std::get_if<FrozenRule>(&row.rule)) return frozen->watch.detail();
  if (const auto* health = std::get_if<HealthRule>(&row.rule)) return health->watch.detail();
  return std::get<Silence>(row.rule).watch.detail();
}

void WatchBoard::evaluate(Instant now) {
  for (Row& row : rows_) {
    const Finding finding = judge(row, now);
    if (row.told && finding == row.last) continue;
    const bool warn_changed = finding.warn != row.last.warn;
    row.told = true;
    row.last = finding;
    listener_.decided(row.source, finding);
    const CauseDetail detail =
        finding.standing == Standing::clear && !finding.warn ? CauseDetail{} : words(row);
    listener_.told(row.source, {finding.standing, finding.code, detail, finding.warn});
    if (warn_changed) listener_.warned(row.id, finding.warn, std::string(detail.view()));
  }
}

// From then on a value can come, or can be known not to.
Instant WatchBoard::awaited(const std::string& link) const {
  const auto since = awaited_.find(link);
  return since == awaited_.end() ? Instant{} : since->second;
}

void WatchBoard::link_changed(const std::string& id, link::State state, Instant now) {
  if (const auto standing = standing_of(state);
      standing == LinkStanding::online || standing == LinkStanding::lost)
    awaited_.try_emplace(id, now);
  bool mine = false;
  for (Row& row : rows_) {
    auto* silence = std::get_if<Silence>(&row.rule);
    if (silence == nullptr || silence->link != id) continue;
    silence->standing = standing_of(state);
    mine = true;
  }
  if (mine) evaluate(now);
}

}  // namespace standstill::supervise
