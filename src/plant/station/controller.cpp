#include "plant/station/controller.hpp"

#include <algorithm>
#include <utility>

namespace standstill::station {

namespace {
constexpr Duration said_lately = 500ms;  // the guard's answer is on its way
constexpr Duration heard_lately = 5s;
constexpr Duration say_again_after = 3s;
constexpr unsigned said_at_most = 10;
constexpr std::string_view what_to_do =
    ": look at it, then stop and release everything once more, or release that station by itself, there";
}  // namespace

Controller::Controller(Settings settings, Doer doer)
    : set_(std::move(settings)), do_(std::move(doer)), kept_(set_.instance) {
  for (const auto& station : set_.stations) stations_[station];
}

void Controller::begin(Instant now) {
  last_heard_ = now;
  static_cast<void>(kept_.restore(set_.kept, now));
  for (const auto& text : kept_.texts()) remember(estop::judge_stop(text).number());
  judge(RemoteMessage::Kind::none, now);
}

void Controller::note() {
  if (kept_.changed()) do_.keep(kept_.written(local_.epoch));
}

void Controller::joined(Instant now) {
  learned_ = settled_ = lost_latch_ = false;
  joined_at_ = now;
  heard(now);
}

void Controller::left() { learned_ = settled_ = false; }

// The source `bus` of a controller says only whether the bus is heard: a stop is a trip of its latch, and
// that latch is the bus's.
void Controller::judge(RemoteMessage::Kind kind, Instant now, std::string_view who) {
  const bool free = kind == RemoteMessage::Kind::free;
  const Finding finding =
      watch_.judge(now, {.kind = kind, .epoch = free ? watch_.epoch() : Epoch{0}, .initiator = who});
  if (any_told_ && finding == told_) return;
  do_.decided(finding);
  told_ = finding;
  any_told_ = true;
  do_.told(spoken(finding, watch_));
}

void Controller::stop(const estop::HeardStop& heard, const std::string& text, Instant now) {
  const Epoch known = std::max(local_.epoch, read_epoch_);
  if (const std::uint64_t id = heard.number(); id != 0) {
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end())
      return settled_ || heard.straight ? void() : kept_.said_by_another(heard.id, now);
    remember(id);
  } else {
    // As whoever holds it says it again.
    remember(estop::HeardStop{.id = KeptStops::id_for(text, known)}.number());
  }
  if (!settled_) kept_.keep(heard, text, known, do_.envelope, now);
  note();
  const bool stands = local_.known && local_.state == LatchState::tripped && !local_.acknowledged;
  if (stands || stop_under_way(now)) return;
  stop_said_ = now;
  waiting_text_ = heard.unreadable.empty() && local_.state != LatchState::tripped ? text : std::string();
  said_stop_.assign(in_words(heard));
  do_.stop(heard.reason, in_words(heard));
  do_.said("stopped", in_words(heard));
}

bool Controller::stop_under_way(Instant now) const {
  return stop_said_ != Instant{} && now - stop_said_ < said_lately;
}

void Controller::local(const Local& local, Instant now) {
  if (!local.known) {
    local_.known = false;
    return;
  }
  const bool first = local_.epoch == 0;
  const bool trip = local.state == LatchState::tripped &&
                    (first || local.epoch != local_.epoch || local_.state != LatchState::tripped);
  const bool changed = first || trip || local.state != local_.state || local.epoch != local_.epoch;
  local_ = local;
  if (trip) {
    // Everybody repeats what came first: the stop that was heard, or the own one.
    const bool heard = !waiting_text_.empty() && now - stop_said_ < heard_lately;
    stop_text_ = heard ? waiting_text_ : own_stop(local.first_out);
    if (!heard) told_own_ = now;
    waiting_text_.clear();
    // While the server is away nobody hears of it but by datagram, and afterwards another one may lead.
    if (!settled_ && !heard && !first && local.first_out.source.view() != bus_source)
      kept_.keep_own(stop_text_, read_epoch_, now);
    missing_by_ = now + set_.confirm_within;
    repeat(now);  // before anything that takes longer with every station
    for (auto& [instance, known] : stations_) known.owed.clear();
  }
  if (local.state != LatchState::tripped) {
    stop_text_.clear();
    missing_by_ = never;
  }
  if (trip && std::exchange(lost_latch_, false)) settled_ = true;
  if (!changed || !settled_) return;
  if (!trip || !do_.soon) return retain();
  retain_owed_ = true;
  do_.soon();
}

