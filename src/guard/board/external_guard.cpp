#include "guard/board/external_guard.hpp"

#include <algorithm>

namespace standstill::guard {

using permit::Order;
using permit::Want;

namespace {

constexpr std::uint8_t flash_tries_at_most = 8;

std::uint64_t to_us(Instant at) { return static_cast<std::uint64_t>(to_ns(at)) / 1000; }

}  // namespace

void ExternalGuard::boot(Instant now) {
  const auto record = store_.open();
  latch_.boot(record ? &*record : nullptr, now, 0);
  store_.make_room();
  // Every power-up has a record, and so a number that no order of an earlier one repeats.
  save();
  session_ = store_.counter();
}

void ExternalGuard::report(SourceIndex source, Standing standing, CauseCode code, const char* detail,
                           Instant now) {
  const LatchState before = latch_.state();
  const bool acknowledged = latch_.acknowledged();
  latch_.report(source, standing, {code, standing == Standing::present, "external guard", detail, now, 0});
  changed_ = changed_ || latch_.state() != before || latch_.acknowledged() != acknowledged;
  open_unless_running();
}

void ExternalGuard::begin(Instant now) {
  if (judge_.fresh(now))
    report(host, Standing::clear, CauseCode::none, "", now);
  else if (latch_.state() == LatchState::running)
    report(host, Standing::present, CauseCode::supervisor_lost, "no good permit within the time-out", now);
  else
    report(host, Standing::unknown, CauseCode::none, "", now);
}

void ExternalGuard::hear(std::uint8_t byte, Instant now) {
  if (!reader_.take(byte)) return;
  if (const auto order = permit::order_in(reader_.payload())) obey(*order, now);
}

// Whether the order's permit extends the supervisor's time. A refused one changes nothing.
bool ExternalGuard::good_permit(const Order& order, Instant now) {
  if (order.session != session_ || order.heard_us > to_us(now)) return false;
  const Instant heard = instant_from_ns(static_cast<std::int64_t>(order.heard_us) * 1000);
  const Duration timeout = std::chrono::milliseconds(order.timeout_ms);
  if (heard <= heard_ || !sent_within(timeout, heard, now)) return false;
  const bool same =
      adopted_ && order.host == host_ && order.plan_hash == plan_hash_ && timeout == judge_.timeout();
  if (latch_.state() == LatchState::running) {
    if (!same || order.epoch != latch_.epoch()) return false;
  } else if (!same) {
    judge_ = PermitJudge(timeout, order.plan_hash);  // another supervisor or plan, while safe
    adopted_ = true;
    proven_ = false;
    host_ = order.host;
    plan_hash_ = order.plan_hash;
    sent_ns_ = order.sent_ns - 1;
  }
  const bool first = !judge_.heard();
  if (order.sent_ns <= sent_ns_ || !judge_.accept({order.sequence, heard, order.plan_hash}, now))
    return false;
  proven_ = !first;
  sequence_ = order.sequence;
  sent_ns_ = order.sent_ns;
  heard_ = heard;
  return true;
}

void ExternalGuard::obey(const Order& order, Instant now) {
  // Anybody may stop it, with an order as old as it likes.
  if (order.want != Want::run && latch_.state() == LatchState::running) {
    latch_.stop(host, {CauseCode::safety_interlock, false, "external guard", "its host has cut", now, 0});
    changed_ = true;
    open_unless_running();
  }
  if (!good_permit(order, now)) {
    // The same permit again only says that the supervisor has sent no newer one yet.
    const bool repeated = order.session == session_ && order.sequence == sequence_;
    if (!repeated && refused_ < 0xFFFF) ++refused_;
    return;
  }
  begin(now);
  if (order.want == Want::trip) return;
  refusal_ = Refusal::none;
  if (order.epoch != latch_.epoch()) {
    refusal_ = Refusal::wrong_epoch;
    return;
  }
  if (latch_.state() == LatchState::tripped) {
    latch_.acknowledge(order.epoch);
    refusal_ = latch_.reset(order.epoch, now);
    changed_ = true;
  }
  if (order.want == Want::run && latch_.state() == LatchState::ready) start(order.epoch, now);
}

void ExternalGuard::start(Epoch epoch, Instant now) {
  Refusal more = Refusal::none;
  if (!judge_.fresh(now) || !proven_) more |= Refusal::no_permit;
  if (inputs_.closed[0] || inputs_.closed[1]) more |= Refusal::readback_not_safe;
  if (!store_.has_room() || flash_failed_) more |= Refusal::not_recorded;
  refusal_ = latch_.start(epoch, now, more);
  if (refusal_ != Refusal::none) return;
  // S3: `running` is in flash before a coil gets current.
  save();
  if (flash_failed_) {
    report(own, Standing::present, CauseCode::device_fault, "its flash takes no record", now);
    return;
  }
  outputs_.closed = true;
  differs_since_ = {never, never};
}

const ExternalGuard::Outputs& ExternalGuard::decide(Instant now, const Inputs& inputs) {
  inputs_ = inputs;
  begin(now);
  const Contact contact = inputs.button_closed ? Contact::closed : Contact::open;
  const Finding pressed = button_.judge(now, {contact, contact, false});
  report(button, pressed.standing, pressed.code, "its button is pressed, or the wire is broken", now);

  bool follow = true, broken = false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (inputs.closed[i] == outputs_.closed) {
      differs_since_[i] = never;
      continue;
    }
    follow = false;
    if (differs_since_[i] == never) differs_since_[i] = now;
    broken = broken || now - differs_since_[i] >= relay_follows;
  }
  relays_seen_ = relays_seen_ || follow;
  const auto before = latch_.source(relays).standing;
  const Standing standing = broken                        ? Standing::present
                            : follow                      ? Standing::clear
                            : before == Standing::present ? Standing::present
                            : relays_seen_                ? Standing::clear
                                                          : Standing::unknown;
  report(relays, standing, CauseCode::output_failed, "a relay does not follow its coil", now);
  report(own, flash_failed_ ? Standing::present : Standing::clear, CauseCode::device_fault,
         "its flash takes no record", now);

