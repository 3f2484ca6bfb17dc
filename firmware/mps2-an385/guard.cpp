// The external guard's pins and time: its line from the console's interrupt, its wiring in shared memory.
#include "firmware/board.hpp"
#include "firmware/cortex/byte_ring.hpp"
#include "firmware/mps2-an385/contacts.hpp"
#include "firmware/mps2-an385/registers.hpp"

extern "C" {
void uart_handler();
void make_safe();
}

namespace standstill::board {

namespace {

ByteRing<512> received;

volatile Contacts& contacts() { return *reinterpret_cast<volatile Contacts*>(0x21000000 + contacts_offset); }

constexpr std::uint32_t receive_interrupt = 8;  // in the UART's control register

}  // namespace

// The emulated processor stands still whenever its host is busy with something else, and its watchdog does
// not.
const std::int64_t watchdog_stretch = 50;

void start() {
  make_safe();  // pins are inputs after a reset, and their pull-downs open the relays
  contacts().starts = contacts().starts + 1;
  start_line();
  uart_console.control() = uart_console.control() | receive_interrupt;
  reg(interrupts_on) = uart_received;
  start_time();
}

void wait_until(Instant when) {
  while (now() < when) __asm volatile("wfi");  // the tick ends it, once a millisecond
}

bool read(std::uint8_t& byte) { return received.take(byte); }

void set_relay(std::size_t relay, bool closed) {
  volatile Contacts& is = contacts();
  const auto us = static_cast<std::uint64_t>(to_ns(now()) / 1000);
  if (relay == 0) {
    static std::uint64_t before = 0;
    if (before != 0 && us - before > is.longest_gap_us)
      is.longest_gap_us = static_cast<std::uint32_t>(us - before);
    before = us;
    if (is.coil[0] != 0 && !closed) is.opened_us = us;
  }
  is.coil[relay] = closed ? 1 : 0;
  if (is.hang != 0)
    for (;;) {
    }
}

bool relay_closed(std::size_t relay) { return contacts().coil[relay] != 0 || contacts().welded[relay] != 0; }

void set_pump(bool high) {
  static bool level = false;
  if (high != level) contacts().pump_edges = contacts().pump_edges + 1;
  level = high;
}

bool button_closed() { return contacts().button_open == 0; }

}  // namespace standstill::board

void uart_handler() {
  using namespace standstill::board;
  // First: a byte that comes after the last look asks again, instead of waiting for ever.
  uart_console.interrupts() = 2;
  while ((uart_console.state() & uart_rx_full) != 0) {
    received.put(static_cast<std::uint8_t>(uart_console.data()));
  }
}

void make_safe() {
  for (std::size_t i = 0; i < standstill::board::relays; ++i) standstill::board::contacts().coil[i] = 0;
}
