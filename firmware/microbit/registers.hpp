// Registers of the nRF51822 (Nordic, nRF51 Series Reference Manual, version 3.0) on a BBC micro:bit, first
// edition. Chapters are of that manual.
#pragma once

#include <cstdint>

namespace standstill::board {

inline volatile std::uint32_t& reg(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);
}

namespace uart {  // chapter 29
inline constexpr std::uintptr_t base = 0x40002000;
inline constexpr std::uintptr_t start_receiving = base, start_sending = base + 0x008;
inline constexpr std::uintptr_t received = base + 0x108, sent = base + 0x11C;  // events
inline constexpr std::uintptr_t interrupts = base + 0x304, enable = base + 0x500;
inline constexpr std::uintptr_t send_pin = base + 0x50C, receive_pin = base + 0x514;
inline constexpr std::uintptr_t receive = base + 0x518, send = base + 0x51C, speed = base + 0x524;
inline constexpr std::uint32_t speed_115200 = 0x01D7E000;
inline constexpr std::uint32_t received_interrupt = 1U << 2U, sent_interrupt = 1U << 7U;
inline constexpr std::uint32_t number = 2;  // of its interrupt
}  // namespace uart

namespace timer {  // chapter 18: the first one, µs in 32 bits; register 2 captures an edge, 3 ends an
                   // acknowledgement
inline constexpr std::uintptr_t base = 0x40008000;
inline constexpr std::uintptr_t start = base, capture = base + 0x040, captured = base + 0x540;
inline constexpr std::uintptr_t mode = base + 0x504, bits = base + 0x508, prescaler = base + 0x510;
inline constexpr std::uintptr_t capture_edge = base + 0x048, edge_captured = base + 0x548;
inline constexpr std::uintptr_t end_reached = base + 0x14C, end_at = base + 0x54C;
inline constexpr std::uintptr_t interrupts = base + 0x304;
inline constexpr std::uint32_t end_interrupt = 1U << 19U, number = 8;
}  // namespace timer

namespace servo_timer {  // the second one, 16 bits of µs: register 0 ends a pulse, 1 the period
inline constexpr std::uintptr_t base = 0x40009000;
inline constexpr std::uintptr_t start = base, pulse_over = base + 0x140, period_over = base + 0x144;
inline constexpr std::uintptr_t shortcuts = base + 0x200, interrupts = base + 0x304;
inline constexpr std::uintptr_t mode = base + 0x504, bits = base + 0x508, prescaler = base + 0x510;
inline constexpr std::uintptr_t pulse = base + 0x540, period = base + 0x544;
inline constexpr std::uint32_t clear_at_period = 1U << 1U, both_interrupts = 3U << 16U, number = 9;
}  // namespace servo_timer

namespace pin_event {  // GPIOTE, chapter 15
inline constexpr std::uintptr_t base = 0x40006000;
inline constexpr std::uintptr_t rails = base + 0x100, wheel = base + 0x104;  // events of channels 0 and 1
inline constexpr std::uintptr_t interrupts = base + 0x304, configuration = base + 0x510;  // a word a channel
inline constexpr std::uint32_t both_edges = 1U | 3U << 16U, number = 6;
}  // namespace pin_event

namespace ppi {  // chapter 16
inline constexpr std::uintptr_t base = 0x4001F000;
inline constexpr std::uintptr_t enable = base + 0x504, event = base + 0x510, task = base + 0x514;
}  // namespace ppi

namespace adc {  // chapter 32
inline constexpr std::uintptr_t base = 0x40007000;
inline constexpr std::uintptr_t start = base, done = base + 0x100, interrupts = base + 0x304;
inline constexpr std::uintptr_t enable = base + 0x500, configuration = base + 0x504, result = base + 0x508;
inline constexpr std::uint32_t done_interrupt = 1, number = 7;
// 10 bits, a third of the input against a third of the supply.
inline constexpr std::uint32_t of_supply = 2U | 2U << 2U | 2U << 5U;
inline constexpr std::uint32_t input_shift = 8;  // a bit an input
}  // namespace adc

namespace gpio {  // chapter 14
inline constexpr std::uintptr_t base = 0x50000000;
inline constexpr std::uintptr_t set = base + 0x508, clear = base + 0x50C, in = base + 0x510;
inline constexpr std::uintptr_t configuration = base + 0x700;  // a word a pin
inline constexpr std::uint32_t output = 3, input = 0, input_pulled_up = 0xC;
}  // namespace gpio

namespace nvmc {  // chapter 6
inline constexpr std::uintptr_t base = 0x4001E000;
inline constexpr std::uintptr_t ready = base + 0x400, configuration = base + 0x504, erase = base + 0x508;
inline constexpr std::uint32_t read_only = 0, may_write = 1, may_erase = 2;
}  // namespace nvmc

namespace watchdog {  // chapter 19
inline constexpr std::uintptr_t base = 0x40010000;
inline constexpr std::uintptr_t start = base, reload = base + 0x600, period = base + 0x504,
                                configuration = base + 0x50C;
inline constexpr std::uint32_t reload_word = 0x6E524635;
}  // namespace watchdog

inline constexpr std::uintptr_t reset_reason = 0x40000400;  // POWER, chapter 12
inline constexpr std::uint32_t reset_by_watchdog = 2, reset_by_software = 4, reset_by_lockup = 8;
inline constexpr std::uintptr_t interrupts_on = 0xE000E100, interrupts_off = 0xE000E180;  // NVIC

inline void set_pin(std::uint32_t pin, bool high) { reg(high ? gpio::set : gpio::clear) = 1U << pin; }
inline bool pin_is_high(std::uint32_t pin) { return (reg(gpio::in) >> pin & 1U) != 0; }
inline void configure(std::uint32_t pin, std::uint32_t as) { reg(gpio::configuration + 4 * pin) = as; }

// common.cpp: time, the serial line, and why the chip was reset; the last thing in start().
void start_chip();
[[nodiscard]] std::uint32_t now_us();  // the low 32 bits

}  // namespace standstill::board
