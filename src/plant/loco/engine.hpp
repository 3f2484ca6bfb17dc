// The whole engine as firmware, simulator and tests hold it: chain, control, DCC, CVs, log, telemetry.
//
// A board calls, once a cycle: decide() with what it measured, obeys the returned Outputs at once, then
// finish(), which formats, writes flash and says lines. It owns no clock, heap or device but the flash.
#pragma once

#include <cstdint>
#include <string_view>

#include "plant/loco/chain.hpp"
#include "plant/loco/control.hpp"
#include "plant/loco/cv_store.hpp"
#include "plant/loco/log_store.hpp"
#include "plant/loco/telemetry.hpp"
#include "wire/dcc/receiver.hpp"

namespace standstill::loco {

struct Outputs {
  Drive drive;
  Lamp lamp = Lamp::rapid;
  // In one cycle only: take 60 mA from the rails for 6 ms from now, never with a heater (NMRA S-9.2.3).
  bool acknowledge = false;
  bool feed = false;  // the hardware watchdog: this cycle was in time and its self-checks passed
  bool asleep = false;
};

struct Measured {
  WatchInput watch;  // duties and last packet are filled in here
  std::uint32_t encoder = 0;
};

// Where lines go. May drop one when it cannot take it now; never waits.
class Lines {
 public:
  virtual void say(std::string_view line) = 0;  // without its end

 protected:
  ~Lines() = default;
};

class Engine {
 public:
  Engine(Flash& flash, Lines& lines) : lines_(lines), cvs_(flash), log_(flash) {}

  void boot(Instant now, BootReason reason);

  // What the board found out about itself: parks the engine.
  void distrust(Instant now, std::string_view what) { chain_.distrust(now, what); }

  // In the order in which they happen, between two cycles.
  void packet(const dcc::Packet& packet, Instant now);
  void typed(const Typed& typed, Instant now);

  const Outputs& decide(Instant now, Measured& measured);
  void finish(Instant now);

  [[nodiscard]] const Chain& chain() const { return chain_; }
  [[nodiscard]] const Control& control() const { return control_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Outputs& outputs() const { return outputs_; }
  [[nodiscard]] LogStore::Progress log_progress() const { return log_.progress(); }
  [[nodiscard]] const LogRecord& log() const { return log_.record(); }  // epoch 0: none

 private:
  void configure();
  void obey(const dcc::Action& action, Instant now);
  void access(const dcc::CvAccess& access, bool service, Instant now);
  void write(const Settings::Written& written, std::uint32_t cv, Instant now);
  void keep_log(Instant now);
  void say_log();
  void say_state();
  [[nodiscard]] Frame frame() const;
  [[nodiscard]] bool sound() const;

  Lines& lines_;
  CvStore cvs_;
  LogStore log_;
  Settings settings_;
  std::uint32_t settings_sum_ = 0;
  dcc::Receiver receiver_;
  Chain chain_;
  Control control_;
  Throttle throttle_;
  Outputs outputs_;
  Instant next_frame_{};
  bool acknowledge_ = false;
  Instant booted_{};
  Duration packet_timeout_{};
  bool log_begun_ = false;
  bool log_told_ = false;
  bool store_told_ = false;
  std::uint8_t log_line_ = no_line;  // what is said next of the old log, a line a cycle
  static constexpr std::uint8_t no_line = 255;
  LatchState told_state_ = LatchState::tripped;  // on the line
  Epoch told_epoch_ = 0;
};

}  // namespace standstill::loco
