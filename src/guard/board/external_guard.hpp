// The external guard: a microcontroller that hears the supervisor's permits over a serial line, and opens its
// relays by itself when they stop, are old, or come from somebody else.
//
// A value: no device, clock or heap. A board calls once a cycle, in this order: begin(), hear() for each byte
// that has come, decide(), obeys what it answers at once, finish(), and sends what status() gives. Its latch
// is the kernel's, its judge of permits too; the time by which a permit is judged is the board's own
// (wire/permit/board.hpp). Only a `run` that names the present epoch and this power-up closes the relays.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "guard/board/latch_slots.hpp"
#include "kernel/latch.hpp"
#include "kernel/permit.hpp"
#include "kernel/watch_demand.hpp"
#include "wire/permit/board.hpp"
#include "wire/permit/serial_frame.hpp"

namespace standstill::guard {

class ExternalGuard {
 public:
  static constexpr Duration cycle = 5ms;
  // A relay that does not follow its coil within this is broken, whichever way.
  static constexpr Duration relay_follows = 100ms;

  struct Inputs {
    bool button_closed = false;    // normally closed: open is a press, and a broken wire
    std::array<bool, 2> closed{};  // mirror contacts of the relays
  };
  struct Outputs {
    bool closed = false;  // current for both coils
    bool pump = false;    // level of the charge pump's line; it changes every cycle while it may
  };

  explicit ExternalGuard(Flash& flash) : store_(flash) { latch_.use(sources); }

  void boot(Instant now);
  // Before anything is read: what came while this loop stood still must not talk it into going on.
  void begin(Instant now);
  void hear(std::uint8_t byte, Instant now);
  const Outputs& decide(Instant now, const Inputs& inputs);
  // Writes flash; outputs have been obeyed.
  void finish();

  using StatusBytes = permit::SerialBytes<permit::BoardStatus::size>;
  // When it is due; nothing otherwise.
  [[nodiscard]] std::optional<StatusBytes> status(Instant now);

  [[nodiscard]] const Outputs& outputs() const { return outputs_; }
  [[nodiscard]] bool permit_good(Instant now) const { return judge_.fresh(now); }
  // Current flows only in the state that allows it.
  [[nodiscard]] bool consistent() const { return !outputs_.closed || latch_.state() == LatchState::running; }
  [[nodiscard]] LatchState state() const { return latch_.state(); }
  [[nodiscard]] Epoch epoch() const { return latch_.epoch(); }
  [[nodiscard]] const Cause& first_out() const { return latch_.first_out(); }

 private:
  enum SourceOf : SourceIndex { host, button, relays, own, sources };

  void obey(const permit::Order& order, Instant now);
  [[nodiscard]] bool good_permit(const permit::Order& order, Instant now);
  void start(Epoch epoch, Instant now);
  void report(SourceIndex source, Standing standing, CauseCode code, const char* detail, Instant now);
  void save();
  void open_unless_running() {
    if (latch_.state() != LatchState::running) outputs_ = {};
  }
  [[nodiscard]] permit::BoardStatus told(Instant now) const;

  LatchSlots store_;
  // The host lets a cause settle before it releases anything.
  Latch<sources> latch_{Duration::zero()};
  DemandWatch button_{DemandSettings{.button = "button"}};
  permit::SerialReader<permit::Order::size> reader_;

  PermitJudge judge_{Duration::zero(), 0};
  bool adopted_ = false;  // judge_ is that of host_
  bool proven_ = false;   // host_ has made a second permit since then: it makes new ones
  std::uint32_t host_ = 0;
  std::uint64_t plan_hash_ = 0;
  std::uint64_t sequence_ = 0;
  std::int64_t sent_ns_ = 0;
  Instant heard_{};  // newest of all good permits

  Inputs inputs_;
  std::array<Instant, 2> differs_since_{never, never};
  bool relays_seen_ = false;
  Outputs outputs_;
  std::uint32_t session_ = 0;
  bool changed_ = false, flash_failed_ = false;
  std::uint8_t flash_tries_ = 0;
  Refusal refusal_ = Refusal::none;
  std::uint16_t refused_ = 0;
  Instant said_{};
};

}  // namespace standstill::guard
