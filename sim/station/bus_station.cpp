#include "sim/station/bus_station.hpp"

#include <cstdio>
#include <utility>

#include "os/clock.hpp"
#include "os/random.hpp"
#include "plant/station/latch_ask.hpp"
#include "plant/station/member_timing.hpp"
#include "wire/estop/names.hpp"

namespace standstill::sim {

namespace {

constexpr Duration turn_every = 200ms;
constexpr Duration paths_every = 10s;
// When many share one process all of them cut before the first one tells how it went (S1), or asks anything.
constexpr Duration tell_after = 30ms;
constexpr Duration cutting = 10ms;
constexpr std::size_t most_unkept = 8;
constexpr std::string_view device = "relay";
constexpr std::string_view alive_seconds = "5";
constexpr auto version = "1.0.0";

// A thousand share one process.
link::Timing timing() { return station::member_timing(1s); }

}  // namespace

BusStation::BusStation(os::Loop& loop, Settings settings, Dial dial, Moved moved, Said said)
    : loop_(loop),
      set_(std::move(settings)),
      dial_(std::move(dial)),
      moved_(std::move(moved)),
      said_(std::move(said)) {
  boot();
}

BusStation::~BusStation() { *alive_ = false; }

void BusStation::boot() {
  const Instant now = os::now();
  began_ = now;
  cut_at_ = {};
  latch_.emplace(set_.settle);
  latch_->use(sources);
  latch_->boot(nullptr, now, os::wall_ns());
  latch_->report(button, Standing::clear, {CauseCode::none, false, "button", "", now, 0});
  command(false);
  std::string nonce = estop::uuid_of(os::random_bytes<16>());
  std::erase(nonce, '-');
  role_.emplace(station::Station::Settings{.instance = set_.instance,
                                           .lease = set_.lease,
                                           .largest_epoch = largest_epoch_,
                                           .boot_nonce = nonce.substr(16),
                                           .kept = owed_,
                                           .keys = set_.keys},
                doer());
  commands_.emplace(commands_doer());
  direct_.emplace(
      loop_, set_.keys, set_.reader, set_.instance, std::uint16_t{0},
      [this](const std::string& text) {
        if (!deaf_ && !off_line_) on_stop(text, true);
      },
      [this](std::string_view code, const std::string& what) { said_(*this, code, what); });
  role_->begin(now);
  show();
  // Not all of many at the same time.
  next_second_ = now + std::chrono::milliseconds(set_.seed * 617 % 1000);
  tick_ = loop_.after(std::chrono::milliseconds(set_.seed * 71 % 200), [this] { tick(); });
  if (!off_line_) connect();
}

void BusStation::connect() {
  session_ = std::make_unique<station::RedisSession>(
      station::RedisSession::Settings{
          set_.user,
          set_.password,
          {std::string(estop::stop_channel), estop::command_channel(set_.instance),
           estop::release_channel(set_.instance)}},
      [this](std::string_view channel, const std::string& text) { heard(channel, text); });
  link_ = std::make_unique<link::Link>(
      loop_, *session_, dial_(), link::Link::Settings{set_.instance, "redis", true, timing(), set_.seed},
      [this](const link::Status& status, link::State, std::string_view why) {
        asking_ = false;
        next_paths_ = {};
        if (status.state != link::State::online) {
          role_->left();
          if (!why.empty()) said_(*this, "link", std::string(why));
          return;
        }
        role_->joined(os::now());
        if (set_.second_path) direct_->connected(link_->native_handle());
        loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
          if (!alive.expired()) ask_latch();
        });
      });
  link_->begin();
}

station::Doer BusStation::doer() {
  station::Doer made;
  made.decided = [this](const Finding& finding) {
    const Instant now = os::now();
    if (latch_->report(bus, finding.standing,
                       {finding.code, finding.standing == Standing::present, station::bus_source,
                        "the bus is stopped, or cannot be heard", now, os::wall_ns()}))
      cut_at_ = now;
    follow();
    if (finding.standing != Standing::clear) commands_->open(false, now);
    soon();
  };
  made.publish = [this](std::string_view channel, const std::string& text) { publish(channel, text); };
  made.envelope = [this] { return envelope(); };
  made.word = [this](estop::Action action, Epoch epoch, const std::string&) {
    loop_.post([this, action, epoch, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.expired()) return;
      const Instant now = os::now();
      const bool accepted = carry_out(action, epoch, now) == Refusal::none;
      follow();
      role_->answered(accepted, accepted ? "" : "its latch refuses: a cause is present or has yet to settle",
                      now);
      show();
    });
  };
  made.remember = [this](Epoch largest) { largest_epoch_ = largest; };
  made.keep = [this](const std::string& owed) { owed_ = owed; };
  made.said = [this](std::string_view code, const std::string& what) { said_(*this, code, what); };
  return made;
}

