// The engine's bytes: in, decoded in slices, out. Its decisions are in link.cpp.
#include <sys/epoll.h>

#include "link/link.hpp"

namespace standstill::link {

void Link::ready(std::uint32_t events) {
  const bool last = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (!deaf_ || last) {
    std::string_view why;
    // The end is judged with everything of it read that can say something, also when a megabyte of decoding
    // is pending.
    const Reading reading = read_in(last, why);
    if (!course_.connected()) return;
    if (reading == Reading::ended || (events & (EPOLLHUP | EPOLLERR)) != 0)
      return over(session_.ended(loop_.now()), why);
    read_everything_ = reading == Reading::drained;
    if (!read_everything_ && transport_->buffered()) later(&Link::read_on);
  }
  if ((events & EPOLLOUT) != 0) flush();
  decode_later();
}

void Link::read_on() {
  if (course_.connected()) ready(EPOLLIN);
}

Link::Reading Link::read_in(bool everything, std::string_view& why) {
  for (int i = 0; everything || i < reads_a_turn; ++i) {
    if (everything && rest_says_nothing()) {
      why = transport_->why_ended();
      return Reading::ended;
    }
    const Io io = transport_->read({buffer_.get(), portion_});
    const Reading reading = take_in(io, loop_.now(), why);
    if (reading == Reading::ended || io.did == Io::Did::again || (reading == Reading::drained && !everything))
      return reading;
  }
  return Reading::more;
}

Link::Reading Link::take_in(const Io& io, Instant now, std::string_view& why) {
  if (io.did == Io::Did::again) return Reading::drained;
  if (io.did == Io::Did::ended) {
    why = io.why;
    return Reading::ended;
  }
  status_.bytes_received += io.bytes;
  course_.progress(now);
  pending_work_ = answered_ = true;
  if (!session_.feed({buffer_.get(), io.bytes}, now)) {
    const std::string error = session_.error();
    over(Ending::crash, error);
    static_cast<void>(session_.ended(now));
    return Reading::ended;
  }
  return io.bytes < portion_ && transport_->short_read_took_all() ? Reading::drained : Reading::more;
}

bool Link::await_bytes() {
  if (!course_.connected() || deaf_ || pending_work_ || want_write_ || write_broken_) return false;
  const Io io = transport_->read_patiently({buffer_.get(), portion_});
  if (io.did == Io::Did::again) return false;
  std::string_view why;
  const Instant now = loop_.now();
  const Reading reading = take_in(io, now, why);
  if (!course_.connected()) return true;
  if (reading == Reading::ended) {
    over(session_.ended(now), why);
  } else {
    read_everything_ = reading == Reading::drained;
    advance_at(now);
  }
  return true;
}

// Of a plan that its server's death cut short, megabytes may wait in the kernel. Reading them costs the time
// in which the track still has power, and no goodbye can be in a message that never becomes whole.
bool Link::rest_says_nothing() const {
  const std::size_t missing = session_.missing();
  if (missing == 0) return false;
  const auto unread = transport_->unread();
  return unread && *unread < missing;
}

// The end of a connection shows only when every byte before it has been read, so reading goes before
// decoding. Not for ever: who never pauses wants to be understood, too.
bool Link::reading_comes_first() {
  if (read_everything_ || ++undecoded_turns_ > turns_without_decoding) undecoded_turns_ = 0;
  return undecoded_turns_ > 0;
}

void Link::decode_later() {
  if (decoding_posted_ || !pending_work_) return;
  decoding_posted_ = true;
  later(&Link::advance);
}

void Link::later(void (Link::*what)()) {
  loop_.post([this, what, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) (this->*what)();
  });
}

void Link::advance() {
  decoding_posted_ = false;
  advance_at(loop_.now());
}

void Link::advance_at(Instant now) {
  if (!course_.connected()) return;
  if (pending_work_ && !reading_comes_first()) {
    pending_work_ = session_.work(now);
    if (!course_.connected()) return;
    if (pending_work_) course_.progress(now);
  }
  if (const Instant heard = session_.last_heard(); heard != last_heard_) {
    last_heard_ = status_.last_heard = heard;
    if (const auto rtt = course_.heard(now)) status_.rtt = *rtt;
  }
  if (course_.state() != State::online && session_.proven()) {
    const State previous = course_.state();
    course_.proven(now);
    if (course_.state() != previous) {
      announce(previous, "online");
      transport_->served();
    }
  }
  flush();
  arm();
  decode_later();
}

void Link::flush() {
  if (write_broken_) return;
  bool blocked = false;
  while (!session_.output().empty()) {
    const Io io = transport_->write(session_.output());
    if (io.did == Io::Did::ended) {
      // What the peer said last may still be unread, a goodbye even: judge outside of the session's own
      // calls.
      write_broken_ = true;
      write_why_ = io.why;
      return later(&Link::write_failed);
    }
    if (io.did == Io::Did::again) {
      blocked = true;
      break;
    }
    status_.bytes_sent += io.bytes;
    session_.sent(io.bytes);
  }
  if (blocked == want_write_) return;
  want_write_ = blocked;
  const std::uint32_t reading = deaf_ ? 0U : std::uint32_t{EPOLLIN | EPOLLRDHUP};
  watch_.change(reading | (want_write_ ? std::uint32_t{EPOLLOUT} : 0U));
}

void Link::write_failed() {
  if (!course_.connected() || !write_broken_) return;
  std::string_view why;
  read_in(true, why);
  if (course_.connected()) over(session_.ended(loop_.now()), why.empty() ? write_why_ : why);
}

}  // namespace standstill::link
