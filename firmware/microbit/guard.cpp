// The external guard on a BBC micro:bit, first edition (nRF51822, Cortex-M0). Pins of its edge connector:
// 0 and 1 the relays' transistors, 2 the charge pump, 8 and 12 the relays' mirror contacts, 16 the button.
//
// Mirror contacts and button close to ground and are pulled up. A mirror contact is the kind that is closed
// while its relay is open: a wire that breaks shows a closed relay, and nothing starts.
#include <algorithm>
#include <array>

#include "firmware/board.hpp"
#include "firmware/cortex/byte_ring.hpp"
#include "firmware/microbit/registers.hpp"

extern "C" {
void uart_handler();
void make_safe();
}

namespace standstill::board {

namespace {

constexpr std::array<std::uint32_t, relays> relay_pins{3, 2}, contact_pins{18, 20};
constexpr std::uint32_t pump_pin = 1, button_pin = 16;
constexpr std::uint32_t usb_from_pin = 24, usb_to_pin = 25;  // the interface chip's serial line

ByteRing received;
std::uint32_t reason = 0;

void set_pin(std::uint32_t pin, bool high) { reg(high ? gpio::set : gpio::clear) = 1U << pin; }
bool pin(std::uint32_t number) { return (reg(gpio::in) >> number & 1U) != 0; }
void configure(std::uint32_t pin, std::uint32_t as) { reg(gpio::configuration + 4 * pin) = as; }

// The last two pages of the chip's own flash: nothing else lies there.
class PageFlash final : public loco::Flash {
 public:
  static constexpr std::size_t page = 1024, count = 2;
  static constexpr std::uintptr_t base = 0x40000 - page * count;
  [[nodiscard]] std::size_t sector_size() const override { return page; }
  [[nodiscard]] std::size_t sectors() const override { return count; }
  void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const override {
    const auto* from = reinterpret_cast<const volatile std::uint8_t*>(base + sector * page + offset);
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = from[i];
  }
  bool program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) override {
    reg(nvmc::configuration) = nvmc::may_write;
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      const std::uint32_t word = bytes[i] | static_cast<std::uint32_t>(bytes[i + 1]) << 8U |
                                 static_cast<std::uint32_t>(bytes[i + 2]) << 16U |
                                 static_cast<std::uint32_t>(bytes[i + 3]) << 24U;
      reg(base + sector * page + offset + i) = word;
      await();
    }
    reg(nvmc::configuration) = nvmc::read_only;
    return true;  // whoever writes reads it again
  }
  // 21 ms in which the processor stands still.
  bool erase(std::size_t sector) override {
    reg(nvmc::configuration) = nvmc::may_erase;
    reg(nvmc::erase) = static_cast<std::uint32_t>(base + sector * page);
    await();
    reg(nvmc::configuration) = nvmc::read_only;
    return true;
  }

 private:
  static void await() {
    while (reg(nvmc::ready) == 0) {
    }
  }
};
PageFlash page_flash;

}  // namespace

void start() {
  make_safe();
  for (const std::uint32_t one : relay_pins) configure(one, gpio::output);
  configure(pump_pin, gpio::output);
  for (const std::uint32_t one : contact_pins) configure(one, gpio::input_pulled_up);
  configure(button_pin, gpio::input_pulled_up);
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
  reg(uart::interrupts) = uart::received_interrupt;
  reg(uart::start_sending) = 1;
  reg(uart::start_receiving) = 1;
  reg(interrupts_on) = 1U << uart::number;
}

// The counter of microseconds goes round in 71 minutes, and is asked every cycle.
Instant now() {
  static std::uint32_t last = 0;
  static std::uint64_t counted = 0;
  reg(timer::capture) = 1;
  const std::uint32_t is = reg(timer::captured);
  counted += is - last;
  last = is;
  return instant_from_ns(static_cast<std::int64_t>(counted * 1000));
}

void wait_until(Instant when) {
  while (now() < when) {
  }
}

loco::BootReason boot_reason() {
  return (reason & reset_by_watchdog) != 0 ? loco::BootReason::watchdog : loco::BootReason::power_on;
}

loco::Flash& flash() { return page_flash; }

void start_watchdog(Duration timeout) {
  reg(watchdog::configuration) = 1;  // also while the processor sleeps
  reg(watchdog::period) = static_cast<std::uint32_t>(timeout.count() * 32768 / 1'000'000'000);
  reg(watchdog::start) = 1;  // and nothing but a reset stops it
}

void feed_watchdog() { reg(watchdog::reload) = watchdog::reload_word; }

void write(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    reg(uart::sent) = 0;
    reg(uart::send) = byte;
    while (reg(uart::sent) == 0) {
    }
  }
}

bool read(std::uint8_t& byte) { return received.take(byte); }

void set_relay(std::size_t relay, bool closed) { set_pin(relay_pins[relay], closed); }
bool relay_closed(std::size_t relay) { return pin(contact_pins[relay]); }
void set_pump(bool high) { set_pin(pump_pin, high); }
bool button_closed() { return !pin(button_pin); }

}  // namespace standstill::board

void uart_handler() {
  using namespace standstill::board;
  while (reg(uart::received) != 0) {
    reg(uart::received) = 0;
    received.put(static_cast<std::uint8_t>(reg(uart::receive)));
  }
}

void make_safe() {
  using namespace standstill::board;
  for (const std::uint32_t one : relay_pins) set_pin(one, false);
  set_pin(pump_pin, false);
}
