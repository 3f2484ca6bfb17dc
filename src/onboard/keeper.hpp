// The process behind the engine's: PWM outputs keep their duty when whoever set it dies, so a second process
// holds their descriptors, reads a heartbeat and makes them safe.
//
// It starts first and the loop is its child. It knows nothing but descriptors and times: heaters off and
// regulator closed at once, servo without pulses half a second later. What both cannot cover, a machine that
// stands still as a whole, is the hardware watchdog's.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "kernel/time.hpp"

namespace standstill::onboard {

// In memory that both share.
struct Heartbeat {
  std::atomic<std::int64_t> at_ns = 0;       // of the newest cycle; 0: none yet
  std::atomic<std::uint32_t> closed_ns = 0;  // the servo's pulse where the regulator is closed
  std::atomic<bool> ended = false;           // the outputs are safe and stay so: no alarm
};

struct SafeOutputs {
  struct Output {
    int duty = -1, period = -1;  // files `duty_cycle` and `period`
    std::uint32_t period_ns = 0;
  };
  Output boiler, superheater, servo;
  std::uint32_t closed_ns = 0;  // of the servo's pulse, until the loop has told it
};

inline constexpr Duration heartbeat_lost = 100ms;  // five cycles
inline constexpr Duration servo_holds = 500ms;

// Heaters and regulator; then, half a second later, the servo's pulses, and the heaters again. False: some
// output did not take it.
bool make_safe(const SafeOutputs& outputs);

// Runs `loop` in a child and keeps watch. The child's exit code; 1 when the outputs had to be made safe here.
[[nodiscard]] std::expected<int, std::string> keep(const SafeOutputs& outputs,
                                                   const std::function<int(Heartbeat&)>& loop);

}  // namespace standstill::onboard
