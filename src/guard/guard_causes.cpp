// The guard's part that decides what trips.
#include <algorithm>
#include <cstdio>

#include "guard/guard.hpp"
#include "kernel/format.hpp"
#include "os/clock.hpp"

namespace standstill::guard {

using permit::EventKind;

bool Guard::sends_are_pointless(Instant now) const {
  if (!base_.port->connected() || !permits_.fresh(now)) return true;
  for (std::size_t i = 0; i < plan_.stage_count; ++i) {
    const plan::Stage& stage = plan_.stages[i];
    if (stage.send != 0 && stage.link_source != plan::no_index &&
        latch_.source(stage.link_source).standing != Standing::clear)
      return true;
  }
  return false;
}

// S1: the decision is made; from here to the end of trip() nothing allocates, locks, logs, formats or waits.
void Guard::cut_first(Instant now) {
  if (latch_.state() == LatchState::running) outputs_.trip(now, sends_are_pointless(now));
}

// A cut whose blame came later counts from when it was seen: what the outputs did follows the trip, also in
// the journal.
Instant Guard::cut_at(Instant now) const { return std::min(now, unexplained_since_); }

void Guard::after_trip(Instant now, const Cause& cause) {
  tripped_at_ = cut_at(now);
  pending_start_.reset();
  event_at(EventKind::trip, cause, to_ms(tripped_at_ - cause.at), tripped_at_,
           os::wall_ns() - (now - tripped_at_).count());
  persist();
  tell_held();
}

// What the outputs said between a cut and its blame belongs to the epoch that the blame begins.
void Guard::tell_held() {
  for (std::size_t i = 0; i < held_count_; ++i)
    event_at(held_[i].kind, {.source = plan_.outputs[held_[i].output].name}, held_[i].ms, held_[i].at,
             held_[i].wall_ns);
  held_count_ = 0;
}

void Guard::tell_output(EventKind kind, const OutputChange& change) {
  if (unexplained_since_ != never && held_count_ < held_.size())
    held_[held_count_++] = {kind, change.output, change.ms, os::now(), os::wall_ns()};
  else
    event(kind, plan_.outputs[change.output].name.view(), "", change.ms);
}

void Guard::raise(SourceIndex source, Standing standing, CauseCode code, const CauseDetail& detail,
                  Instant at, std::int64_t wall) {
  const Instant now = os::now();
  const bool was_running = latch_.state() == LatchState::running;
  const bool already = latch_.source(source).standing == Standing::present;
  const CauseCode before = latch_.source(source).cause.code;
  if (standing == Standing::present && was_running) {
    // The link that is lost is known to be lost before its sends are judged.
    const bool pointless = sends_are_pointless(now) || plan_.sources[source].kind == plan::SourceKind::link ||
                           source < plan::internal_sources;
    outputs_.trip(now, pointless);
  }
  const Instant seen = standing == Standing::present ? std::min(at, was_running ? cut_at(now) : now) : now;
  Cause cause{code,
              standing == Standing::present,
              plan_.sources[source].name,
              detail,
              seen,
              wall - std::max(at - seen, Duration::zero()).count()};
  if (latch_.report(source, standing, cause))
    after_trip(now, cause);
  else if (standing == Standing::present && (!already || before != code)) {
    event(EventKind::cause, cause);
    persist();  // it has cleared the acknowledgement (S6), and a power cut must not bring that back
  } else if (standing != Standing::present && already)
    event(EventKind::cause_gone, latch_.source(source).cause);
  if (standing == Standing::present && sends_are_pointless(now)) outputs_.skip_sends(now);
  push_cause(source);
  dirty_ = true;
}

void Guard::stop(SourceIndex source, CauseCode code, const CauseDetail& detail, Instant now) {
  cut_first(now);
  const Instant at = cut_at(now);
  const Cause cause{code, false, plan_.sources[source].name, detail, at, os::wall_ns() - (now - at).count()};
  if (latch_.stop(source, cause))
    after_trip(now, cause);
  else {
    event(EventKind::cause, cause);
    persist();
  }
  push_cause(source);
  dirty_ = true;
}

void Guard::on_output(const OutputChange& change) {
  const plan::Output& output = plan_.outputs[change.output];
  Cause about{CauseCode::output_failed, false, output.name, change.detail, os::now(), os::wall_ns()};
  switch (change.what) {
    case OutputChange::What::standing:
      raise(output.source, change.standing, CauseCode::output_failed, change.detail, about.at, about.wall_ns);
      break;
    case OutputChange::What::commanded:
      tell_output(EventKind::output_commanded, change);
      break;
    case OutputChange::What::confirmed:
      tell_output(EventKind::output_confirmed, change);
      break;
    case OutputChange::What::failed:
      event(EventKind::output_failed, about, change.ms);
      break;
    case OutputChange::What::escalated:
      event(EventKind::escalated, output.name.view(), change.detail.view(), change.ms);
      break;
  }
  dirty_ = true;
}

void Guard::on_demand(SourceIndex source, const Finding& finding, const DemandWatch& watch) {
  const Instant now = os::now();
  if (finding.standing == Standing::present) cut_first(now);
  raise(source, finding.standing, finding.code, spoken(finding, watch).detail, now, os::wall_ns());
}

void Guard::watch_supervisor(Instant now) {
  if (supervisor_watch_.take_died()) supervisor_left(false, now);
  if (!base_.port->connected() || !permits_.heard()) return;
  if (permits_.fresh(now)) {
    if (latch_.source(plan::supervisor_source).standing != Standing::clear)
      raise(plan::supervisor_source, Standing::clear, CauseCode::none, {}, now, os::wall_ns());
  } else if (latch_.source(plan::supervisor_source).standing != Standing::present) {
    cut_first(now);
    Sentence why;
    why.text("no permit from the supervisor for ").ms(permits_.age(now));
    raise(plan::supervisor_source, Standing::present, CauseCode::supervisor_lost, CauseDetail(why.view()),
          now, os::wall_ns());
  }
}

// The supervisor cuts by the direct path first and says why a moment later: the cut counts at once, the blame
// waits.
void Guard::watch_cuts(Instant now) {
  constexpr Duration explained_within = 50ms;
  if (latch_.state() != LatchState::running || pending_start_) {
    unexplained_since_ = never;
    tell_held();
    if (!pending_start_) outputs_.follow_cuts(now);
    return;
  }
  if (outputs_.cut_by_others() != 0) {
    cut_first(now);
    if (unexplained_since_ == never) unexplained_since_ = now;
  }
  if (unexplained_since_ != never && now - unexplained_since_ >= explained_within)
    stop(plan::supervisor_source, CauseCode::software_error, "an output was cut and nobody said why", now);
}

// Without real time a loaded machine is the likeliest reason, and the one that a setting mends.
std::string_view Guard::advice_on_standstill() const {
  return realtime_ ? "" : " (allow real time, or raise heartbeat_timeout_ms)";
}

void Guard::watch_cutters(Instant now) {
  for (std::size_t i = 0; i < 2; ++i) {
    const auto source = static_cast<SourceIndex>(plan::cutter1_source + i);
    const auto look = cutters_.look(i, now);
    if (look.lost) {
      cut_first(now);
      outputs_.cut_all(now);  // also when safe already: the other cutter takes over and says everything again
      cutters_.fence(i);
      Sentence why;
      if (look.silent != Duration::zero())
        why.text("it stood still for ").ms(look.silent).text(advice_on_standstill());
      else
        why.text("it died");
      why.text("; the other cutter serves its outputs");
      event(EventKind::cutter_lost, plan_.sources[source].name.view(), why.view());
      raise(source, Standing::present, CauseCode::guard_lost, CauseDetail(why.view()), now, os::wall_ns());
      restart_cutter_at_[i] = now + 200ms;
    } else if (look.ended && latch_.state() != LatchState::running) {
      // Between its kill and its end a thread of it may have carried out an old order after the other had
      // made the output safe.
      outputs_.cut_all(now);
    } else if (!look.alive && now >= restart_cutter_at_[i]) {
      restart_cutter_at_[i] = now + 1s;
      std::string why;
      if (cutters_.start(i, why)) {
        event(EventKind::cutter_started, plan_.sources[source].name.view(), "");
        for (std::size_t output = 0; output < plan_.output_count; ++output)
          if (plan::is_cut_line(plan_.outputs[output].kind) && outputs_.line_fd(output) >= 0)
            cutters_.give_line(output, outputs_.line_fd(output));
      } else {
        std::fprintf(stderr, "standstill-guard: %s\n", why.c_str());
        raise(source, Standing::present, CauseCode::guard_lost, CauseDetail(why), now, os::wall_ns());
      }
    } else if (look.alive && latch_.source(source).standing != Standing::clear &&
               inner_.cutters[i].beat_ns.load() != 0) {
      raise(source, Standing::clear, CauseCode::none, {}, now, os::wall_ns());
    }
  }
}

void Guard::read_stops(Instant now) {
  for (int i = 0; i < 16; ++i) {
    std::array<char, 512> datagram{};
    Stopper from;
    from.length = sizeof from.address;
    const ssize_t count = ::recvfrom(base_.stop_socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from.address), &from.length);
    if (count < 0) return;
    cut_first(now);
    const StopWord word = read_stop({datagram.data(), static_cast<std::size_t>(count)});
    stop(plan::operator_source, word.code, word.detail, now);
    if (from.length <= sizeof(sa_family_t) || stopper_count_ == stoppers_.size()) continue;
    from.read_at = now;
    stoppers_[stopper_count_++] = from;
  }
}

