// The chain on board: watches → latch → sequence. Decides once a cycle what heaters, regulator and servo may
// do.
//
// The latch is the kernel's. A power cycle acknowledges, and no more; then a commanded speed 0 resets, and
// only a speed commanded after that starts. decide() formats nothing (S1): the caller obeys its orders first
// and then calls tell(), which writes the reason and the events.
#pragma once

#include <array>
#include <cstdint>

#include "kernel/latch.hpp"
#include "plant/loco/event.hpp"
#include "plant/loco/reason.hpp"
#include "plant/loco/sequence.hpp"
#include "plant/loco/watches.hpp"

namespace standstill::loco {

enum class BootReason : std::uint8_t { power_on, brown_out, watchdog, software };

enum class Regulator : std::uint8_t { closed, follow, slow_down, vent };
enum class Lamp : std::uint8_t { steady, slow, rapid, asleep };  // running, ready, tripped, asleep

struct Orders {
  bool heat = false;
  Regulator regulator = Regulator::closed;
  bool servo_power = true;
  bool save_log = false;    // from the first cycle of a sequence on
  bool last_frame = false;  // in one cycle only
  bool asleep = false;      // outputs are off; only a power cycle ends it
  Lamp lamp = Lamp::rapid;
  constexpr bool operator==(const Orders&) const = default;
};

class Chain {
 public:
  static constexpr SourceIndex operator_source = watch_count;
  static constexpr SourceIndex firmware_source = watch_count + 1;

  Chain();

  // `last_epoch`: of the newest log that was found, 0 when none was.
  void boot(Instant now, BootReason reason, Epoch last_epoch);
  void configure(const Settings& settings);

  // The operator's emergency stop: heaters off and regulator closed with the next orders, and no sleep.
  void emergency_stop(Instant now);
  // A speed that was commanded just now; 0 is standing still.
  void commanded(Instant now, std::uint8_t speed);
  // What the firmware found out about itself: parks the engine.
  void distrust(Instant now, std::string_view what);

  const Orders& decide(Instant now, const WatchInput& input, bool wheels_turn);
  void tell(Instant now);
  void note(Instant now, EventKind kind, std::int32_t value);

  [[nodiscard]] const Latch<watch_count + 2>& latch() const { return latch_; }
  [[nodiscard]] const Watches& watches() const { return watches_; }
  [[nodiscard]] const Sequence& sequence() const { return sequence_; }
  [[nodiscard]] const EventRing& events() const { return events_; }
  [[nodiscard]] const CauseDetail& reason() const { return reason_; }  // of this epoch's first cause
  [[nodiscard]] const Orders& orders() const { return orders_; }
  [[nodiscard]] Refusal refusal() const { return refusal_; }  // of the last commanded speed

 private:
  enum class Hold : std::uint8_t { none, by_operator, slowing, parking };

  void report(Instant now);
  void park(Instant now, CauseCode code);
  void slow_down(Instant now, bool wheels_turn);
  void order(Instant now);
  [[nodiscard]] std::size_t present() const;

  Watches watches_;
  Latch<watch_count + 2> latch_;
  Sequence sequence_;
  EventRing events_;
  Orders orders_;
  CauseDetail reason_{nothing_since_power_up};
  CauseDetail distrusted_;
  Hold hold_ = Hold::none;
  bool graceful_ = false;
  bool untouched_ = false;       // never released since a power-up
  bool closed_by_hand_ = false;  // an emergency stop, also of one that slows down for its shutdown
  static constexpr Duration one_stop = 1s;
  Instant stopped_{};  // when the operator's stop was last said
  Duration slow_for_{};
  Instant slowing_since_{};
  // Woken parked by a reset: its reason is saved too, but not by a program that is reset again and again,
  // which would wear out the flash.
  static constexpr Duration sound_for = 1s;
  Instant woken_parked_{};
  Refusal refusal_ = Refusal::none;
  std::array<Standing, watch_count> told_{};
  std::array<CauseCode, watch_count> told_code_{};
  std::uint32_t told_acts_ = 0;
  bool reason_due_ = false;
  std::uint8_t first_ = 255;  // the watch behind the reason that is due
  CauseCode first_code_ = CauseCode::none;
};

}  // namespace standstill::loco
