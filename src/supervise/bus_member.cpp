#include "supervise/bus_member.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "config/formats.hpp"
#include "os/clock.hpp"
#include "os/random.hpp"
#include "plant/station/latch_ask.hpp"
#include "plant/station/member_timing.hpp"
#include "record/whole_file.hpp"
#include "supervise/bus_files.hpp"
#include "supervise/bus_transport.hpp"
#include "version.hpp"

namespace standstill::supervise {

namespace {

constexpr Duration turn_every = 100ms;
constexpr Duration beat_every = 1s;
constexpr Duration latch_every = 1s;
constexpr Duration paths_every = 2s;
constexpr Duration cut_within = 50ms;  // the own outputs, before others are told
constexpr Duration look_again = 5ms;
constexpr Duration others_first = 1ms;
constexpr Duration word_within = 5s;  // until the guard's state shows what it took
constexpr unsigned said_a_second = 10;
constexpr std::string_view alive_seconds = "5";

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string random_digits() {
  std::string digits;
  for (const unsigned byte : os::random_bytes<8>()) {
    digits += "0123456789abcdef"[byte >> 4U];
    digits += "0123456789abcdef"[byte & 0x0FU];
  }
  return digits;
}

// An open connection that is dead is noticed within a second.
link::Timing timing() { return station::member_timing(600ms); }

}  // namespace

BusMember::BusMember(os::Loop& loop, const config::Config& config, BusStart start, Surroundings around)
    : loop_(loop),
      config_(config),
      around_(std::move(around)),
      keys_(std::move(start.keys)),
      reader_(std::make_shared<station::Reader>(keys_)),
      direct_(
          loop, keys_, reader_, config.bus->instance, config.bus->direct_port,
          [this](const std::string& stop) { on_stop(stop, true, os::now()); },
          [this](std::string_view code, const std::string& detail) { said(code, detail); }) {
  const config::Bus& bus = *config_.bus;
  station::RedisSession::Settings session{bus.user, std::move(start.password), {}};
  session.channels = {std::string(estop::stop_channel), estop::command_channel(bus.instance)};
  if (bus.controller) {
    role_.emplace<station::Controller>(station::Controller::Settings{.instance = bus.instance,
                                                                     .lease = bus.lease,
                                                                     .stations = start.stations,
                                                                     .keys = keys_,
                                                                     .kept = std::move(start.owed)},
                                       doer());
    for (const auto channel : {estop::heartbeat_channel, estop::safe_channel, estop::result_channel})
      session.channels.emplace_back(channel);
    session.channels.push_back(estop::response_channel(bus.instance));
  } else {
    role_.emplace<station::Station>(station::Station::Settings{.instance = bus.instance,
                                                               .lease = bus.lease,
                                                               .release_within = config_.guard.settle + 5s,
                                                               .largest_epoch = start.largest_epoch,
                                                               .boot_nonce = random_digits(),
                                                               .kept = std::move(start.owed),
                                                               .keys = keys_},
                                    doer());
    session.channels.push_back(estop::release_channel(bus.instance));
  }
  make_commands();
  session_ = std::make_unique<station::RedisSession>(
      std::move(session),
      [this](std::string_view channel, const std::string& text) { heard(channel, text); });
  link_ =
      std::make_unique<link::Link>(loop_, *session_, bus_transport(loop_, bus, timing().silence),
                                   link::Link::Settings{std::string(station::bus_source), bus.kind, true,
                                                        timing(), static_cast<std::uint32_t>(os::wall_ns())},
                                   [this](const link::Status& status, link::State previous,
                                          std::string_view why) { on_link(status, previous, why); });
}

BusMember::~BusMember() { *alive_ = false; }

station::Doer BusMember::doer() {
  station::Doer made;
  made.decided = [this](const Finding& finding) { around_.decided(finding); };
  made.told = [this](const Verdict& verdict) { around_.told(verdict); };
  made.stop = [this](CauseCode code, const std::string& detail) { around_.stop(code, detail); };
  made.publish = [this](std::string_view channel, const std::string& text) { publish(channel, text); };
  made.retain = [this](std::string_view key, const std::string& text) {
    session_->ask({"SET", key, text});
    link_->send_now();
  };
  // A server on this machine needs a processor, and this loop, in real time, leaves it none while it works.
  made.soon = [this] { soon_ = loop_.after(others_first, [this] { owed_now(); }); };
  made.envelope = [this] { return envelope(); };
  made.word = [this](estop::Action action, Epoch epoch, const std::string& who) {
    around_.word(action, epoch, who,
                 [this, alive = std::weak_ptr<bool>(alive_)](bool accepted, const std::string& reason) {
                   if (alive.expired()) return;
                   if (auto* role = std::get_if<station::Station>(&role_))
                     role->answered(accepted, reason, os::now());
                 });
  };
  made.remember = [this](Epoch largest) {
    around_.off_loop([file = epoch_file(config_), text = std::to_string(largest) + "\n"] {
      static_cast<void>(record::write_whole(file, text, 0600));
    });
  };
  made.registered = [this](const std::vector<std::string>& stations) {
    std::string text;
    for (const auto& one : stations) text += one + "\n";
    around_.off_loop(
        [file = stations_file(config_), text] { static_cast<void>(record::write_whole(file, text, 0600)); });
  };
  made.keep = [this](const std::string& owed) {
    around_.off_loop(
        [file = owed_file(config_), owed] { static_cast<void>(record::write_whole(file, owed, 0600)); });
  };
  made.raise = [this](Epoch at_least) { around_.raise(at_least); };
  made.said = [this](std::string_view code, const std::string& detail) { said(code, detail); };
  made.alarm = [this](const std::string& detail) { around_.alarm(detail); };
  return made;
}

estop::Envelope BusMember::envelope() const {
  estop::Envelope made;
  made.id = estop::uuid_of(os::random_bytes<16>());
  made.wall_ms = os::wall_ns() / 1'000'000;
  made.source.instance = config_.bus->instance;
  made.source.version = version;
  if (config_.bus->whole_seconds) made.form = estop::TimeForm::seconds;
  return made;
}

void BusMember::begin() {
  began_ = os::now();
  std::visit(Overloaded{[](std::monostate) {}, [&](auto& role) { role.begin(began_); }}, role_);
  tick();
}

void BusMember::dial() {
  if (std::exchange(dialed_, true)) return;
  if (config_.bus->kind == "local" && config_.bus->controller) {
    server_.emplace(loop_, config::socket_path(config_.bus->url).value_or(""));
    if (const auto served = server_->begin(); !served) said("failed", served.error());
  }
  link_->begin();
}

void BusMember::owed_now() {
  soon_.cancel();
  std::visit(Overloaded{[](std::monostate) {}, [](auto& role) { role.tick(os::now()); }}, role_);
}

void BusMember::close() {
  closing_ = true;
  tick_timer_.cancel();
  if (soon_) owed_now();
  beat();
  link_->send_now();
  link_->close_for_good();
}

void BusMember::on_link(const link::Status& status, link::State previous, std::string_view why) {
  const Instant now = os::now();
  const bool online = status.state == link::State::online;
  asking_latch_ = stream_asked_ = false;
  stream_read_ = true;
  stream_last_.clear();
  std::visit(Overloaded{[](std::monostate) {},
                        [&](auto& role) {
                          if (online)
                            role.joined(now);
                          else
                            role.left();
                        }},
             role_);
  around_.changed(status, previous, why);
  if (!online) return;
  direct_.connected(link_->native_handle());
  next_paths_ = now;
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) ask_latch();
  });
}