// This one's latch holds nobody but itself, and is tripped already: no trip comes of it. What was heard on
// the bus comes back from the guard in the same words, and is nobody's here.
void Controller::demanded(const Cause& cause, Instant now) {
  const bool told = told_own_ != Instant{} && now - told_own_ < said_lately;
  const bool heard = !said_stop_.empty() && cause.detail == said_stop_;
  if (settled_ || told || heard) return;
  told_own_ = now;
  kept_.keep_own(own_stop(cause), read_epoch_, now);
  say_kept(now);
}

void Controller::say_kept(Instant now) {
  for (const auto& text : kept_.due(now, learned_)) do_.publish(estop::stop_channel, text);
  note();
}

std::string Controller::own_stop(const Cause& cause) {
  estop::Message message;
  message.envelope = do_.envelope();
  remember(estop::HeardStop{.id = message.envelope.id}.number());
  message.payload = estop::EmergencyStop{bus_reason(cause.code), std::string(cause.detail.view()),
                                         std::string(cause.source.view())};
  if (auto text = estop::write_message(message)) return std::move(*text);
  // Words that the format does not allow must not keep the stop from being sent.
  message.payload = estop::EmergencyStop{bus_reason(cause.code), {}, {}};
  return estop::write_message(message).value_or("");
}

void Controller::remember(std::uint64_t id) {
  if (id != 0) ids_[next_id_++ % ids_.size()] = id;
}

bool Controller::other_leads(const estop::LatchRecord& record, Instant now) const {
  if (record.controller == set_.instance || record.epoch < local_.epoch) return false;
  if (record.epoch == local_.epoch && set_.instance < record.controller) return false;
  const auto other = others_.find(record.controller);
  const Instant heard = other == others_.end() ? joined_at_ : std::max(other->second, joined_at_);
  return now - heard < set_.alive_within;
}

void Controller::latch(const std::optional<std::string>& text, Instant now) {
  if (!local_.known) return;  // it is asked for again soon
  learned_ = true;
  const auto record = text ? estop::read_latch(*text, set_.keys, estop::controllers)
                           : std::unexpected<std::string>("there is no retained latch");
  if (record) read_epoch_ = record->epoch;
  if (record && record->controller != set_.instance) others_.try_emplace(record->controller, Instant{});
  if (record && other_leads(*record, now)) {
    settled_ = false;
    if (record->state == LatchState::tripped) kept_.shown(*record);
    return judge(RemoteMessage::Kind::stopped, now, record->controller + ", which leads");
  }
  judge(RemoteMessage::Kind::free, now);
  if (record && (record->epoch > local_.epoch ||
                 (record->epoch == local_.epoch && record->controller != set_.instance))) {
    settled_ = false;
    do_.said("epoch", "the bus is at epoch " + std::to_string(record->epoch) + " of " + record->controller +
                          ", this controller at " + std::to_string(local_.epoch) + ": a new epoch begins");
    return do_.raise(record->epoch + 1);
  }
  // Unknown is tripped, whatever this controller believes.
  if (!record && local_.state != LatchState::tripped) {
    settled_ = false;
    lost_latch_ = true;  // what is retained next is that trip
    do_.stop(CauseCode::software_error, "the bus has lost its latch: " + record.error());
    return;
  }
  // Written again where it is not what this latch shows, and not without having been read: of two controllers
  // that both believe to lead, each would keep the other one's from being seen.
  const bool leads_now = !std::exchange(settled_, true);
  if (leads_now || !record || *record != shown()) retain();
  if (leads_now && local_.state == LatchState::tripped) repeat(now);
}