Refusal BusStation::carry_out(estop::Action action, Epoch epoch, Instant now) {
  if (action == estop::Action::acknowledge) return latch_->acknowledge(epoch);
  if (action == estop::Action::reset) return latch_->reset(epoch, now);
  // S12: the read-back must show safe before a start.
  return latch_->start(epoch, now, contact_ && !commanded_ ? Refusal::readback_not_safe : Refusal::none);
}

station::CommandsIn::Doer BusStation::commands_doer() {
  using Answer = station::CommandsIn::Answer;
  station::CommandsIn::Doer made;
  made.publish = [this](std::string_view channel, const std::string& text) { publish(channel, text); };
  made.envelope = [this] { return envelope(); };
  made.said = [this](std::string_view code, const std::string& what) { said_(*this, code, what); };
  made.carry_out = [this](const estop::CommandRequest& request) -> Answer {
    const auto refused = [](estop::ErrorCode code, std::string why) {
      return Answer{.error = estop::CommandError{code, std::move(why)}};
    };
    if (request.device_id != device)
      return refused(estop::ErrorCode::device_not_found, "there is only the relay here");
    if (request.command_name != "run" && request.command_name != "safe")
      return refused(estop::ErrorCode::invalid_parameter, "the relay knows the commands run and safe");
    command(request.command_name == "run");
    return {.under_way = true};
  };
  made.shows = [this](const estop::CommandRequest& request) {
    return contact_ == (request.command_name == "run");
  };
  return made;
}

estop::Envelope BusStation::envelope() const {
  estop::Envelope made;
  made.id = estop::uuid_of(os::random_bytes<16>());
  made.wall_ms = os::wall_ns() / 1'000'000;
  made.source.instance = set_.instance;
  made.source.version = version;
  return made;
}

void BusStation::command(bool run) {
  if (!welded_) contact_ = run;
  if (std::exchange(commanded_, run) == run) return;
  if (!run && set_.last_cut) *set_.last_cut = os::now();
  moved_(*this);
}

void BusStation::follow() {
  if (latch_->state() != LatchState::running) return command(false);
  if (role_->safe_state().state != LatchState::running) command(true);  // it was started just now
}

void BusStation::soon() {
  if (std::exchange(soon_, true) || set_.last_cut) return;  // of many, each does it in its next turn
  soon_timer_ = loop_.after(tell_after, [this] { tell(); });
}

void BusStation::tell() {
  soon_ = false;
  keep_stops();
  show();
  confirm();
}

bool BusStation::others_are_cutting(Instant now) const {
  return set_.last_cut && now - *set_.last_cut < cutting;
}

void BusStation::show() {
  station::Local local;
  local.known = true;
  local.state = latch_->state();
  local.acknowledged = latch_->acknowledged();
  local.epoch = latch_->epoch();
  local.first_out = latch_->first_out();
  local.cut_done = cut_at_;
  local.outputs.push_back({std::string(device), commanded_, contact_ == commanded_ ? "confirmed" : "failed"});
  const Instant now = os::now();
  role_->local(local, now);
  commands_->open(local.state == LatchState::running && role_->open(), now);
}

void BusStation::on_stop(const std::string& text, bool straight) {
  const auto& stop = set_.reader->stop(text, straight);
  const Instant now = os::now();
  const auto obeyed = role_->obey(stop, now);
  unkept_.push_back({set_.reader->stop_text(), straight, obeyed});
  confirm_soon_ = true;
  if (unkept_.size() >= most_unkept || !others_are_cutting(now)) keep_stops();
}

void BusStation::keep_stops() {
  for (const Unkept& one : unkept_)
    role_->keep_stop(one.obeyed, set_.reader->stop(*one.text, one.straight), *one.text, os::now());
  unkept_.clear();
}

