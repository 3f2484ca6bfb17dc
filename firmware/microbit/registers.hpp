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
inline constexpr std::uint32_t received_interrupt = 1U << 2U;
inline constexpr std::uint32_t number = 2;  // of its interrupt
}  // namespace uart

namespace timer {  // chapter 18
inline constexpr std::uintptr_t base = 0x40008000;
inline constexpr std::uintptr_t start = base, capture = base + 0x040, captured = base + 0x540;
inline constexpr std::uintptr_t mode = base + 0x504, bits = base + 0x508, prescaler = base + 0x510;
}  // namespace timer

namespace gpio {  // chapter 14
inline constexpr std::uintptr_t base = 0x50000000;
inline constexpr std::uintptr_t set = base + 0x508, clear = base + 0x50C, in = base + 0x510;
inline constexpr std::uintptr_t configuration = base + 0x700;  // a word a pin
inline constexpr std::uint32_t output = 3, input_pulled_up = 0xC;
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
inline constexpr std::uint32_t reset_by_watchdog = 2;
inline constexpr std::uintptr_t interrupts_on = 0xE000E100;  // NVIC_ISER

}  // namespace standstill::board
