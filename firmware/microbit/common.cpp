// What both programs need of a micro:bit, first edition: time, the line to its interface chip, the watchdog.
#include "firmware/board.hpp"
#include "firmware/cortex/byte_ring.hpp"
#include "firmware/microbit/registers.hpp"

extern "C" void uart_handler();

namespace standstill::board {

namespace {

constexpr std::uint32_t usb_from_pin = 24, usb_to_pin = 25;  // the interface chip's serial line

ByteRing<256> received;
ByteRing<512> to_send;
volatile bool sending = false;
std::uint32_t reason = 0;

// By the interrupt, or while it is off.
void send_next() {
  std::uint8_t byte = 0;
  sending = to_send.take(byte);
  if (sending) reg(uart::send) = byte;
}

}  // namespace

void start_chip() {
  reason = reg(reset_reason);
  reg(reset_reason) = reason;  // ones clear it
  reg(timer::mode) = 0;
  reg(timer::bits) = 3;       // 32
  reg(timer::prescaler) = 4;  // 16 MHz / 2^4
  reg(timer::start) = 1;
  set_pin(usb_from_pin, true);
  configure(usb_from_pin, gpio::output);
  reg(uart::send_pin) = usb_from_pin;
  reg(uart::receive_pin) = usb_to_pin;
  reg(uart::speed) = uart::speed_115200;
  reg(uart::enable) = 4;
  reg(uart::interrupts) = uart::received_interrupt | uart::sent_interrupt;
  reg(uart::start_sending) = 1;
  reg(uart::start_receiving) = 1;
  reg(interrupts_on) = 1U << uart::number;
}

std::uint32_t now_us() {
  reg(timer::capture) = 1;
  return reg(timer::captured);
}

// The counter of microseconds goes round in 71 minutes, and is asked every cycle.
Instant now() {
  static std::uint32_t last = 0;
  static std::uint64_t counted = 0;
  const std::uint32_t is = now_us();
  counted += is - last;
  last = is;
  return instant_from_ns(static_cast<std::int64_t>(counted * 1000));
}

void wait_until(Instant when) {
  while (now() < when) {
  }
}

loco::BootReason boot_reason() {
  if ((reason & reset_by_watchdog) != 0) return loco::BootReason::watchdog;
  if ((reason & (reset_by_software | reset_by_lockup)) != 0) return loco::BootReason::software;
  return loco::BootReason::power_on;
}

void start_watchdog(Duration timeout) {
  reg(watchdog::configuration) = 1;  // also while the processor sleeps
  reg(watchdog::period) = static_cast<std::uint32_t>(timeout.count() * 32768 / 1'000'000'000);
  reg(watchdog::start) = 1;  // and nothing but a reset stops it
}

void feed_watchdog() { reg(watchdog::reload) = watchdog::reload_word; }

// By interrupt: 87 µs a byte are too long to wait for.
void write(std::span<const std::uint8_t> bytes) {
  reg(interrupts_off) = 1U << uart::number;
  for (const std::uint8_t byte : bytes) to_send.put(byte);
  if (!sending) send_next();
  reg(interrupts_on) = 1U << uart::number;
}

bool read(std::uint8_t& byte) { return received.take(byte); }

}  // namespace standstill::board

void uart_handler() {
  using namespace standstill::board;
  while (reg(uart::received) != 0) {
    reg(uart::received) = 0;
    received.put(static_cast<std::uint8_t>(reg(uart::receive)));
  }
  if (reg(uart::sent) != 0) {
    reg(uart::sent) = 0;
    send_next();
  }
}
