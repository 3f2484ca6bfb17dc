// The station's role: it obeys every stop at once, learns of stops that it missed, goes safe when it cannot
// hear the bus, and lets go of a stop only where somebody who has its key says so.
//
// Its guard holds the source `bus` as unknown until the retained latch was read, and as present while the bus
// is stopped or cannot be heard: no reset is accepted meanwhile, whoever asks for it (S5, S11).
#pragma once

#include <deque>
#include <expected>
#include <optional>
#include <string>

#include "plant/station/kept_stops.hpp"
#include "plant/station/role.hpp"

namespace standstill::station {

class Station {
 public:
  struct Settings {
    std::string instance;
    Duration lease = 3s;           // so long without a word from the bus: safe
    Duration release_within = 7s;  // what is refused because something has yet to settle is repeated so long
    Epoch largest_epoch = 0;       // ever seen by any start of this station
    std::string boot_nonce;        // 16 hexadecimal digits, random
    std::string kept{};            // what the start before this one wrote by Doer::keep
    estop::Keys keys;
  };
  Station(Settings settings, Doer doer)
      : set_(std::move(settings)), do_(std::move(doer)), kept_(set_.instance) {}

  void begin(Instant now);
  void joined(Instant now);                       // subscribed; the latch has yet to be read
  void left();                                    // the connection is gone
  void heard(Instant now) { last_heard_ = now; }  // any answer of the bus, any heartbeat of a controller
  void stop(const estop::HeardStop& heard, const std::string& text, Instant now) {
    keep_stop(obey(heard, now), heard, text, now);
  }
  // The same in two steps, for many stations in one process: first all of them cut (S1), and then what each
  // of them owes to others is kept.
  struct Obeyed {
    bool copy = false, first = false;  // of a stop that was heard before; the one that stopped it
  };
  [[nodiscard]] Obeyed obey(const estop::HeardStop& heard, Instant now);
  void keep_stop(Obeyed obeyed, const estop::HeardStop& heard, const std::string& text, Instant now);
  // The retained latch as the bus has it; nothing when there is none.
  void latch(const std::optional<std::string>& text, Instant now);
  // The bus has a latch that begins with latch_head(), which is as good as having read all of it again.
  // Empty: it must be read whole.
  [[nodiscard]] const std::string& latch_head() const { return latch_head_; }
  void latch_as_before(Instant now) { judge_latch(now); }
  void release(const std::string& text, Instant now);
  void local(const Local& local, Instant now);
  // Somebody stopped here, and the latch was tripped already: no trip comes of it, and everybody is told.
  void demanded(const Cause& cause, Instant now);
  void answered(bool accepted, const std::string& reason, Instant now);
  void tick(Instant now);

  // Commands are taken: the bus is heard, its latch is read, and nobody stops.
  [[nodiscard]] bool open() const { return learned_ && watch_.finding().standing == Standing::clear; }
  [[nodiscard]] bool learned() const { return learned_; }
  [[nodiscard]] estop::SafeState safe_state() const;

 private:
  struct Pending {
    estop::Release release;
    Instant give_up;
    Instant next;
    bool asked = false;
    std::string refused;
  };
  void judge(const RemoteMessage& message, Instant now);
  void know(Epoch epoch);
  void was_missed(Epoch epoch, CauseCode code, Instant now);
  void advance(Instant now);
  void say_kept(Instant now, bool latch_was_read = false);
  void tell_own(const Cause& cause, Instant now);
  [[nodiscard]] bool untold(const Local& local) const;
  void note();
  void read_latch(const std::string& text);
  void judge_latch(Instant now);
  void result(const estop::Release& release, bool accepted, const std::string& reason);
  [[nodiscard]] std::string why_not(const estop::From<estop::Release>& release) const;

  Settings set_;
  Doer do_;
  RemoteWatch<> watch_;
  Finding told_{};
  bool any_told_ = false;
  Local local_;
  bool learned_ = false;
  Epoch epoch_ = 0;  // the largest of the bus that was ever seen
  Instant last_heard_{};
  Instant last_read_{};   // the latch
  Instant stop_heard_{};  // the first of this stop
  std::uint64_t counter_ = 0;
  std::uint64_t stops_ = 0;  // heard, copies not counted; and how often it went safe quietly
  std::deque<Pending> pending_;
  KeptStops kept_;
  std::expected<estop::LatchRecord, std::string> record_;  // of the latch that was read last
  std::string latch_head_;                                 // of its text, where somebody vouches for that
  Epoch noted_trip_ = 0;  // of the own latch: up to it what is owed is on disk
  Instant told_own_{};
};

}  // namespace standstill::station