  outputs_.pump = outputs_.closed && judge_.fresh(now) && !outputs_.pump;
  return outputs_;
}

void ExternalGuard::save() {
  flash_failed_ = !store_.write(latch_.record());
  changed_ = false;
}

void ExternalGuard::finish() {
  if (changed_) save();
  if (outputs_.closed) return;
  store_.make_room();
  if (!flash_failed_ || flash_tries_ == flash_tries_at_most) return;
  ++flash_tries_;  // a worn place is left behind; a worn-out flash is not erased for ever
  save();
  if (!flash_failed_) session_ = store_.counter();
}

permit::BoardStatus ExternalGuard::told(Instant now) const {
  permit::BoardStatus status;
  status.state = latch_.state();
  status.closed_ordered = outputs_.closed;
  status.closed = inputs_.closed;
  status.button_open = !inputs_.button_closed;
  status.permit_good = judge_.fresh(now);
  for (SourceIndex i = button; i < sources; ++i)
    status.faulty = status.faulty || latch_.source(i).standing == Standing::present;
  status.first_out = latch_.first_out().code;
  status.epoch = latch_.epoch();
  status.session = session_;
  status.now_us = to_us(now);
  status.sequence = sequence_;
  status.refusal = refusal_;
  status.unreadable = static_cast<std::uint16_t>(std::min<std::uint32_t>(reader_.unreadable(), 0xFFFF));
  status.refused = refused_;
  return status;
}

std::optional<ExternalGuard::StatusBytes> ExternalGuard::status(Instant now) {
  if (now - said_ < permit::board_says_every) return std::nullopt;
  said_ = now;
  return permit::framed(packed(told(now)));
}

}  // namespace standstill::guard
