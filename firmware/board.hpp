// What a board must give the programs: the engine's and the external guard's. docs/porting.md.
//
// Contracts: nothing here allocates; nothing waits but wait_until() and flash erases. now() counts from
// power-up in ns, never runs backwards and never wraps. After any reset every output is safe before main()
// runs, in hardware: pull-downs on the heaters' drivers and at the relays' transistors.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/time.hpp"
#include "plant/loco/engine.hpp"
#include "plant/loco/flash.hpp"

namespace standstill::board {

void start();  // first thing in main()
[[nodiscard]] Instant now();
// Comes back then or later, never earlier, however many interrupts there are meanwhile: a cycle begins with
// it. At once when `when` has passed.
void wait_until(Instant when);
[[nodiscard]] loco::BootReason boot_reason();
[[nodiscard]] loco::Flash& flash();
// The hardware watchdog: started once, resets the processor when it is not fed for `timeout` (10 ms to 2 s).
void start_watchdog(Duration timeout);
void feed_watchdog();
// Bytes of stack that were never used since power-up.
[[nodiscard]] std::uint32_t free_stack();

// The serial line, 115200 baud: an engine's telemetry, or the external guard's to its host. read() gives what
// has arrived, and never waits.
void write(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool read(std::uint8_t& byte);

// --- the engine's
// -----------------------------------------------------------------------------------------------------

// Newest readings of the sensors, asked for in the middle of each cycle, and by measure().
[[nodiscard]] std::array<loco::Reading, loco::sensor_count> sense();
// Newest readings, voltage and encoder, without waiting: conversions run by themselves.
[[nodiscard]] loco::Measured measure();
// The next edge of the rails, in order; false: none is waiting. A cycle has up to 345.
[[nodiscard]] bool edge(Instant& at);
void drive(const loco::Outputs& outputs);

// --- the external guard's: at least 256 bytes of its line are kept between two cycles
// -----------------------------------------------------------------------------------------------------

inline constexpr std::size_t relays = 2;  // in series
void set_relay(std::size_t relay, bool closed);
// Its mirror contact: what the relay really does.
[[nodiscard]] bool relay_closed(std::size_t relay);
// The level of the charge pump's line. A level that stays lets its relay drop.
void set_pump(bool high);
// A normally closed contact; a broken wire is open.
[[nodiscard]] bool button_closed();

}  // namespace standstill::board
