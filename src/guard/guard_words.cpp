// The guard's part that listens to the supervisor and tells it the state.
#include <cstdio>

#include "guard/guard.hpp"
#include "os/clock.hpp"

namespace standstill::guard {

using permit::EventKind;
using permit::Type;
using permit::Word;

void Guard::read_supervisor(Instant now) {
  permit::Message message;
  for (int i = 0; i < 256; ++i) {
    switch (base_.port->receive(message)) {
      case SupervisorPort::Got::nothing:
        return;
      case SupervisorPort::Got::gone:
        supervisor_left(false, now);
        return;
      case SupervisorPort::Got::refused:
        std::fprintf(stderr,
                     "standstill-guard: a message of another size or version was refused; are all programs "
                     "from one package?\n");
        break;
      case SupervisorPort::Got::message:
        obey(message, now);
        break;
    }
  }
}

void Guard::obey(const permit::Message& message, Instant now) {
  switch (message.type) {
    case Type::hello:
      greet(message.as<permit::Hello>());
      break;
    case Type::permit: {
      const auto body = message.as<permit::PermitBody>();
      const Permit permit{body.sequence, instant_from_ns(body.sent_ns), body.plan_hash};
      if (permits_.accept(permit, os::now())) outputs_.vouch({permit, host_});
      break;
    }
    case Type::report: {
      auto body = message.as<permit::Report>();
      body.detail.terminate();
      if (body.source < plan::internal_sources || body.source >= plan_.source_count) break;
      const auto kind = plan_.sources[body.source].kind;
      if (kind != plan::SourceKind::link && kind != plan::SourceKind::watch) break;
      if (body.standing == Standing::present) cut_first(now);
      raise(body.source, body.standing, body.code, body.detail, instant_from_ns(body.at_ns), body.wall_ns);
      break;
    }
    case Type::word: {
      auto body = message.as<permit::WordBody>();
      body.who.terminate();
      body.detail.terminate();
      on_word(body, now);
      break;
    }
    case Type::ease:
      ease(now, "a peer said goodbye");
      break;
    case Type::readback: {
      const auto body = message.as<permit::ReadbackBody>();
      outputs_.tag_readback(body.output, body.good != 0, body.safe != 0, instant_from_ns(body.at_ns));
      break;
    }
    case Type::sent:
      if (message.as<permit::SentBody>().ok == 0) outputs_.skip_sends(now);
      break;
    case Type::command: {
      const auto body = message.as<permit::CommandBody>();
      if (body.output >= plan_.output_count || plan_.outputs[body.output].commandable == 0) break;
      if (body.run != 0 && (latch_.state() != LatchState::running || pending_start_)) break;  // S4, S3
      outputs_.command(body.output, body.run != 0, now);
      break;
    }
    case Type::bye:
    case Type::quit:
      quit_ = quit_ || message.type == Type::quit || options_.ends_with_supervisor;
      supervisor_left(true, now);
      break;
    case Type::replan:
      if (latch_.state() != LatchState::running)
        replan_ = true;
      else
        event(EventKind::refused, "guard", "a new plan takes effect only while safe: stop first");
      break;
    default:
      break;
  }
}

void Guard::greet(const permit::Hello& hello) {
  permits_.new_connection();
  host_ = static_cast<std::uint32_t>(boot_nonce_) + ++connections_;
  supervisor_watch_.begin();
  if (trip_of_boot_ && latch_.state() == LatchState::tripped && hello.journal_epoch >= latch_.epoch()) {
    // S6: the number of this boot's own trip was given before, to a trip that was told and never written.
    latch_.raise_epoch(hello.journal_epoch);
    persist();
  } else if (hello.journal_epoch > latch_.epoch()) {
    // S3: the guard before this one told of a trip and ended before it was on disk. Whoever was told knows
    // better.
    stop(plan::guard_source, CauseCode::unclean_end,
         "the guard had ended before its last trip was written; the supervisor remembers it", os::now());
    latch_.raise_epoch(hello.journal_epoch - 1);
    persist();
  }
  trip_of_boot_ = false;
  // S5: what an earlier supervisor told no longer counts.
  for (std::uint8_t i = plan::internal_sources; i < plan_.source_count; ++i)
    if (plan_.sources[i].kind == plan::SourceKind::link || plan_.sources[i].kind == plan::SourceKind::watch)
      latch_.forget(i);
  event(EventKind::supervisor_connected, "supervisor", "", hello.pid);
  permit::StateBody welcome{};
  welcome.pid = static_cast<std::uint32_t>(inner_.guard_pid.load());
  welcome.plan_hash = base_.plan_hash;
  welcome.boot_nonce = boot_nonce_;
  base_.port->send(Type::welcome, welcome, base_.cuts.fd());
  std::uint64_t from = hello.events_boot == boot_nonce_ ? hello.events_after + 1 : 1;
  for (from = std::max(from, ring_.oldest()); from <= ring_.newest(); ++from)
    base_.port->send(Type::event, ring_.at(from));
  for (std::uint8_t i = 0; i < plan_.source_count; ++i)
    if (latch_.source(i).recorded) push_cause(i);
  dirty_ = true;
}

void Guard::supervisor_left(bool in_good_order, Instant now) {
  if (!in_good_order) cut_first(now);
  if (in_good_order) ease(now, "the supervisor ends in good order");
  const bool known =
      base_.port->connected() || latch_.source(plan::supervisor_source).standing != Standing::present;
  base_.port->close();
  permits_.new_connection();
  outputs_.skip_sends(now);
  if (!known) return;
  event(EventKind::supervisor_gone, "supervisor", in_good_order ? "in good order" : "without a goodbye");
  if (in_good_order) {
    latch_.report(plan::supervisor_source, Standing::unknown, {.at = now});
    for (std::uint8_t i = plan::internal_sources; i < plan_.source_count; ++i)
      if (plan_.sources[i].kind == plan::SourceKind::link || plan_.sources[i].kind == plan::SourceKind::watch)
        latch_.forget(i);
  } else if (latch_.source(plan::supervisor_source).standing != Standing::present) {
    raise(plan::supervisor_source, Standing::present, CauseCode::supervisor_lost,
          "the supervisor ended without a goodbye", now, os::wall_ns());
  }
  dirty_ = true;
}

void Guard::ease(Instant now, const char* why) {
  pending_start_.reset();
  outputs_.cut_all(now);
  if (!latch_.ease()) return;
  event(EventKind::eased, "guard", why);
  persist();
  dirty_ = true;
}

void Guard::on_word(const permit::WordBody& word, Instant now) {
  if (word.word == Word::stop) {
    stop(plan::operator_source, word.code == CauseCode::none ? CauseCode::operator_command : word.code,
         word.detail, now);
    return;
  }
  Refusal refusal = Refusal::none;
  const bool stale = !sent_within(permits_.timeout(), instant_from_ns(word.sent_ns), os::now());
  if (stale)
    refusal = Refusal::stale_word;
  else if (word.word == Word::acknowledge)
    refusal = latch_.acknowledge(word.epoch);
  else if (word.word == Word::reset)
    refusal = latch_.reset(word.epoch, now);
  else
    return try_start(word, now);
  event(refusal == Refusal::none ? (word.word == Word::reset ? EventKind::reset : EventKind::acknowledged)
                                 : EventKind::refused,
        word.who.view(), permit::word_names[static_cast<std::size_t>(word.word)],
        static_cast<std::int64_t>(refusal));
  base_.port->send(Type::answer,
                   permit::AnswerBody{word.word, refusal, word.id, latch_.epoch(), latch_.state()});
  if (refusal == Refusal::none) persist();
  dirty_ = true;
}

void Guard::try_start(const permit::WordBody& word, Instant now) {
  Refusal more = Refusal::none;
  if (!sent_within(permits_.timeout(), instant_from_ns(word.sent_ns), os::now())) more |= Refusal::stale_word;
  if (!permits_.fresh(now)) more |= Refusal::no_permit;
  if (!outputs_.readbacks_show_safe()) more |= Refusal::readback_not_safe;
  if (!store_.trouble().empty()) more |= Refusal::not_recorded;
  const Refusal refusal = latch_.start(word.epoch, now, more);
  if (refusal != Refusal::none) {
    event(EventKind::refused, word.who.view(), "start", static_cast<std::int64_t>(refusal));
    base_.port->send(Type::answer,
                     permit::AnswerBody{Word::start, refusal, word.id, latch_.epoch(), latch_.state()});
    return;
  }
  // S3: `running` and its epoch are on disk before the first output is energised. A cut from here on wins.
  outputs_.note_words();
  persist();
  pending_start_ = {word, persisted_, latch_.epoch()};
  dirty_ = true;
}

void Guard::finish_start(Instant now) {
  if (!pending_start_ || store_.tried() < pending_start_->ticket) return;
  const PendingStart start = *pending_start_;
  pending_start_.reset();
  Refusal refusal = Refusal::none;
  if (latch_.state() != LatchState::running || latch_.epoch() != start.epoch) {
    refusal = Refusal::cause_present;
  } else if (store_.written() < start.ticket) {
    refusal = Refusal::not_recorded;
    event(EventKind::latch_not_written, "guard", "the latch file could not be written: nothing is energised");
    ease(now, "the latch file could not be written");
  } else if (!permits_.fresh(now) || !outputs_.energise(now)) {
    refusal = Refusal::cause_present;
    stop(plan::guard_source, CauseCode::software_error, "somebody cut while the outputs were being energised",
         now);
  }
  event(refusal == Refusal::none ? EventKind::started : EventKind::refused, start.word.who.view(), "start",
        static_cast<std::int64_t>(refusal));
  base_.port->send(Type::answer,
                   permit::AnswerBody{Word::start, refusal, start.word.id, latch_.epoch(), latch_.state()});
  dirty_ = true;
}

void Guard::persist() { persisted_ = store_.submit(latch_.record()); }

void Guard::event(EventKind kind, const Cause& about, std::int64_t value) {
  event_at(kind, about, value, os::now(), os::wall_ns());
}

void Guard::event_at(EventKind kind, const Cause& about, std::int64_t value, Instant at,
                     std::int64_t wall_ns) {
  permit::EventBody body{};
  body.boot_nonce = boot_nonce_;
  body.kind = kind;
  body.code = about.code;
  body.epoch = latch_.epoch();
  body.at_ns = to_ns(at);
  body.wall_ns = wall_ns;
  body.value = value;
  body.source = about.source;
  body.detail = about.detail;
  ring_.add(body);
  base_.port->send(Type::event, ring_.at(ring_.newest()));
}

void Guard::event(EventKind kind, std::string_view source, std::string_view detail, std::int64_t value) {
  event(kind, Cause{CauseCode::none, false, source, detail, {}, 0}, value);
}

void Guard::push_cause(SourceIndex index) {
  const auto& source = latch_.source(index);
  if (!source.recorded) return;
  const Cause& cause = source.cause;
  base_.port->send(Type::cause, permit::CauseBody{index, cause.code, static_cast<std::uint8_t>(cause.present),
                                                  latch_.epoch(), to_ns(cause.at), cause.wall_ns,
                                                  plan_.sources[index].name, cause.detail});
}

void Guard::push_state(Instant now) {
  dirty_ = false;
  pushed_at_ = now;
  if (!base_.port->connected()) return;
  permit::StateBody body{};
  // It runs when that is on disk and the outputs are energised. A guard that dies before comes back ready
  // (S3).
  body.state = pending_start_ ? LatchState::ready : latch_.state();
  body.acknowledged = latch_.acknowledged() ? 1 : 0;
  body.realtime = realtime_ ? 1 : 0;
  body.memory_locked = memory_locked_ ? 1 : 0;
  body.cutters_alive = static_cast<std::uint8_t>((cutters_.alive(0) ? 1 : 0) + (cutters_.alive(1) ? 1 : 0));
  body.stage = outputs_.stage();
  body.stages = outputs_.stage_count();
  const Cause& first = latch_.first_out();
  body.has_first_out = first.code != CauseCode::none ? 1 : 0;
  body.first_out_present = first.present ? 1 : 0;
  body.source_count = plan_.source_count;
  body.output_count = plan_.output_count;
  body.epoch = latch_.epoch();
  body.pid = inner_.guard_pid.load();
  body.plan_hash = base_.plan_hash;
  body.boot_nonce = boot_nonce_;
  body.permit_age_ns = permits_.age(now).count();
  body.tripped_at_ns = to_ns(tripped_at_);
  body.cut_done_ns = to_ns(outputs_.cut_done());
  body.first_out_code = first.code;
  body.first_out_at_ns = to_ns(first.at);
  body.first_out_wall_ns = first.wall_ns;
  body.first_out_source = first.source;
  body.first_out_detail = first.detail;
  for (std::uint8_t i = 0; i < plan_.source_count; ++i) {
    body.standing[i] = latch_.source(i).standing;
    body.settled[i] = latch_.settled(i, now) ? 1 : 0;
  }
  for (std::size_t i = 0; i < plan_.output_count; ++i) body.outputs[i] = outputs_.info(i);
  base_.port->send(Type::state, body);
}

}  // namespace standstill::guard
