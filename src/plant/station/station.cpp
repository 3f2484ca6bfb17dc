#include "plant/station/station.hpp"

#include <algorithm>

namespace standstill::station {

namespace {
constexpr std::size_t most_pending = 4;
constexpr Duration again_after = 200ms;
// The latch is asked for every second: a server that answers only something else is not the bus.
constexpr Duration read_late = 2s;
// Nobody can look and release within so long: the stop that was told stands for this one, too.
constexpr Duration one_stop = 500ms;

// Raised by a start, or by what makes one necessary: nobody stopped, and it is over when the start is.
constexpr bool of_a_start(CauseCode code) {
  return code == CauseCode::none || code == CauseCode::unclean_end || code == CauseCode::no_record ||
         code == CauseCode::resumed || code == CauseCode::supervisor_lost || code == CauseCode::guard_lost;
}
}  // namespace

std::string in_words(const estop::HeardStop& heard) {
  if (!heard.unreadable.empty())
    return "a message on the stop channel could not be read, so it is a stop: " + heard.unreadable;
  std::string text = "stopped by " + heard.instance + ": " + std::string(name(heard.reason));
  if (!heard.initiator.empty()) text += ", " + heard.initiator;
  if (!heard.description.empty()) text += ": " + heard.description;
  return text;
}

void Station::begin(Instant now) {
  epoch_ = set_.largest_epoch;
  last_heard_ = last_read_ = now;
  noted_trip_ = kept_.restore(set_.kept, now);
  judge({}, now);
  // Here it stands as it did for the start before this one.
  for (const auto& text : kept_.texts()) {
    const auto heard = estop::judge_stop(text);
    RemoteMessage message;
    message.kind = RemoteMessage::Kind::stop;
    message.id = heard.number();
    message.code = heard.reason;
    message.initiator.assign(heard.instance);
    judge(message, now);
  }
}

void Station::joined(Instant now) {
  learned_ = false;
  heard(now);
}

void Station::left() { learned_ = false; }

void Station::judge(const RemoteMessage& message, Instant now) {
  const Finding finding = watch_.judge(now, message);
  if (any_told_ && finding == told_) return;
  do_.decided(finding);
  told_ = finding;
  any_told_ = true;
  if (do_.told) do_.told(spoken(finding, watch_));
}

void Station::know(Epoch epoch) {
  if (epoch <= epoch_) return;
  epoch_ = epoch;
  do_.remember(epoch);
}

Station::Obeyed Station::obey(const estop::HeardStop& heard, Instant now) {
  RemoteMessage message;
  message.kind = RemoteMessage::Kind::stop;
  message.id = heard.number();
  message.code = heard.reason;
  message.initiator.assign(heard.unreadable.empty() ? heard.instance : "an unreadable message");
  const bool before = told_.standing == Standing::present;
  const bool copy = watch_.knows(message.id);
  if (!copy) ++stops_;
  judge(message, now);
  const bool first = !before && told_.standing == Standing::present;
  if (first) stop_heard_ = now;
  return {copy, first};
}

void Station::keep_stop(Obeyed obeyed, const estop::HeardStop& heard, const std::string& text, Instant now) {
  if (!obeyed.copy)
    kept_.keep(heard, text, epoch_, do_.envelope, now);
  else if (!heard.straight)
    kept_.said_by_another(heard.id, now);
  if (obeyed.first) do_.said("stopped", in_words(heard));
}

void Station::latch(const std::optional<std::string>& text, Instant now) {
  if (text) {
    read_latch(*text);
  } else {
    record_ = std::unexpected("there is no retained latch");
    latch_head_.clear();
  }
  judge_latch(now);
}

void Station::judge_latch(Instant now) {
  RemoteMessage message;
  message.kind = RemoteMessage::Kind::stopped;
  message.initiator.assign("an unknown latch");
  std::string unknown;
  const auto& record = record_;
  if (!record) {
    unknown = record.error();
  } else if (record->epoch < epoch_) {
    unknown = "the retained latch is of epoch " + std::to_string(record->epoch) +
              ", and this station knows " + std::to_string(epoch_);
  } else if (record->state == LatchState::tripped) {
    message.epoch = record->epoch;
    message.id = estop::HeardStop{.id = record->stop_id}.number();
    message.code = cause_code(record->code).value_or(CauseCode::none);
    message.initiator.assign(record->controller);
    kept_.shown(*record);
  } else {
    message.kind = RemoteMessage::Kind::free;
    message.epoch = record->epoch;
  }
  const bool missed = record && record->epoch > epoch_ && epoch_ != 0 &&
                      message.kind == RemoteMessage::Kind::free && local_.state == LatchState::running;
  // S11: stopped and released while this station was away. It was not among those that were looked at.
  if (missed) was_missed(record->epoch, cause_code(record->code).value_or(CauseCode::none), now);
  if (record) know(std::max(record->epoch, epoch_));
  const bool before = told_.standing == Standing::present;
  learned_ = true;
  last_read_ = now;
  judge(message, now);
  if (!before && told_.standing == Standing::present) {
    stop_heard_ = now;
    do_.said("stopped", unknown.empty() ? "the bus is stopped, epoch " + std::to_string(message.epoch)
                                        : "unknown is stopped: " + unknown);
  }
  if (before && told_.standing == Standing::clear)
    do_.said("free", "the bus is free, epoch " + std::to_string(message.epoch));
  say_kept(now, true);
}

// It is read every second, and is nearly always the one before. What was vouched for once, stays so.
void Station::read_latch(const std::string& text) {
  if (!latch_head_.empty() && text.starts_with(latch_head_)) return;
  record_ = estop::read_latch(text, set_.keys, set_.instance);
  latch_head_ = record_ ? std::string(estop::latch_head(text)) : std::string();
}

void Station::say_kept(Instant now, bool latch_was_read) {
  for (const auto& text : kept_.due(now, learned_, latch_was_read)) do_.publish(estop::stop_channel, text);
  note();
}

void Station::note() {
  const bool trip = local_.known && local_.state == LatchState::tripped && local_.epoch > noted_trip_;
  if (trip) noted_trip_ = local_.epoch;
  if (kept_.changed() || trip) do_.keep(kept_.written(noted_trip_));
}

void Station::was_missed(Epoch epoch, CauseCode code, Instant now) {
  judge({.kind = RemoteMessage::Kind::stopped,
         .epoch = epoch,
         .code = code,
         .initiator = "somebody while this station was away"},
        now);
}

void Station::local(const Local& local, Instant now) {
  if (!local.known) {  // the guard is gone: what it said last is what the next one is compared with
    local_.known = false;
    return;
  }
  const bool trip = local_.epoch == 0
                        ? untold(local)
                        : local.state == LatchState::tripped && local.first_out.source.view() != bus_source &&
                              (local.epoch != local_.epoch || local_.state != LatchState::tripped);
  // Outputs that went safe quietly are energised by a new word only, not by a copy of the one that did
  // before.
  if (local_.state == LatchState::running && local.state == LatchState::ready) ++stops_;
  // Released, and not only not yet tripped: a stop that came just now is still standing.
  if (local_.state == LatchState::tripped && local.state != LatchState::tripped &&
      told_.standing == Standing::clear)
    kept_.clear();
  local_ = local;
  if (!trip) {
    note();
    return advance(now);
  }
  // Everybody else stops with this station: its outputs were cut before it says so.
  tell_own(local.first_out, now);
  tick(now);
}

// What is found at the start is an old trip, and those that were noted have been told or are kept. One that
// is not was heard or happened in the moment when the start before this one ended (S9, S11).
bool Station::untold(const Local& local) const {
  const bool deaf =
      local.first_out.source.view() == bus_source && local.first_out.code == CauseCode::link_lost;
  return local.state == LatchState::tripped && local.epoch > noted_trip_ &&
         !of_a_start(local.first_out.code) && !deaf;
}

void Station::demanded(const Cause& cause, Instant now) {
  if (told_own_ != Instant{} && now - told_own_ < one_stop) return;
  tell_own(cause, now);
}

void Station::tell_own(const Cause& cause, Instant now) {
  estop::Message message;
  message.envelope = do_.envelope();
  estop::EmergencyStop stop;
  stop.reason = bus_reason(cause.code);
  stop.description = std::string(cause.detail.view());
  stop.initiator = std::string(cause.source.view());
  message.payload = std::move(stop);
  auto text = estop::write_message(message);
  if (!text) {  // a name or detail that the format does not allow must not keep the stop from being sent
    message.payload = estop::EmergencyStop{bus_reason(cause.code), {}, {}};
    text = estop::write_message(message);
  }
  told_own_ = now;
  kept_.keep_own(text.value_or(""), epoch_, now);
  say_kept(now);
}

std::string Station::why_not(const estop::From<estop::Release>& from) const {
  const estop::Release& release = from.content;
  if (!learned_) return "this station has not read the retained latch yet";
  if (release.boot_nonce != set_.boot_nonce) return "it was meant for another start of this station";
  if (release.counter <= counter_) return "it was taken before";
  if (release.epoch < epoch_)
    return "it is of epoch " + std::to_string(release.epoch) + ", and this station knows " +
           std::to_string(epoch_);
  if (!local_.known) return "this station's guard does not answer";
  if (release.station_epoch != local_.epoch)
    return "this station has tripped again since it was looked at (its own epoch is " +
           std::to_string(local_.epoch) + ")";
  // A stop that came here before it came to the controller is in no epoch yet that could be released.
  if (release.stops != stops_) return "this station has been stopped again since it was looked at";
  if (pending_.size() >= most_pending) return "earlier ones are still being carried out";
  return {};
}

void Station::release(const std::string& text, Instant now) {
  const auto from = estop::read_release(text, set_.keys, set_.instance);
  if (!from) {
    do_.said("release_refused", from.error());
    return;
  }
  if (const std::string reason = why_not(*from); !reason.empty()) return result(from->content, false, reason);
  counter_ = from->content.counter;
  // S11: it can be told of a stop by the words that release it. What runs was started before.
  if (from->content.epoch > epoch_ && epoch_ != 0 && local_.state == LatchState::running) {
    was_missed(from->content.epoch, CauseCode::none, now);
    know(from->content.epoch);
    return result(from->content, false, "this station was running, and had missed the stop of that epoch");
  }
  know(from->content.epoch);
  for (Pending& one : pending_)  // said again, because no answer has come yet
    if (one.release.action == from->content.action) {
      one.release = from->content;
      one.give_up = now + set_.release_within;
      return;
    }
  pending_.push_back({from->content, now + set_.release_within, now, false, {}});
  advance(now);
}

void Station::advance(Instant now) {
  if (pending_.empty()) return;
  Pending& first = pending_.front();
  // A word of an epoch before the one that this station knows by now was said before that stop.
  const bool over = first.release.station_epoch != local_.epoch || first.release.stops != stops_ ||
                    first.release.epoch < epoch_ || !local_.known;
  if (over) first.refused = "this station tripped or was stopped again meanwhile";
  if (!over && now < first.give_up && (first.asked || now < first.next)) return;
  if (over || now >= first.give_up) {
    const Pending done = std::move(first);
    pending_.pop_front();
    result(done.release, false, done.refused.empty() ? "nobody answered in time" : done.refused);
    return advance(now);
  }
  if (first.release.action == estop::Action::reset)
    judge({.kind = RemoteMessage::Kind::release, .epoch = first.release.epoch}, now);
  if (shows(first.release.action, local_.state, local_.acknowledged)) {
    const Pending done = std::move(first);
    pending_.pop_front();
    result(done.release, true, {});
    return advance(now);
  }
  if (first.release.action == estop::Action::start && !open()) {
    first.refused = "the bus is stopped";
    first.next = now + again_after;
    return;
  }
  first.asked = true;
  do_.word(first.release.action, local_.epoch, first.release.operator_name);
}

void Station::answered(bool accepted, const std::string& reason, Instant now) {
  if (pending_.empty() || !pending_.front().asked) return;
  Pending& first = pending_.front();
  first.asked = false;
  if (!accepted && now < first.give_up) {  // something has yet to settle
    first.refused = reason;
    first.next = now + again_after;
    return;
  }
  const Pending done = std::move(first);
  pending_.pop_front();
  // The next word waits for the guard to show what this one did: local() goes on.
  result(done.release, accepted, reason);
}

void Station::result(const estop::Release& release, bool accepted, const std::string& reason) {
  do_.said(accepted ? "release" : "release_refused",
           std::string(name(release.action)) + " of epoch " + std::to_string(release.epoch) + " by " +
               release.operator_name + (accepted ? "" : ": " + reason));
  do_.publish(estop::result_channel, estop::write_result(do_.envelope(),
                                                         {release.action, release.epoch, release.counter,
                                                          accepted, accepted ? std::string() : reason},
                                                         set_.keys, set_.instance));
}

void Station::tick(Instant now) {
  if (now - last_heard_ >= set_.lease || now - last_read_ >= set_.lease + read_late) {
    learned_ = false;
    judge({.kind = RemoteMessage::Kind::deaf}, now);
  }
  say_kept(now);
  advance(now);
}

estop::SafeState Station::safe_state() const {
  estop::SafeState state;
  state.epoch = epoch_;
  state.station_epoch = local_.epoch;
  state.state = local_.state;
  state.acknowledged = local_.acknowledged;
  if (stop_heard_ != Instant{} && local_.cut_done != Instant{})
    state.commanded_ms = std::max<std::int64_t>(0, to_ms(local_.cut_done - stop_heard_));
  state.boot_nonce = set_.boot_nonce;
  state.counter = counter_;
  state.stops = stops_;
  state.outputs = local_.outputs;
  return state;
}

}  // namespace standstill::station