estop::LatchRecord Controller::shown() const {
  estop::LatchRecord record;
  record.epoch = local_.epoch;
  record.state = local_.state;
  if (local_.first_out.code != CauseCode::none) record.code = std::string(name(local_.first_out.code));
  record.source = std::string(local_.first_out.source.view());
  record.detail = std::string(local_.first_out.detail.view());
  record.since_wall_ms = std::max<std::int64_t>(0, local_.first_out.wall_ns / 1'000'000);
  record.controller = set_.instance;
  record.stop_id = estop::judge_stop(stop_text_).id;
  return record;
}

void Controller::retain() {
  retain_owed_ = false;
  estop::LatchRecord record = shown();
  // A MAC for each of a thousand stations is work, and it is said again and again.
  if (retained_text_.empty() || record != retained_ || retained_for_ != stations_.size()) {
    if (vouchers_.empty() || retained_for_ != stations_.size()) {
      std::vector<std::string> names{std::string(estop::controllers)};
      for (const auto& [instance, known] : stations_) names.push_back(instance);
      vouchers_ = estop::vouchers(set_.keys, names);
    }
    retained_text_ = estop::write_latch(record, vouchers_);
    retained_ = std::move(record);
    retained_for_ = stations_.size();
  }
  do_.retain(estop::latch_key, retained_text_);
}

void Controller::repeat(Instant now) {
  next_repeat_ = now + set_.repeat;
  if (!stop_text_.empty()) do_.publish(estop::stop_channel, stop_text_);
}

void Controller::heartbeat(const estop::Message& message, Instant now) {
  const auto* beat = std::get_if<estop::Heartbeat>(&message.payload);
  if (beat != nullptr && message.envelope.source.instance != set_.instance)
    if (const auto other = others_.find(message.envelope.source.instance); other != others_.end())
      other->second = now;
  const auto known = stations_.find(message.envelope.source.instance);
  if (beat == nullptr || known == stations_.end()) return;
  known->second.status = beat->status;
  alive(known->first, known->second, now);
}

void Controller::alive(const std::string& instance, Known& known, Instant now) {
  known.last_heard = now;
  if (std::exchange(known.silent, false)) do_.said("returned", "the station " + instance + " is heard again");
}

void Controller::safe_state(const std::string& text, Instant now) {
  auto from = estop::read_safe_state(text, set_.keys);
  if (!from) return do_.said("safe_state_refused", from.error());
  const std::string instance = from->envelope.source.instance;
  if (instance == set_.instance) return;
  const bool fresh = !stations_.contains(instance);
  Known& known = stations_[instance];
  known.heard = true;
  alive(instance, known, now);
  if (known.safe.boot_nonce != from->content.boot_nonce) {
    known.counter = 0;
    // It has forgotten which stops it had heard: nobody has looked at this start of it yet.
    known.owed.clear();
  }
  known.safe = std::move(from->content);
  known.counter = std::max(known.counter, known.safe.counter);
  hand_on(instance, known, now);
  if (!fresh) return;
  do_.said("registered", "the station " + instance + " is registered");
  new_stations_ = true;
}

// Many register at once when a controller is new.
void Controller::note_stations() {
  if (!std::exchange(new_stations_, false)) return;
  std::vector<std::string> names;
  for (const auto& [name, unused] : stations_) names.push_back(name);
  do_.registered(names);
  if (settled_) retain();  // with MACs that they can check
}

void Controller::result(const std::string& text) {
  const auto from = estop::read_result(text, set_.keys);
  if (!from) return do_.said("result_refused", from.error());
  const auto& result = from->content;
  const auto known = stations_.find(from->envelope.source.instance);
  if (known == stations_.end()) return;
  if (auto& owed = known->second.owed;
      !result.accepted && !owed.empty() && owed.front().counter == result.counter)
    owed.clear();
  do_.said(
      result.accepted ? "release" : "release_refused",
      from->envelope.source.instance + ": " + std::string(name(result.action)) + " of epoch " +
          std::to_string(result.epoch) +
          (result.accepted ? " done"
                           : " refused: " + result.reason + "; it stays safe" + std::string(what_to_do)));
}