void BusStation::heard(std::string_view channel, const std::string& text) {
  if (channel == estop::stop_channel) return on_stop(text, false);
  keep_stops();
  const Instant now = os::now();
  if (channel == estop::release_channel(set_.instance)) return role_->release(text, now);
  commands_->request(text, now);
}

void BusStation::publish(std::string_view channel, const std::string& text) {
  if (text.empty()) return;
  if (channel == estop::stop_channel && set_.second_path && !off_line_) direct_->send(text);
  if (!link_) return;
  session_->ask({"PUBLISH", channel, text});
  link_->send_now();
}

void BusStation::press() {
  keep_stops();
  const Instant now = os::now();
  Cause cause{CauseCode::button_press, false, "button", "", now, os::wall_ns()};
  cause.detail.assign("the button of " + set_.instance);
  const bool trip = latch_->stop(button, cause);
  if (trip) cut_at_ = now;
  follow();
  show();
  if (!trip) role_->demanded(cause, now);
}

void BusStation::cut(bool off_line) {
  if (std::exchange(off_line_, off_line) == off_line) return;
  if (!off_line) return connect();
  link_.reset();
  session_.reset();
  asking_ = false;
  role_->left();
}

void BusStation::deaf(bool on) { deaf_ = on; }

void BusStation::weld(bool on) {
  welded_ = on;
  if (!on) contact_ = commanded_;
  soon();
}

void BusStation::restart() {
  keep_stops();
  // What is under way belongs to the start before.
  *alive_ = false;
  alive_ = std::make_shared<bool>(true);
  soon_ = confirm_soon_ = asking_ = false;
  link_.reset();
  session_.reset();
  boot();
}

void BusStation::ask_latch() {
  if (asking_ || !online()) return;
  keep_stops();
  asking_ = station::ask_latch(
      *session_, role_->latch_head(),
      [this] {
        asking_ = false;
        role_->latch_as_before(os::now());
        confirm_soon_ = true;
      },
      [this](const resp::Value& value) {
        asking_ = false;
        role_->latch(value.is_text() ? std::optional(value.text) : std::nullopt, os::now());
        confirm_soon_ = true;
      });
  if (set_.second_path && os::now() >= next_paths_) {
    next_paths_ = os::now() + paths_every;
    session_->ask({"GET", estop::paths_key}, [this](const resp::Value& value) {
      if (!value.is_text()) {
        next_paths_ = {};
      } else if (const auto paths = set_.reader->paths(value.text)) {
        direct_->know(*paths);
      }
    });
  }
  link_->send_now();
}

void BusStation::confirm() {
  estop::SafeState state = role_->safe_state();
  state.path = direct_->address();
  publish(estop::safe_channel, estop::write_safe_state(envelope(), state, set_.keys, set_.instance));
}

void BusStation::beat() {
  estop::Heartbeat beat;
  beat.status = latch_->state() == LatchState::tripped || !role_->open() ? estop::Health::degraded
                                                                         : estop::Health::running;
  beat.uptime_seconds = to_ms(os::now() - began_) / 1000;
  beat.devices.emplace_back(device);
  beat.firmware_version = version;
  beat.counters["commands_processed"] = commands_->done();
  beat.counters["commands_failed"] = commands_->failed();
  const estop::Message message{envelope(), beat};
  if (const auto text = estop::write_message(message)) publish(estop::heartbeat_channel, *text);
  session_->ask({"SET", estop::alive_key(set_.instance), name(beat.status), "EX", alive_seconds});
}

void BusStation::tick() {
  const Instant now = os::now();
  if (!others_are_cutting(now)) {
    if (soon_) tell();
    keep_stops();
  }
  if (link_)
    if (const Instant last = link_->status().last_heard; last != Instant{}) role_->heard(last);
  role_->tick(now);
  commands_->open(latch_->state() == LatchState::running && role_->open(), now);
  commands_->tick(now);
  if (online() && !others_are_cutting(now)) {
    if (std::exchange(confirm_soon_, false)) confirm();
    if (now >= next_second_) {
      next_second_ = now + 1s;
      beat();
      ask_latch();
    }
  }
  tick_ = loop_.after(turn_every, [this] { tick(); });
}

}  // namespace standstill::sim
