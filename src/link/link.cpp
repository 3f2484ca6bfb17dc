#include "link/link.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "os/clock.hpp"

namespace standstill::link {

namespace {
constexpr std::string_view crashed = "the connection ended without a goodbye";
constexpr std::string_view unanswered = "the connection ended before the peer had answered anything";
constexpr std::string_view unfinished =
    "the connection ended without a goodbye, before the peer's first answer was taken in";
constexpr std::string_view goodbye = "the peer said goodbye";
}  // namespace

Link::Link(os::Loop& loop, Session& session, std::unique_ptr<Transport> transport, Settings settings,
           OnChange on_change)
    : loop_(loop),
      session_(session),
      transport_(std::move(transport)),
      on_change_(std::move(on_change)),
      course_(settings.timing, JitterSource(settings.jitter_seed)),
      portion_(session.portion()),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(portion_)) {
  const auto ms = std::to_string(to_ms(settings.timing.silence));
  silence_text_ = "no answer to a probe within " + ms + " ms";
  status_.id = std::move(settings.id);
  status_.kind = std::move(settings.kind);
  status_.critical = settings.critical;
  status_.since = loop_.now();
  status_.since_wall_ns = os::wall_ns();
  transport_->on_return([this] { device_returned(); });
}

Link::~Link() { drop_connection(); }

void Link::begin() {
  course_.begin(loop_.now());
  arm();
}

void Link::poke() {
  course_.poke(loop_.now());
  arm();
}

void Link::device_returned() {
  course_.device_returned(loop_.now());
  arm();
}

void Link::send_now() {
  if (!course_.connected()) return;
  flush();
  arm();
}

void Link::stop_listening() {
  if (!course_.connected()) return;
  deaf_ = true;
  watch_.change(want_write_ ? std::uint32_t{EPOLLOUT} : 0U);
}

void Link::close_for_good() {
  const State previous = course_.state();
  course_.stop(loop_.now());
  timer_.cancel();
  if (previous != State::closed) announce(previous, "closed by this program");
  drop_connection();
}

Status Link::status_now() const {
  Status copy = status_;
  copy.next_dial = course_.next_dial();
  if (online_ended_ != Instant{}) copy.outage += loop_.now() - online_ended_;
  return copy;
}

void Link::arm() {
  Instant when = course_.deadline();
  if (course_.connected()) when = std::min(when, session_.deadline());
  status_.next_dial = course_.next_dial();
  // A deadline that moved back (each message moves the next probe) is found out when the old one comes;
  // arming anew for every message would cost more than that.
  if (timer_ && armed_ <= when && when != never) return;
  armed_ = when;
  if (when == never) {
    timer_.cancel();
  } else {
    timer_ = loop_.at(when, [this] { on_deadline(); });
  }
}

void Link::on_deadline() {
  timer_.cancel();
  const Instant now = loop_.now();
  if (course_.connected() && session_.deadline() <= now) {
    session_.tick(now);
    if (const std::string error = session_.error(); !error.empty()) {  // it gives the connection up
      over(Ending::crash, error);
      static_cast<void>(session_.ended(now));
      return;
    }
    flush();
  }
  switch (course_.due(now)) {
    case Course::Due::dial:
      dial();
      break;
    case Course::Due::probe:
      session_.probe(now);
      ++status_.probes;
      course_.probed(now);
      flush();
      break;
    case Course::Due::silence:
      silence();
      break;
    case Course::Due::nothing:
      break;
  }
  arm();
}

void Link::dial() {
  const State previous = course_.state();
  const Instant now = loop_.now();
  ++status_.attempts;
  ++status_.dials;
  course_.dialing(now);
  if (course_.state() != previous) announce(previous, "dialing");
  if (course_.stopped()) return;
  transport_->dial(course_.timing().dial, [this](const auto& result) { dialed(result); });
}

void Link::dialed(const std::expected<void, std::string>& result) {
  const Instant now = loop_.now();
  const State previous = course_.state();
  status_.peer = transport_->peer();
  if (!result) {
    course_.dial_failed(now);
    std::string why = with_outlook(result.error());
    if (course_.state() != previous) announce(previous, why);
    status_.last_error = std::move(why);
    drop_connection();
    arm();
    return;
  }
  course_.opened(now);
  unproven_text_ = "connected to " + status_.peer + ", but nothing there answered within " +
                   std::to_string(to_ms(course_.timing().silence)) + " ms: is it the right kind of server?";
  last_heard_ = {};
  deaf_ = want_write_ = write_broken_ = pending_work_ = answered_ = false;
  read_everything_ = true;
  watch_ =
      loop_.watch(transport_->native_handle(), EPOLLIN | EPOLLRDHUP, [this](std::uint32_t e) { ready(e); });
  session_.connected(now);
  if (session_.output().empty()) {  // a protocol without opening requests proves itself by its probe
    session_.probe(now);
    ++status_.probes;
  }
  if (course_.state() != previous) announce(previous, "connected");
  if (!course_.connected()) return;
  flush();
  advance();
}

void Link::silence() {
  // The answer may have come since this turn began: look before judging.
  if (!deaf_) {
    std::string_view why;
    const Reading reading = read_in(false, why);
    if (!course_.connected()) return;
    if (reading == Reading::ended) return over(session_.ended(loop_.now()), why);
    if (pending_work_) advance();
    if (!course_.connected() || course_.due(loop_.now()) != Course::Due::silence) return;
  }
  const State previous = course_.state();
  const std::string_view why = session_.proven() ? silence_text_ : unproven_text_;
  course_.silent(loop_.now());
  if (course_.state() != previous) announce(previous, why);
  if (!course_.connected()) return;
  over(Ending::crash, why);  // a goodbye that the end does not follow is none
  static_cast<void>(session_.ended(loop_.now()));
}

void Link::over(Ending ending, std::string_view why) {
  const State previous = course_.state();
  // Some sessions have forgotten it by now: their connection is over.
  const bool was_proven = previous == State::online || previous == State::silent || session_.proven();
  course_.ended(ending, loop_.now());
  if (ending == Ending::goodbye) {
    why = goodbye;
  } else if (why.empty()) {
    why = was_proven ? crashed : answered_ ? unfinished : unanswered;
  }
  if (course_.state() != previous) announce(previous, why);
  if (ending == Ending::crash) status_.last_error = with_outlook(why);
  drop_connection();
  arm();
}

std::string Link::with_outlook(std::string_view why) const {
  std::string text(why);
  if (course_.exhausted())
    text += "; gave up after " + std::to_string(course_.timing().max_tries) +
            (course_.timing().max_tries == 1 ? " dial" : " dials");
  else if (course_.state() == State::suspended)
    text += "; " + std::to_string(course_.timing().breaker.failures) +
            " dials failed in a row, the next one follows in " +
            std::to_string(to_ms(course_.next_dial() - loop_.now()) / 1000) + " s";
  return text;
}

void Link::announce(State previous, std::string_view why) {
  const Instant now = loop_.now();
  status_.state = course_.state();
  status_.since = now;
  status_.since_wall_ns = os::wall_ns();
  if (status_.state == State::online) {
    status_.attempts = 0;
    status_.was_online = true;
    if (online_ended_ != Instant{}) status_.outage += now - std::exchange(online_ended_, Instant{});
  } else if (previous == State::online) {
    ++status_.disconnects;
    online_ended_ = now;
  }
  if (on_change_) on_change_(status_, previous, why);
}

void Link::drop_connection() {
  watch_ = {};  // before the descriptor is closed
  transport_->close();
  want_write_ = write_broken_ = pending_work_ = deaf_ = false;
}

}  // namespace standstill::link