// First "latched", once the trip is on disk: whoever heard it must not find the plant `ready` again because
// this guard died. A disk that takes its time is not waited for. Later "safe".
void Guard::answer_stoppers(Instant now) {
  constexpr Duration written_within = 500ms, safe_within = 2s;
  if (stopper_count_ == 0) return;
  const Duration waited = now - stoppers_[stopper_count_ - 1].read_at;
  if (stoppers_told_ < stopper_count_ && (store_.tried() >= persisted_ || waited >= written_within)) {
    answer_stoppers_from(stoppers_told_, "latched");
    stoppers_told_ = stopper_count_;
  }
  if (stoppers_told_ == 0 || !(outputs_.all_safe() || waited > safe_within)) return;
  if (stoppers_told_ < stopper_count_) return;  // the newest is not told yet
  answer_stoppers_from(0, "safe");
  stoppers_told_ = stopper_count_ = 0;
}

void Guard::answer_stoppers_from(std::size_t first, const char* word) {
  std::size_t safe = 0, all = 0;
  for (std::size_t i = 0; i < plan_.output_count; ++i) {
    if (!plan::secures(plan_.outputs[i].kind)) continue;
    ++all;
    const auto info = outputs_.info(i);
    safe += info.commanded_ms >= 0 && info.readback != permit::ReadbackState::failed &&
                    info.readback != permit::ReadbackState::unconfirmed
                ? 1U
                : 0U;
  }
  // Since this stop was read, not since the trip: that may be of yesterday, or of the guard before this one.
  for (std::size_t i = first; i < stopper_count_; ++i) {
    std::array<char, 96> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%s %u %zu %zu %lld", word, latch_.epoch(), safe, all,
                      static_cast<long long>(to_ms(os::now() - stoppers_[i].read_at)));
    ::sendto(base_.stop_socket.get(), text.data(), static_cast<std::size_t>(length),
             MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&stoppers_[i].address),
             stoppers_[i].length);
  }
}

}  // namespace standstill::guard
