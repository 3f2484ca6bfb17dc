#include "plant/loco/chain.hpp"

#include "plant/loco/reason.hpp"

namespace standstill::loco {

Chain::Chain() { configure(Settings{}); }

void Chain::boot(Instant now, BootReason reason, Epoch last_epoch) {
  latch_.use(watch_count + 2);
  LatchRecord record;
  record.epoch = last_epoch;
  latch_.boot(last_epoch == 0 ? nullptr : &record, now, 0);
  for (const SourceIndex own : {operator_source, firmware_source}) latch_.report(own, Standing::clear, {});
  events_.put({to_ns(now), static_cast<std::int32_t>(reason), EventKind::booted, 255, CauseCode::none, 0});
  if (reason == BootReason::power_on || reason == BootReason::brown_out) {
    (void)latch_.acknowledge(latch_.epoch());
    untouched_ = true;
    return;
  }
  // Whoever hung may hang again: this needs a person at the engine.
  Cause cause{CauseCode::software_error, false, "firmware", {}, now, 0};
  latch_.raise_epoch(latch_.epoch());
  (void)latch_.stop(firmware_source, cause);
  reason_ = reason == BootReason::watchdog ? woken_by_watchdog : woken_by_firmware;
  hold_ = Hold::parking;
  woken_parked_ = now;
  events_.put({to_ns(now), 0, EventKind::trip, 255, CauseCode::software_error, 0});
}

void Chain::configure(const Settings& settings) {
  watches_.configure(settings);
  graceful_ = settings[Cv::graceful] == 2;
  slow_for_ = settings[Cv::degraded_time] * 1000ms;
}

void Chain::emergency_stop(Instant now) {
  const bool trips =
      latch_.stop(operator_source, {CauseCode::operator_command, false, "operator", {}, now, 0});
  // A station says it fifty times a second: that is one stop, and what came before it stays in the ring.
  if (trips || stopped_ == Instant{} || now - stopped_ > one_stop)
    events_.put({to_ns(now), 0, EventKind::stopped, 255, CauseCode::operator_command, 0});
  stopped_ = now;
  if (trips) {
    first_ = 255;
    first_code_ = CauseCode::operator_command;
    reason_due_ = true;
  }
  // Tripped by a power-up: closed and cold already, and the stop is remembered all the same.
  if (hold_ == Hold::none) hold_ = Hold::by_operator;
  orders_.heat = false;
  if (hold_ == Hold::parking) return;
  closed_by_hand_ = true;
  orders_.regulator = Regulator::closed;
}

void Chain::commanded(Instant now, std::uint8_t speed) {
  if (hold_ == Hold::slowing || hold_ == Hold::parking) return;
  const Epoch epoch = latch_.epoch();
  if (speed == 0) {
    if (latch_.state() != LatchState::tripped) return;
    // The operator who stopped is the one who now commands 0. And what comes and goes between power-up and
    // the first reset (a command station that is switched on later than the engine) is of this power cycle
    // too.
    if (hold_ == Hold::by_operator || untouched_) (void)latch_.acknowledge(epoch);
    refusal_ = latch_.reset(epoch, now);
    if (refusal_ != Refusal::none) return;
    hold_ = Hold::none;
    closed_by_hand_ = false;
    untouched_ = false;
    events_.put({to_ns(now), 0, EventKind::reset, 255, CauseCode::none, 0});
  } else if (latch_.state() == LatchState::ready) {
    refusal_ = latch_.start(epoch, now, Refusal::none);
    if (refusal_ == Refusal::none)
      events_.put({to_ns(now), speed, EventKind::started, 255, CauseCode::none, 0});
  }
}

void Chain::distrust(Instant now, std::string_view what) {
  const bool trips = latch_.stop(firmware_source, {CauseCode::software_error, false, "firmware", {}, now, 0});
  distrusted_ = what;
  if (trips) {
    first_ = 255;
    first_code_ = CauseCode::software_error;
    reason_due_ = true;
  }
  park(now, CauseCode::software_error);
}

const Orders& Chain::decide(Instant now, const WatchInput& input, bool wheels_turn) {
  watches_.judge(now, input);
  report(now);
  if (hold_ == Hold::slowing) slow_down(now, wheels_turn);
  order(now);
  return orders_;
}

std::size_t Chain::present() const {
  std::size_t count = 0;
  for (const Finding& one : watches_.findings())
    if (one.standing == Standing::present) ++count;
  return count;
}

void Chain::report(Instant now) {
  const Watches::Findings& findings = watches_.findings();
  for (std::size_t i = 0; i < watch_count; ++i) {
    const auto index = static_cast<SourceIndex>(i);
    const bool stands = findings[i].standing == Standing::present;
    if (!stands && findings[i].standing == latch_.source(index).standing) continue;
    const bool is_new =
        stands && (latch_.source(index).standing != Standing::present || told_code_[i] != findings[i].code);
    Cause cause;
    cause.code = findings[i].code;
    cause.at = now;
    if (latch_.report(index, findings[i].standing, cause)) {
      first_ = index;
      first_code_ = cause.code;
      reason_due_ = true;
      park(now, cause.code);
    } else if (is_new && hold_ == Hold::by_operator && !untouched_) {
      park(now, CauseCode::none);  // stopped by hand, and now there is more than that
    }
  }
}

// A cause of a watch; the same again, or another one, while it is under way changes nothing.
void Chain::park(Instant now, CauseCode code) {
  if (hold_ == Hold::parking) return;
  if (graceful_ && code == CauseCode::sensor_fault && hold_ == Hold::none && present() == 1) {
    hold_ = Hold::slowing;
    slowing_since_ = now;
    return;
  }
  hold_ = Hold::parking;
  sequence_.begin(now);
}

void Chain::slow_down(Instant now, bool wheels_turn) {
  if (wheels_turn && now - slowing_since_ < slow_for_ && present() <= 1) {
    for (const Finding& one : watches_.findings())
      if (one.standing == Standing::present && one.code != CauseCode::sensor_fault) {
        hold_ = Hold::parking;
        sequence_.begin(now);
        return;
      }
    return;
  }
  hold_ = Hold::parking;
  sequence_.begin(now);
}

void Chain::order(Instant now) {
  const bool slept = orders_.asleep;
  orders_ = {};
  const LatchState state = latch_.state();
  orders_.heat = state == LatchState::running;
  if (state == LatchState::running) orders_.regulator = Regulator::follow;
  orders_.lamp = state == LatchState::running ? Lamp::steady
                 : state == LatchState::ready ? Lamp::slow
                                              : Lamp::rapid;
  if (hold_ == Hold::slowing) orders_.regulator = closed_by_hand_ ? Regulator::closed : Regulator::slow_down;
  orders_.save_log = woken_parked_ != Instant{} && now - woken_parked_ >= sound_for;
  const std::uint32_t due = sequence_.due(now);
  if (due == 0) return;
  orders_.regulator = Sequence::has(due, Sequence::close) ? Regulator::closed : Regulator::vent;
  orders_.save_log = Sequence::has(due, Sequence::save_log);
  orders_.servo_power = !Sequence::has(due, Sequence::servo_off);
  orders_.asleep = Sequence::has(due, Sequence::sleep);
  orders_.last_frame = orders_.asleep && !slept;
  if (orders_.asleep) orders_.lamp = Lamp::asleep;
}

void Chain::tell(Instant now) {
  if (reason_due_) {
    reason_due_ = false;
    if (first_ < watch_count)
      reason_ = watches_.reason(static_cast<Watched>(first_));
    else if (first_code_ == CauseCode::operator_command)
      reason_ = stopped_by_operator;
    else
      reason_ = distrusted_;
    events_.put({to_ns(now), 0, EventKind::trip, first_, first_code_, 0});
  }
  for (std::size_t i = 0; i < watch_count; ++i) {
    const Finding& finding = watches_.findings()[i];
    const Standing before = told_[i];
    const bool other = finding.standing == Standing::present && finding.code != told_code_[i];
    told_[i] = finding.standing;
    told_code_[i] = finding.code;
    if (finding.standing == before && !other) continue;
    if (finding.standing != Standing::present && before != Standing::present) continue;
    const Milli value = i < sensor_count ? watches_.sensor(static_cast<Watched>(i)).value() : 0;
    events_.put({to_ns(now), value,
                 finding.standing == Standing::present ? EventKind::cause : EventKind::cause_gone,
                 static_cast<std::uint8_t>(i), finding.code, 0});
  }
  const std::uint32_t due = sequence_.due(now);
  for (std::uint8_t act = 0; act < Sequence::acts; ++act)
    if (Sequence::has(due & ~told_acts_, static_cast<Sequence::Act>(act)))
      events_.put({to_ns(now), act, EventKind::stage, 255, CauseCode::none, 0});
  told_acts_ = due;
}

void Chain::note(Instant now, EventKind kind, std::int32_t value) {
  events_.put({to_ns(now), value, kind, 255, CauseCode::none, 0});
}

}  // namespace standstill::loco