void BusMember::ask_latch() {
  if (asking_latch_ || link_->status().state != link::State::online) return;
  next_latch_ = os::now() + latch_every;
  const auto whole = [this](const resp::Value& value) {
    std::optional<std::string> text;
    if (value.is_text()) text = value.text;
    // A refusal is no news of the latch, and unknown is stopped.
    if (value.is_error()) said("problem", "the server refuses to tell the retained latch: " + value.text);
    std::visit(Overloaded{[](std::monostate) {}, [&](auto& role) { role.latch(text, os::now()); }}, role_);
    asking_latch_ = false;
    confirm();
  };
  auto* const role = std::get_if<station::Station>(&role_);
  asking_latch_ = station::ask_latch(
      *session_, role == nullptr ? std::string() : role->latch_head(),
      [this, role] {
        role->latch_as_before(os::now());
        asking_latch_ = false;
        confirm();
      },
      whole);
  link_->send_now();
}

void BusMember::heard(std::string_view channel, const std::string& text) {
  const Instant now = os::now();
  if (channel == estop::stop_channel) return on_stop(text, false, now);
  if (channel == estop::command_channel(config_.bus->instance)) return commands_in_->request(text, now);
  if (commands_out_ && channel == estop::response_channel(config_.bus->instance))
    return commands_out_->response(text, now);
  if (auto* role = std::get_if<station::Station>(&role_)) {
    if (channel == estop::release_channel(config_.bus->instance)) role->release(text, now);
  } else if (auto* leader = std::get_if<station::Controller>(&role_)) {
    if (channel == estop::safe_channel) leader->safe_state(text, now);
    if (channel == estop::result_channel) leader->result(text);
    if (channel == estop::heartbeat_channel)
      if (const auto message = estop::read_message(text)) leader->heartbeat(*message, now);
  }
}

