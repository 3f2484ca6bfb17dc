// The course of one link: its state and what it has to do next, from the first dial to being closed for good.
//
// Time is an argument and there is no I/O in here: link.hpp does what due() says and reports back what
// happened.
//
//   dial → opened → probing → proven → online → quiet for `probe` → probe → unanswered for `silence` → silent
//   → lost
//                                             → ended: crash → lost, goodbye → closed
//   lost → back off → dial …; `breaker.failures` failed dials in a row → suspended; `max_tries` of them →
//   lost for good, until somebody asks for another series.
//
// After a goodbye the state stays `closed` until the link is online again: what fails meanwhile is no
// emergency.
#pragma once

#include <cstdint>
#include <optional>

#include "kernel/backoff.hpp"
#include "kernel/breaker.hpp"
#include "kernel/time.hpp"
#include "link/session.hpp"
#include "link/status.hpp"

namespace standstill::link {

struct Timing {
  Duration probe = 1s;    // quiet for so long: ask
  Duration silence = 3s;  // so long without an answer, or without proof after connecting: gone
  Duration dial = 5s;     // for name, connect and open together
  BackoffSettings reconnect{};
  std::uint32_t max_tries = 0;  // failed dials in a row after which dialing stops; 0: never
  BreakerSettings breaker{};
};

class Course {
 public:
  enum class Due { nothing, dial, probe, silence };

  Course(const Timing& timing, JitterSource jitter)
      : timing_(timing), jitter_(jitter), backoff_(timing.reconnect), breaker_(timing.breaker) {}

  void begin(Instant now);  // the first dial is due at once

  // What has to be done now, and when to ask again.
  [[nodiscard]] Due due(Instant now) const;
  [[nodiscard]] Instant deadline() const;

  void dialing(Instant now);      // a dial was begun
  void dial_failed(Instant now);  // it came to nothing
  void opened(Instant now);       // it stands; the peer has yet to prove itself
  void proven(Instant now);       // online
  void probed(Instant now);       // a probe was sent
  // Bytes came, or some that had come were decoded: a message is under way, and the verdict waits for it. Not
  // for ever: a peer that only drips is silent after ten times `silence`.
  void progress(Instant now);
  // A whole message came. The round trip, when it answers a probe.
  std::optional<Duration> heard(Instant now);
  void silent(Instant now);                // the verdict; ended() follows
  void ended(Ending ending, Instant now);  // the connection is over
  void stop(Instant now);                  // closed for good

  void poke(Instant now);             // somebody wants a dial now: starts a new series
  void device_returned(Instant now);  // closes the breaker, and a dial now

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool connected() const { return phase_ == Phase::probing || phase_ == Phase::online; }
  [[nodiscard]] bool stopped() const { return phase_ == Phase::stopped; }
  // max_tries are used up: no dial is planned.
  [[nodiscard]] bool exhausted() const { return phase_ == Phase::waiting && dial_at_ == never; }
  // When the next dial is due; `never` while none is planned.
  [[nodiscard]] Instant next_dial() const { return phase_ == Phase::waiting ? dial_at_ : never; }
  [[nodiscard]] const Timing& timing() const { return timing_; }

 private:
  enum class Phase { idle, waiting, dialing, probing, online, stopped };
  void enter(Phase phase, State state);
  void wait_for_next(Instant now);
  [[nodiscard]] Instant verdict_at() const;

  Timing timing_;
  JitterSource jitter_;
  Backoff backoff_;
  Breaker breaker_;
  Phase phase_ = Phase::idle;
  State state_ = State::dialing;
  bool goodbye_ = false;       // stands until online again
  bool dial_at_once_ = false;  // the device returned while a dial was under way
  std::uint32_t tries_ = 0;    // failed dials of this series
  Instant dial_at_ = never;
  Instant asked_{};     // when the unanswered question was sent: a probe, or the opening requests
  Instant progress_{};  // when bytes last came
  Instant heard_{};     // when a whole message last came
  bool waiting_for_answer_ = false;
};

}  // namespace standstill::link
