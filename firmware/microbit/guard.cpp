// The external guard on a BBC micro:bit, first edition (nRF51822, Cortex-M0). Pins of its edge connector:
// 0 and 1 the relays' transistors, 2 the charge pump, 8 and 12 the relays' mirror contacts, 16 the button.
//
// Mirror contacts and button close to ground and are pulled up. A mirror contact is the kind that is closed
// while its relay is open: a wire that breaks shows a closed relay, and nothing starts.
#include <array>

#include "firmware/board.hpp"
#include "firmware/microbit/page_flash.hpp"

extern "C" void make_safe();

namespace standstill::board {

namespace {

constexpr std::array<std::uint32_t, relays> relay_pins{3, 2}, contact_pins{18, 20};
constexpr std::uint32_t pump_pin = 1, button_pin = 16;

PageFlash<2> page_flash;

}  // namespace

void start() {
  make_safe();
  for (const std::uint32_t one : relay_pins) configure(one, gpio::output);
  configure(pump_pin, gpio::output);
  for (const std::uint32_t one : contact_pins) configure(one, gpio::input_pulled_up);
  configure(button_pin, gpio::input_pulled_up);
  start_chip();
}

loco::Flash& flash() { return page_flash; }

void set_relay(std::size_t relay, bool closed) { set_pin(relay_pins[relay], closed); }
bool relay_closed(std::size_t relay) { return pin_is_high(contact_pins[relay]); }
void set_pump(bool high) { set_pin(pump_pin, high); }
bool button_closed() { return !pin_is_high(button_pin); }

}  // namespace standstill::board

void make_safe() {
  using namespace standstill::board;
  for (const std::uint32_t one : relay_pins) set_pin(one, false);
  set_pin(pump_pin, false);
}