void BusMember::on_stop(const std::string& text, bool straight, Instant now) {
  const auto& stop = reader_->stop(text, straight);
  confirm_soon_ = true;
  if (auto* role = std::get_if<station::Station>(&role_)) role->stop(stop, text, now);
  if (auto* leader = std::get_if<station::Controller>(&role_)) leader->stop(stop, text, now);
  judge_commands(now);
}

void BusMember::publish(std::string_view channel, const std::string& text) {
  if (text.empty()) return;
  if (channel == estop::stop_channel) direct_.send(text);
  session_->ask({"PUBLISH", channel, text});
  link_->send_now();
}

// Whoever floods the bus must not flood the journal.
void BusMember::said(std::string_view code, const std::string& detail) {
  const Instant now = os::now();
  if (now - said_since_ >= 1s) {
    if (said_count_ > said_a_second)
      around_.journal("flood", std::to_string(said_count_ - said_a_second) + " more within a second");
    said_since_ = now;
    said_count_ = 0;
  }
  if (++said_count_ <= said_a_second) around_.journal(code, detail);
}

// The own outputs first, then the news for everybody else; not for long, because an output that hangs must
// not keep the others running. What the bus itself brought is no news.
bool BusMember::cut_first(const View& view, Instant now) {
  const permit::StateBody& guard = view.guard;
  const bool own_trip = guard.state == LatchState::tripped && local_.state == LatchState::running &&
                        guard.epoch != local_.epoch && guard.first_out_source.view() != station::bus_source;
  if (!own_trip) return true;
  if (std::exchange(held_epoch_, guard.epoch) != guard.epoch) held_since_ = now;
  return now - held_since_ >= cut_within ||
         std::all_of(view.outputs.begin(), view.outputs.end(), [](const OutputView& output) {
           return !output.secures || output.info.commanded_ms >= 0;
         });
}

void BusMember::state(const View& view, bool known) {
  const permit::StateBody& guard = view.guard;
  const Instant now = os::now();
  if (known && !cut_first(view, now)) {
    commands_in_->open(false, now);
    if (commands_out_) commands_out_->open(false, now);
    held_ = loop_.after(look_again, [this, &view] { state(view, view.guard_connected); });
    return;
  }
  held_.cancel();
  local_.known = known && guard.epoch != 0;
  if (local_.known) dial();
  if (known) {
    local_.state = guard.state;
    local_.acknowledged = guard.acknowledged != 0;
    local_.epoch = guard.epoch;
    local_.first_out = Cause{};
    if (guard.has_first_out != 0)
      local_.first_out = {
          guard.first_out_code,   guard.first_out_present != 0,           guard.first_out_source,
          guard.first_out_detail, instant_from_ns(guard.first_out_at_ns), guard.first_out_wall_ns};
    local_.cut_done = instant_from_ns(guard.cut_done_ns);
    local_.outputs.clear();
    for (const auto& output : view.outputs)
      if (output.secures)
        local_.outputs.push_back(
            {output.id, output.info.commanded == permit::OutputState::run,
             std::string(permit::readback_names[static_cast<std::size_t>(output.info.readback)])});
  }
  std::visit(Overloaded{[](std::monostate) {}, [&](auto& role) { role.local(local_, now); }}, role_);
  judge_commands(now);
  commands_in_->tick(now);
  hand_on();
  confirm();
}

void BusMember::demanded(const Cause& cause) {
  std::visit(Overloaded{[](std::monostate) {}, [&](auto& role) { role.demanded(cause, os::now()); }}, role_);
}

void BusMember::released(estop::Action action, const std::string& who) {
  if (!std::holds_alternative<station::Controller>(role_)) return;
  words_.push_back({action, who, os::now() + word_within});
  hand_on();
}

// The stations get a word when the own latch, and with it the retained one, shows what it did.
void BusMember::hand_on() {
  auto* leader = std::get_if<station::Controller>(&role_);
  if (leader == nullptr) return;
  const Instant now = os::now();
  std::erase_if(words_, [&](const Word& word) {
    const bool shown = local_.known && station::shows(word.action, local_.state, local_.acknowledged);
    if (shown) leader->released(word.action, word.who, now);
    return shown || now >= word.until;
  });
}

