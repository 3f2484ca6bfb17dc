// Registers of the MPS2 board with a Cortex-M3 (ARM DAI 0385D) and of the processor (ARM DDI 0403E).
#pragma once

#include <cstdint>

namespace standstill::board {

inline constexpr std::uint32_t clock_hz = 25'000'000;

inline volatile std::uint32_t& reg(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);
}

struct Uart {  // CMSDK APB UART (ARM DDI 0479D, 4.3)
  std::uintptr_t base;
  [[nodiscard]] volatile std::uint32_t& data() const { return reg(base); }
  [[nodiscard]] volatile std::uint32_t& state() const { return reg(base + 4); }
  [[nodiscard]] volatile std::uint32_t& control() const { return reg(base + 8); }
  [[nodiscard]] volatile std::uint32_t& interrupts() const { return reg(base + 12); }
  [[nodiscard]] volatile std::uint32_t& divider() const { return reg(base + 16); }
};
inline constexpr std::uint32_t uart_tx_full = 1;
inline constexpr std::uint32_t uart_rx_full = 2;

inline constexpr Uart uart_console{0x40004000};
inline constexpr Uart uart_sensors{0x40005000};

inline constexpr std::uintptr_t systick = 0xE000E010;
inline constexpr std::uintptr_t timer0 = 0x40000000;         // CMSDK timer: control, value, reload
inline constexpr std::uintptr_t interrupts_on = 0xE000E100;  // NVIC_ISER0
inline constexpr std::uint32_t uart_received = 1;            // interrupt 0 of the board: the console's

// CMSDK watchdog (ARM DDI 0479D, 4.7): its first end is an NMI, its second a reset.
inline constexpr std::uintptr_t watchdog = 0x40008000;

void start_line();  // common.cpp: the console's UART
void start_tick();  // common.cpp: an interrupt a millisecond
void start_time();  // timer.cpp: that, and the timer
// The processor stands still whenever its host is busy, and its watchdog does not: so many times as long.
extern const std::int64_t watchdog_stretch;

}  // namespace standstill::board
