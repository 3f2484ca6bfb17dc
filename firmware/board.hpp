// What a board must give the engine's program. One file a board implements it: docs/porting.md.
//
// Contracts: nothing here allocates; nothing waits but wait_until() and flash erases. now() counts from
// power-up in ns, never runs backwards and never wraps. After any reset every output is safe before main()
// runs, in hardware: pull-downs on the heaters' drivers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/time.hpp"
#include "plant/loco/engine.hpp"
#include "plant/loco/flash.hpp"

namespace standstill::board {

void start();  // first thing in main()
[[nodiscard]] Instant now();
// Sleeps at most until then; may come back earlier.
void wait_until(Instant when);
[[nodiscard]] loco::BootReason boot_reason();
[[nodiscard]] loco::Flash& flash();
// The hardware watchdog: started once, resets the processor when it is not fed for `timeout` (10 ms to 2 s).
void start_watchdog(Duration timeout);
void feed_watchdog();
// Bytes of stack that were never used since power-up.
[[nodiscard]] std::uint32_t free_stack();

// The telemetry line, 115200 baud. read() gives what has arrived, and never waits.
void write(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool read(std::uint8_t& byte);

// Newest readings, voltage and encoder, without waiting: conversions run by themselves.
[[nodiscard]] loco::Measured measure();
// The next edge of the rails, in order; false: none is waiting. At least 64 are kept between two cycles.
[[nodiscard]] bool edge(Instant& at);
void drive(const loco::Outputs& outputs);

}  // namespace standstill::board