void Controller::released(estop::Action action, const std::string& who, Instant now) {
  if (settled_) retain();
  for (auto& [instance, known] : stations_) {
    if (!known.heard) continue;
    if (known.silent) {
      if (action == estop::Action::start) leave_out(instance, known, "is silent");
      continue;
    }
    const bool said = std::any_of(known.owed.begin(), known.owed.end(),
                                  [&](const Known::Owed& one) { return one.action == action; });
    if (!said)
      known.owed.push_back({action, who, known.safe.station_epoch, known.safe.stops, now, said_at_most, 0});
    hand_on(instance, known, now);
  }
}

// S4: what comes back is not energised by that. The operator's words are for those who were there.
void Controller::leave_out(const std::string& instance, Known& known, std::string_view why) {
  known.owed.clear();
  do_.said("release_refused",
           instance + " is not released, because it " + std::string(why) + std::string(what_to_do));
}

// One word after the other, each until the station shows it: a message can be lost, a refusal ends them all.
void Controller::hand_on(const std::string& instance, Known& known, Instant now) {
  std::erase_if(known.owed, [&](const Known::Owed& one) {
    return one.station_epoch != known.safe.station_epoch || one.stops != known.safe.stops ||
           shows(one.action, known.safe.state, known.safe.acknowledged);
  });
  if (known.owed.empty() || now < known.owed.front().next || !settled_) return;
  Known::Owed& first = known.owed.front();
  if (first.left == 0) return leave_out(instance, known, "does not show what it was told");
  first.next = now + say_again_after;
  --first.left;
  first.counter = ++known.counter;
  estop::Release release;
  release.action = first.action;
  release.epoch = local_.epoch;
  release.station_epoch = first.station_epoch;
  release.stops = first.stops;
  release.operator_name = first.who;
  release.boot_nonce = known.safe.boot_nonce;
  release.counter = first.counter;
  do_.publish(estop::release_channel(instance),
              estop::write_release(do_.envelope(), release, set_.keys, instance));
}

bool Controller::confirmed(const Known& station) const {
  return station.heard && station.safe.epoch >= local_.epoch && station.safe.state == LatchState::tripped &&
         std::none_of(station.safe.outputs.begin(), station.safe.outputs.end(),
                      [](const auto& output) { return output.run || output.readback == "failed"; });
}

void Controller::look_for_missing(Instant now) {
  if (now < missing_by_) return;
  missing_by_ = never;
  std::string missing;
  for (const auto& [instance, known] : stations_)
    if (!confirmed(known)) missing += (missing.empty() ? "" : ", ") + instance;
  if (!missing.empty()) do_.alarm("these stations have not confirmed that they are safe: " + missing);
}

// Also while nothing is stopped: a station that is away will not hear the next stop. One that took its leave
// is away on purpose.
void Controller::look_for_silent(Instant now) {
  if (!learned_) return;  // it is this controller that hears nobody
  std::string missing;
  for (auto& [instance, known] : stations_) {
    if (known.silent || now - std::max(known.last_heard, joined_at_) < set_.silent_after) continue;
    known.silent = true;
    if (!known.owed.empty()) leave_out(instance, known, "fell silent while it was released");
    if (known.last_heard != Instant{} && known.status == estop::Health::stopping)
      do_.said("left", "the station " + instance + " has taken its leave");
    else
      missing += (missing.empty() ? "" : ", ") + instance;
  }
  if (!missing.empty())
    do_.alarm("these stations are silent, and would not hear a stop by the bus: " + missing +
              "; look whether they are safe");
}

void Controller::tick(Instant now) {
  if (now - last_heard_ >= set_.lease) {
    learned_ = settled_ = false;
    judge(RemoteMessage::Kind::deaf, now);
  }
  // What this latch holds is said by repeat(); what another one may not know is said here.
  if (settled_) kept_.clear();
  say_kept(now);
  note_stations();
  look_for_missing(now);
  look_for_silent(now);
  for (auto& [instance, known] : stations_) hand_on(instance, known, now);
  if (!settled_ || !local_.known) return;
  if (retain_owed_) retain();
  if (now >= next_repeat_) repeat(now);
}

estop::SafeState Controller::safe_state() const {
  estop::SafeState state;
  state.epoch = state.station_epoch = local_.epoch;
  state.state = local_.state;
  state.acknowledged = local_.acknowledged;
  state.outputs = local_.outputs;
  return state;
}

}  // namespace standstill::station