void BusMember::confirm() {
  const auto* role = std::get_if<station::Station>(&role_);
  if (role == nullptr || !local_.known) return;
  estop::SafeState state = role->safe_state();
  state.path = direct_.address();
  publish(estop::safe_channel, estop::write_safe_state(envelope(), state, keys_, config_.bus->instance));
}

// Who can be reached by datagram: the leading controller knows it from the stations' confirmations, and
// retains it for them.
void BusMember::tend_paths() {
  if (const auto* leader = std::get_if<station::Controller>(&role_)) {
    std::vector<estop::Path> paths;
    if (!direct_.address().empty()) paths.push_back({config_.bus->instance, direct_.address()});
    for (const auto& [instance, known] : leader->stations())
      if (known.heard && !known.safe.path.empty() && paths.size() < estop::most_paths)
        paths.push_back({instance, known.safe.path});
    if (leader->leads() && !paths.empty())
      session_->ask({"SET", estop::paths_key, estop::write_paths(paths, keys_)});
    direct_.know(station::Reader::others(std::move(paths)));
    link_->send_now();
    return;
  }
  session_->ask({"GET", estop::paths_key}, [this](const resp::Value& value) {
    if (!value.is_text()) return;
    if (const auto paths = reader_->paths(value.text))
      direct_.know(*paths);
    else
      said("problem", paths.error());
  });
  link_->send_now();
}

void BusMember::beat() {
  estop::Heartbeat beat;
  const auto* role = std::get_if<station::Station>(&role_);
  const bool stopped =
      !local_.known || local_.state == LatchState::tripped || (role != nullptr && !role->open());
  beat.status = closing_        ? estop::Health::stopping
                : !local_.known ? estop::Health::starting
                : stopped       ? estop::Health::degraded
                                : estop::Health::running;
  beat.uptime_seconds = to_ms(os::now() - began_) / 1000;
  for (const auto& output : config_.outputs) beat.devices.push_back(output.id);
  for (const auto& link : config_.links) beat.devices.push_back(link.id);
  beat.free_heap = std::int64_t{::sysconf(_SC_AVPHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  beat.firmware_version = version;
  beat.counters["redis_reconnects"] = static_cast<std::int64_t>(link_->status().disconnects);
  beat.counters["commands_processed"] = commands_in_->done();
  beat.counters["commands_failed"] = commands_in_->failed();
  const estop::Message message{envelope(), std::move(beat)};
  const auto text = estop::write_message(message);
  if (!text) return said("problem", "the own heartbeat would not be understood: " + text.error());
  publish(estop::heartbeat_channel, *text);
  session_->ask({"SET", estop::alive_key(config_.bus->instance),
                 name(std::get<estop::Heartbeat>(message.payload).status), "EX", alive_seconds});
}

void BusMember::tick() {
  const Instant now = os::now();
  std::visit(Overloaded{[](std::monostate) {},
                        [&](auto& role) {
                          // Every answer and every message counts: the engine says when the last one came.
                          if (const Instant last = link_->status().last_heard; last != Instant{})
                            role.heard(last);
                          role.tick(now);
                        }},
             role_);
  judge_commands(now);
  commands_in_->tick(now);
  if (commands_out_) commands_out_->tick(now);
  if (std::exchange(confirm_soon_, false)) confirm();
  if (now >= next_beat_) {
    next_beat_ = now + beat_every;
    beat();
  }
  if (now >= next_latch_) ask_latch();
  if (link_->status().state == link::State::online) read_stream();
  if (now >= next_paths_ && link_->status().state == link::State::online) {
    next_paths_ = now + paths_every;
    tend_paths();
  }
  tick_timer_ = loop_.after(turn_every, [this] { tick(); });
}

std::vector<StationView> BusMember::stations() const {
  std::vector<StationView> made;
  const auto* leader = std::get_if<station::Controller>(&role_);
  if (leader == nullptr) return made;
  const Instant now = os::now();
  for (const auto& [instance, known] : leader->stations()) {
    StationView one;
    one.instance = instance;
    one.status = known.last_heard == Instant{} ? "unknown" : std::string(name(known.status));
    one.confirmed_epoch = known.heard ? known.safe.epoch : 0;
    one.last_heard_ms = known.last_heard == Instant{} ? -1 : to_ms(now - known.last_heard);
    one.state = known.heard ? std::string(name(known.safe.state)) : "unknown";
    made.push_back(std::move(one));
  }
  return made;
}

}  // namespace standstill::supervise
