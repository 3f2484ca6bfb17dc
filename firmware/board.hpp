// What a board must give the programs of firmware/. One file a board implements it: docs/porting.md.
//
// Contracts: nothing here allocates; nothing waits but wait_until() and flash erases. now() counts from
// power-up in ns, never runs backwards and never wraps. After any reset every output is safe before main()
// runs, in hardware: pull-downs on the heaters' and relays' drivers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/time.hpp"
#include "plant/loco/engine.hpp"
#include "plant/loco/flash.hpp"

namespace standstill::board {

// --- every board
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

// A serial line. write() takes what fits now and drops the rest; read() gives what has arrived.
enum class Port : std::uint8_t { console, link };
void write(Port port, std::span<const std::uint8_t> bytes);
[[nodiscard]] bool read(Port port, std::uint8_t& byte);

// --- program loco
// Newest readings, voltage and encoder, without waiting: conversions run by themselves.
[[nodiscard]] loco::Measured measure();
// The next edge of the rails, in order; false: none is waiting. At least 64 are kept between two cycles.
[[nodiscard]] bool edge(Instant& at);
void drive(const loco::Outputs& outputs);

// --- program guard
struct Relays {
  bool run = false;  // both coils, and the charge pump's pulses
};
void set_relays(Relays relays);
// The auxiliary contacts: true only where the contact is closed.
[[nodiscard]] std::uint8_t contacts();  // bit 0: relay 1, bit 1: relay 2
[[nodiscard]] bool button_closed();     // a normally-closed contact; a broken wire is a press

}  // namespace standstill::board
