#include "client/plc_engine.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <limits>
#include <utility>

#include "client/validate.hpp"
#include "link/tcp.hpp"
#include "plant/plc/values.hpp"

namespace standstill::client {

namespace {

// A caller that waits for the PLC alone, and not for what the loop has besides, does so for this long at most
// (the system rounds up to its own ticks, of 1 to 10 ms), and only while the loop's last turn is younger.
constexpr Duration patience = 4ms;
constexpr Duration keeper_pause = 20ms;  // without a call for so long, the keeper takes the loop
// Readings in the time in which the heartbeat must change: one that is lost is no standstill.
constexpr int beats_looked_at = 4;

link::Timing timing_of(const PlcOptions& options) {
  link::Timing timing;
  timing.probe = options.probe;
  timing.silence = options.answer_within;
  timing.dial = options.connect_timeout;
  timing.reconnect.first = options.retry_first;
  timing.reconnect.factor_permille = 2000;
  timing.reconnect.max = options.retry_longest;
  timing.max_tries = options.max_tries;
  timing.breaker.failures = 0;  // the PLC is somebody's only one
  return timing;
}

plc::SessionSettings settings_of(const std::string& host, const PlcOptions& options) {
  plc::SessionSettings settings;
  settings.peer = host + ":" + std::to_string(options.port);
  settings.tsaps = s7::tsaps(static_cast<s7::ConnectionType>(options.connection), options.rack, options.slot);
  if (options.remote_tsap != 0) settings.tsaps = {options.local_tsap, options.remote_tsap};
  settings.answer_within = options.answer_within;
  settings.allow_write = options.allow_write;
  settings.allow_control = options.allow_control;
  settings.password = options.password;
  return settings;
}

FrozenSettings beat_settings(const PlcOptions& options) {
  FrozenSettings settings;
  if (!options.heartbeat) return settings;
  settings.tag.assign(options.heartbeat->address);
  settings.changes_within = options.heartbeat->changes_within;
  return settings;
}

void complain(const Trouble& trouble) {
  const std::string line = "standstill: " + trouble.handler + ": " + trouble.detail + "\n";
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

}  // namespace

PlcEngine::PlcEngine(std::string host, PlcOptions options)
    : host_(std::move(host)),
      options_(std::make_shared<const PlcOptions>(std::move(options))),
      unusable_(what_is_wrong(host_, *options_)),
      dispatcher_(std::max<Duration>(options_->handler_patience, 10ms), complain),
      session_(settings_of(host_, *options_)),
      beat_watch_(beat_settings(*options_)) {}

PlcEngine::~PlcEngine() { close(); }

void PlcEngine::start() {
  if (!unusable_.empty()) return;
  link_ = std::make_unique<link::Link>(
      loop_, session_,
      std::make_unique<link::TcpTransport>(
          loop_, link::TcpTransport::Settings{host_, options_->port, options_->answer_within, patience}),
      link::Link::Settings{
          "plc", "s7", true, timing_of(*options_),
          static_cast<std::uint32_t>(::getpid()) ^ static_cast<std::uint32_t>(os::wall_ns())},
      [this](const link::Status& status, link::State previous, std::string_view why) {
        link_changed(status, previous, why);
      });
  if (options_->heartbeat)
    if (const auto address = s7::parse_address(options_->heartbeat->address))  // what_is_wrong() has looked
      beat_address_ = *address;
  link_->begin();
  ended_ = false;
  // Signals are the program's, not ours.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  keeper_ = std::thread([this] { keep(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (beat_address_) loop_.post([this] { beat(); });
}

void PlcEngine::close() {
  {
    std::unique_lock lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  loop_.post([] {});  // whoever turns the loop looks up
  keeping_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  {
    std::unique_lock lock(mutex_);
    ++waiters_;
    freed_.wait(lock, [this] { return !held_; });
    --waiters_;
    held_ = true;
  }
  beat_timer_.cancel();
  session_.say_goodbye();
  link_->send_now();
  link_->close_for_good();
  static_cast<void>(session_.ended(os::now()));
  session_.give_up_waiting("this connection is closed");
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  freed_.notify_all();
  dispatcher_.close();
}

plc::Terms PlcEngine::terms_at(Instant now) const {
  return {.on_loss = plc::OnLoss::repeat,
          .idempotent = options_->idempotent_writes,
          .give_up = now + options_->time_out};
}

plc::Trouble PlcEngine::closed() const {
  if (!unusable_.empty()) return {plc::Failure::unusable, peer() + ": " + unusable_};
  return {plc::Failure::unreachable, peer() + ": this connection is closed"};
}

void PlcEngine::prepare() {
  if (link_->status().state != link::State::lost || link_->status().next_dial != never) return;
  tries_ = 0;
  link_->poke();
}

PlcTags PlcEngine::tags(const std::vector<std::string>& addresses) {
  {
    const std::lock_guard lock(mutex_);
    if (last_tags_ && last_tags_->addresses() == addresses) return *last_tags_;
  }
  PlcTags made(addresses);
  const std::lock_guard lock(mutex_);
  return last_tags_.emplace(std::move(made));
}

// Who waits says so before he looks, so that nobody has to be woken when nobody waits.
void PlcEngine::settle(std::atomic<bool>& done) {
  done = true;
  if (waiters_ == 0) return;
  {
    const std::lock_guard lock(mutex_);
  }  // he has looked, and waits
  freed_.notify_all();
}

void PlcEngine::release() {
  held_ = false;
  if (waiters_ > 0) freed_.notify_all();
}

os::Loop::Timer PlcEngine::expiry(const plc::Terms& terms) {
  return loop_.at(terms.give_up, [this] { session_.tick(os::now()); });
}

void PlcEngine::run_until(const std::function<void(Instant)>& begin, const std::atomic<bool>& done,
                          Instant now, Instant limit) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  count_caller(+1);
  ++calls_;
  bool begun = false;
  std::shared_ptr<bool> wanted;  // what `begin` refers to is still there
  if (held_) {
    begun = true;
    wanted = std::make_shared<bool>(true);
    loop_.post([begin, wanted] {
      if (*wanted) begin(os::now());
    });
  }
  const auto leave = [&] {
    if (wanted) *wanted = false;
    count_caller(-1);
  };
  while (!done && (!ended_ || begun)) {
    if (held_) {
      wait_for_the_loop(lock, done);
      now = os::now();
      continue;
    }
    if (ended_) break;
    held_ = true;
    lock.unlock();
    try {
      if (!std::exchange(begun, true)) begin(now);
      turn_until(done, now, limit);
    } catch (...) {  // out of memory: the loop is not to be held for ever by somebody who has left
      lock.lock();
      release();
      leave();
      throw;
    }
    lock.lock();
    release();
    if (!done && os::now() >= limit) break;
  }
  leave();
}

// Whoever settles the question looks for waiters after he has said that it is done: one of the two sees the
// other.
void PlcEngine::wait_for_the_loop(std::unique_lock<std::mutex>& lock, const std::atomic<bool>& done) {
  ++waiters_;
  if (!done) freed_.wait(lock);
  --waiters_;
}

// Written with the mutex held, so that it needs no more.
void PlcEngine::count_caller(int change) {
  callers_.store(callers_.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(change),
                 std::memory_order_relaxed);
}

void PlcEngine::turn_until(const std::atomic<bool>& done, Instant now, Instant limit) {
  for (bool patient = true; !done;) {
    if (now >= limit) {
      loop_.turn(Duration::zero());  // the question itself may still be posted
      session_.tick(os::now());
      return;
    }
    if (patient && callers_ == 1 && now - turned_ < patience) {
      patient = link_->await_bytes();
      if (done) return;
      now = os::now();
    } else {
      loop_.turn(std::min<Duration>(limit - now, 1s));
      now = turned_ = os::now();
    }
  }
}

void PlcEngine::keep() {
  std::unique_lock lock(mutex_);
  std::uint64_t seen = 0;
  while (!ended_) {
    if (held_ || callers_ > 0 || seen != calls_) {
      seen = calls_;
      keeping_.wait_for(lock, keeper_pause);
      continue;
    }
    held_ = true;
    lock.unlock();
    loop_.turn(1s);
    lock.lock();
    release();
  }
}

void PlcEngine::link_changed(const link::Status& status, link::State, std::string_view why) {
  const Instant now = os::now();
  if (status.state == link::State::online) {
    const auto outage = lost_at_ ? now - *lost_at_ : Duration::zero();
    const bool first = !std::exchange(was_online_, true);
    tries_ = 0;
    loss_told_ = false;
    online_ = true;
    lost_at_.reset();
    if (options_->on_return)
      dispatcher_.call(Dispatcher::Order::urgent, on_return_, [options = options_, outage, first] {
        options->on_return({std::chrono::duration_cast<std::chrono::milliseconds>(outage), first});
        return true;
      });
    return;
  }
  if (status.state != link::State::lost && status.state != link::State::suspended) return;
  if (!lost_at_) lost_at_ = now;
  if (!std::exchange(loss_told_, true) && options_->on_loss)
    dispatcher_.call(Dispatcher::Order::urgent, on_loss_,
                     [options = options_, why = peer() + ": " + std::string(why), was = was_online_] {
                       options->on_loss({why, was});
                       return true;
                     });
  // Not by the state before: a peer that is connected to and never answers is silent before it is lost.
  if (!std::exchange(online_, false)) attempt_failed(why);
}

// Whoever waited for a connection and ran out of time wants to know why there is none.
plc::Trouble PlcEngine::with_cause(plc::Trouble trouble) const {
  const auto& status = link_->status();
  if (trouble.kind == plc::Failure::unreachable && status.state != link::State::online &&
      !status.last_error.empty() && trouble.text.find(status.last_error) == std::string::npos)
    trouble.text += "; " + status.last_error;
  return trouble;
}

void PlcEngine::attempt_failed(std::string_view why) {
  ++tries_;
  const bool last = options_->max_tries != 0 && tries_ >= options_->max_tries;
  PlcAttempt attempt{.number = tries_,
                     .maximum = options_->max_tries,
                     .error = peer() + ": " + std::string(why),
                     .next = std::chrono::milliseconds(-1)};
  // When the next one is due the link knows only after this call.
  loop_.post([this, last, attempt = std::move(attempt)]() mutable {
    if (const Instant next = link_->status_now().next_dial; next != never)
      attempt.next = std::chrono::milliseconds(std::max<std::int64_t>(0, to_ms(next - os::now())));
    if (last) session_.give_up_waiting(link_->status().last_error);
    if (options_->on_attempt)
      dispatcher_.call(Dispatcher::Order::ordinary, on_attempt_, [options = options_, attempt] {
        options->on_attempt(attempt);
        return false;
      });
  });
}

void PlcEngine::beat() {
  beat_timer_ = loop_.after(std::max<Duration>(options_->heartbeat->changes_within / beats_looked_at, 1ms),
                            [this] { beat(); });
  if (link_->status().state != link::State::online) return judge_beat({});
  // The answer to the question before this one may never come.
  judge_beat({std::numeric_limits<double>::quiet_NaN(), SampleQuality::good, os::now()});
  if (beats_asked_ >= beats_looked_at) return;
  ++beats_asked_;
  plc::read_values(
      session_, {*beat_address_}, {.on_loss = plc::OnLoss::fail, .idempotent = false, .give_up = never},
      os::now(), [this](const plc::Outcome<plc::Values>& outcome) {
        --beats_asked_;
        if (!outcome)
          return outcome.error().kind == plc::Failure::refused ? beat_refused(outcome.error().text)
                                                               : judge_beat({});
        if (!outcome->front()) return beat_refused(peer() + ": " + outcome->front().error());
        const auto number = s7::number(*outcome->front());
        if (!number) return;
        beat_refused_ = false;
        judge_beat({*number, SampleQuality::good, os::now()});
      });
  link_->send_now();
}

// What cannot be read is not known to beat, and does not until it was read again.
void PlcEngine::beat_refused(const std::string& why) {
  beat_refused_ = true;
  tell_beat(false, why);
}

void PlcEngine::judge_beat(const Sample& sample) {
  if (beat_refused_) return;
  const Verdict verdict = beat_watch_.update(os::now(), sample);
  if (verdict.standing == Standing::unknown) return;
  tell_beat(verdict.standing == Standing::clear, peer() + ": " + std::string(verdict.detail.view()));
}

void PlcEngine::tell_beat(bool alive, const std::string& why) {
  if (alive_told_ == alive) return;
  alive_told_ = alive;
  if (!options_->on_heartbeat) return;
  dispatcher_.call(Dispatcher::Order::urgent, on_heartbeat_, [options = options_, alive, why] {
    options->on_heartbeat(alive, why);
    return true;
  });
}

PlcResult<PlcDone> PlcEngine::wait_online(Duration time_out) {
  const Instant limit = os::now() + std::min<Duration>(time_out, 24h * 365);
  const auto online = std::make_shared<std::atomic<bool>>(false);
  run_until([this](Instant) { prepare(); }, *online, os::now(), os::now());
  while (os::now() < limit) {
    const PlcStatus now = status();
    if (now.online) return PlcDone{};
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return error_of(closed());
    }
    if (options_->max_tries != 0 && now.exhausted) break;
    const auto never_done = std::make_shared<std::atomic<bool>>(false);
    run_until([](Instant) {}, *never_done, os::now(), std::min(limit, os::now() + 10ms));
  }
  const PlcStatus now = status();
  if (now.online) return PlcDone{};
  return PlcError{PlcError::Kind::unreachable,
                  peer() + ": not online, but " + now.state + (now.detail.empty() ? "" : ": " + now.detail)};
}

PlcStatus PlcEngine::status() {
  const auto done = std::make_shared<std::atomic<bool>>(false);
  const auto answer = std::make_shared<PlcStatus>();
  answer->state = "closed";
  answer->peer = peer();
  answer->detail = unusable_;
  run_until(
      [this, done, answer](Instant) {
        const auto& of_link = link_->status();
        answer->state = std::string(link::name(of_link.state));
        answer->online = of_link.state == link::State::online;
        answer->detail = of_link.last_error;
        answer->disconnects = of_link.disconnects;
        answer->attempts = tries_;
        answer->exhausted = of_link.state == link::State::lost && of_link.next_dial == never;
        answer->pdu = answer->online ? session_.pdu() : std::uint16_t{0};
        answer->outstanding = answer->online ? session_.outstanding_allowed() : 0;
        answer->requests = session_.requests();
        answer->stale_answers = session_.stale_answers();
        settle(*done);
      },
      *done, os::now(), os::now() + 5s);
  return *answer;
}

void PlcEngine::retry_now() {
  loop_.post([this] { link_->poke(); });
}

}  // namespace standstill::client
