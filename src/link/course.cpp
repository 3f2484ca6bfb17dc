#include "link/course.hpp"

#include <algorithm>

namespace standstill::link {

namespace {
constexpr int drip_limit = 10;  // times `silence`
}

void Course::enter(Phase phase, State state) {
  phase_ = phase;
  state_ = goodbye_ ? State::closed : state;
}

void Course::begin(Instant now) {
  if (phase_ != Phase::idle) return;
  enter(Phase::waiting, State::dialing);
  dial_at_ = now;
}

Instant Course::verdict_at() const {
  const Instant patient = asked_ + drip_limit * timing_.silence;
  return std::min(std::max(asked_, progress_) + timing_.silence, patient);
}

Instant Course::deadline() const {
  switch (phase_) {
    case Phase::waiting:
      return dial_at_;
    case Phase::probing:
      return verdict_at();
    case Phase::online:
      return waiting_for_answer_ ? verdict_at() : heard_ + timing_.probe;
    case Phase::idle:
    case Phase::dialing:  // the transport keeps its own time-out
    case Phase::stopped:
      break;
  }
  return never;
}

Course::Due Course::due(Instant now) const {
  if (now < deadline()) return Due::nothing;
  switch (phase_) {
    case Phase::waiting:
      return Due::dial;
    case Phase::probing:
      return Due::silence;
    case Phase::online:
      return waiting_for_answer_ ? Due::silence : Due::probe;
    default:
      return Due::nothing;
  }
}

void Course::dialing(Instant) {
  dial_at_once_ = false;
  enter(Phase::dialing, State::dialing);
}

void Course::wait_for_next(Instant now) {
  if (dial_at_once_) {
    dial_at_ = now;
    return enter(Phase::waiting, State::lost);
  }
  if (timing_.max_tries != 0 && tries_ >= timing_.max_tries) {
    dial_at_ = never;
    return enter(Phase::waiting, State::lost);
  }
  dial_at_ = now + backoff_.next(jitter_.next());
  const bool broken = breaker_.open(now);
  if (broken) dial_at_ = std::max(dial_at_, breaker_.until());
  enter(Phase::waiting, broken ? State::suspended : State::lost);
}

void Course::dial_failed(Instant now) {
  if (phase_ != Phase::dialing && phase_ != Phase::probing) return;
  ++tries_;
  breaker_.failed(now);
  wait_for_next(now);
}

void Course::opened(Instant now) {
  enter(Phase::probing, State::probing);
  asked_ = progress_ = heard_ = now;
  waiting_for_answer_ = true;
}

void Course::proven(Instant now) {
  if (phase_ != Phase::probing) return;
  goodbye_ = false;
  tries_ = 0;
  backoff_.reset();
  breaker_.close();
  waiting_for_answer_ = false;
  heard_ = now;
  enter(Phase::online, State::online);
}

void Course::probed(Instant now) {
  if (phase_ != Phase::online) return;
  asked_ = now;
  waiting_for_answer_ = true;
}

void Course::progress(Instant now) { progress_ = now; }

std::optional<Duration> Course::heard(Instant now) {
  heard_ = progress_ = now;
  if (phase_ != Phase::online || !waiting_for_answer_) return std::nullopt;
  waiting_for_answer_ = false;
  return now - asked_;
}

void Course::silent(Instant) {
  if (connected()) state_ = goodbye_ ? State::closed : State::silent;
}

void Course::ended(Ending ending, Instant now) {
  if (!connected()) return;
  waiting_for_answer_ = false;
  if (ending == Ending::goodbye) goodbye_ = true;
  if (phase_ == Phase::probing) {
    dial_failed(now);
  } else {
    wait_for_next(now);
  }
}

void Course::stop(Instant) {
  phase_ = Phase::stopped;
  state_ = State::closed;
}

void Course::poke(Instant now) {
  if (phase_ != Phase::waiting) return;
  tries_ = 0;
  backoff_.reset();
  dial_at_ = now;
}

void Course::device_returned(Instant now) {
  if (phase_ == Phase::dialing || phase_ == Phase::probing) {
    breaker_.close();
    tries_ = 0;
    backoff_.reset();
    dial_at_once_ = true;
  } else if (phase_ == Phase::waiting) {
    breaker_.close();
    poke(now);
  }
}

}  // namespace standstill::link
