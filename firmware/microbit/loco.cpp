// The engine on a BBC micro:bit, first edition (nRF51822, Cortex-M0). Pins of its edge connector: 0 the
// electronics' thermistor, 1 the boiler's, 2 the superheater's, 3 pressure, 10 the rails' rectified voltage;
// 8 the rails' signal, 12 the wheel; 13 and 14 the heaters, 15 the servo, 16 its power, 9 the
// acknowledgement's load, 6 the lamp. The display stays dark: its columns are some of these pins.
#include <array>

#include "firmware/board.hpp"
#include "firmware/microbit/page_flash.hpp"
#include "firmware/microbit/thermistor.hpp"

extern "C" {
void edge_handler();
void converter_handler();
void acknowledge_handler();
void servo_handler();
void make_safe();
}

namespace standstill::board {

namespace {

constexpr std::uint32_t rails_pin = 18, wheel_pin = 20, boiler_pin = 23, superheater_pin = 22, servo_pin = 21,
                        servo_power_pin = 16, acknowledge_pin = 10, lamp_pin = 12;

PageFlash<loco::sectors_used> page_flash;

// --- the rails: each edge's time by hardware, into a ring

constexpr std::size_t edges_kept = 352;  // a cycle has up to 345
// µs, the low 16 bits: edges are taken every 20 ms, and these go round in 65.
std::array<volatile std::uint16_t, edges_kept> edges;
volatile std::uint32_t edge_in = 0;  // places, below edges_kept
std::uint32_t edge_out = 0;
constexpr std::uint32_t after(std::uint32_t place) { return place + 1 == edges_kept ? 0 : place + 1; }
volatile std::uint32_t turned = 0;  // edges of the wheel

// --- the converters: one after the other, two rounds a cycle

struct Input {
  std::uint32_t number;  // AIN
  volatile std::uint32_t counts = 0;
  volatile std::uint32_t rounds = 0;  // that have ended; 0: none
};
constexpr std::size_t track = loco::sensor_count;
std::array<Input, loco::sensor_count + 1> inputs{{{4}, {3}, {2}, {5}, {7}}};
volatile std::size_t converting = inputs.size();  // none

void convert(std::size_t which) {
  converting = which;
  reg(adc::configuration) = adc::of_supply | 1U << (adc::input_shift + inputs[which].number);
  reg(adc::start) = 1;
}

constexpr std::uint32_t rail_counts = 5;

float volts(std::uint32_t counts) { return static_cast<float>(counts) * (3.3F * 8 / 1023); }  // 7:1 divider

// 10 to 90 % of its supply are 0 to 300 kPa above the air's pressure.
float kilopascal(std::uint32_t counts) { return (static_cast<float>(counts) - 102.3F) * (300.0F / 818.4F); }

// --- drivers

constexpr std::uint32_t servo_period_us = 20'000, servo_zero_us = 1'000, servo_span_us = 1'000;  // 0 to 180°
volatile std::uint32_t servo_us = 0;  // of the next pulse; 0: none

// A heater is slow: it is on or off for whole cycles, so many of a thousand.
struct Heater {
  std::uint32_t pin;
  std::uint32_t owed = 0;
  void set(std::uint16_t permille) {
    owed = permille == 0 ? 0 : owed + permille;
    const bool on = owed >= 1000;
    if (on) owed -= 1000;
    set_pin(pin, on);
  }
};
Heater boiler{boiler_pin}, superheater{superheater_pin};

bool lamp_on(loco::Lamp lamp) {
  static std::uint32_t cycles = 0;
  ++cycles;
  switch (lamp) {
    case loco::Lamp::steady:
      return true;
    case loco::Lamp::slow:
      return cycles % 50 < 25;
    case loco::Lamp::rapid:
      return cycles % 10 < 5;
    default:
      return cycles % 100 < 5;
  }
}

}  // namespace

void start() {
  make_safe();
  for (const std::uint32_t one :
       {boiler_pin, superheater_pin, servo_pin, servo_power_pin, acknowledge_pin, lamp_pin})
    configure(one, gpio::output);
  configure(rails_pin, gpio::input);
  configure(wheel_pin, gpio::input_pulled_up);
  start_chip();
  reg(pin_event::configuration) = pin_event::both_edges | rails_pin << 8U;
  reg(pin_event::configuration + 4) = pin_event::both_edges | wheel_pin << 8U;
  reg(pin_event::interrupts) = 3;
  reg(ppi::event) = pin_event::rails;
  reg(ppi::task) = timer::capture_edge;
  reg(ppi::enable) = 1;
  reg(adc::enable) = 1;
  reg(adc::interrupts) = adc::done_interrupt;
  reg(timer::interrupts) = timer::end_interrupt;
  reg(servo_timer::mode) = 0;
  reg(servo_timer::bits) = 0;       // 16
  reg(servo_timer::prescaler) = 4;  // 16 MHz / 2^4
  reg(servo_timer::period) = servo_period_us;
  reg(servo_timer::pulse) = servo_zero_us;
  reg(servo_timer::shortcuts) = servo_timer::clear_at_period;
  reg(servo_timer::interrupts) = servo_timer::both_interrupts;
  reg(servo_timer::start) = 1;
  reg(interrupts_on) =
      1U << pin_event::number | 1U << adc::number | 1U << timer::number | 1U << servo_timer::number;
}

loco::Flash& flash() { return page_flash; }

// Takes what the last round found, and begins the next.
std::array<loco::Reading, loco::sensor_count> sense() {
  static std::array<std::uint32_t, loco::sensor_count> seen{};
  static std::array<Instant, loco::sensor_count> at{};
  static Instant begun{};
  std::array<loco::Reading, loco::sensor_count> readings;
  for (std::size_t i = 0; i < loco::sensor_count; ++i) {
    loco::Reading& reading = readings[i];
    if (inputs[i].rounds != seen[i]) at[i] = begun;
    seen[i] = inputs[i].rounds;
    const std::uint32_t counts = inputs[i].counts;
    reading.at = at[i];
    reading.value = i + 1 == loco::sensor_count ? kilopascal(counts) : celsius(counts);
    if (counts <= rail_counts) reading.rail = loco::Rail::low;
    if (counts >= converter_top - rail_counts) reading.rail = loco::Rail::high;
  }
  begun = now();
  convert(0);
  return readings;
}

loco::Measured measure() {
  static std::uint32_t seen = 0;
  loco::Measured measured;
  measured.watch.readings = sense();
  measured.watch.track_volts = inputs[track].rounds != seen ? volts(inputs[track].counts) : 0.0F;
  seen = inputs[track].rounds;
  measured.encoder = turned;
  return measured;
}

bool edge(Instant& at) {
  if (edge_out == edge_in) return false;
  const Instant is = now();
  const auto low = static_cast<std::uint16_t>(to_ns(is) / 1000);
  at = is - std::chrono::microseconds(static_cast<std::uint16_t>(low - edges[edge_out]));
  edge_out = after(edge_out);
  return true;
}

void drive(const loco::Outputs& outputs) {
  boiler.set(outputs.drive.boiler_permille);
  superheater.set(outputs.drive.superheater_permille);
  const bool power = outputs.drive.servo_power;
  const auto tenths =
      static_cast<std::uint32_t>(outputs.drive.servo_tenths > 0 ? outputs.drive.servo_tenths : 0);
  servo_us = power ? servo_zero_us + servo_span_us * tenths / 1800 : 0;
  set_pin(servo_power_pin, power);
  set_pin(lamp_pin, lamp_on(outputs.lamp));
  if (outputs.acknowledge) {
    reg(timer::end_at) = now_us() + 6'000;
    set_pin(acknowledge_pin, true);
  }
}

}  // namespace standstill::board

void edge_handler() {
  using namespace standstill::board;
  if (reg(pin_event::rails) != 0) {
    reg(pin_event::rails) = 0;
    edges[edge_in] = static_cast<std::uint16_t>(reg(timer::edge_captured));
    edge_in = after(edge_in);
  }
  if (reg(pin_event::wheel) != 0) {
    reg(pin_event::wheel) = 0;
    turned = turned + 1;
  }
}

void converter_handler() {
  using namespace standstill::board;
  reg(adc::done) = 0;
  const std::size_t which = converting;
  if (which >= inputs.size()) return;
  inputs[which].counts = reg(adc::result);
  inputs[which].rounds = inputs[which].rounds + 1;
  converting = inputs.size();
  if (which + 1 < inputs.size()) convert(which + 1);
}

void acknowledge_handler() {
  using namespace standstill::board;
  reg(timer::end_reached) = 0;
  set_pin(acknowledge_pin, false);
}

// A pulse begins with the timer's period and ends by its first register; its length changes only between two.
// A handler that comes too late makes no pulse rather than an endless one.
void servo_handler() {
  using namespace standstill::board;
  if (reg(servo_timer::period_over) != 0) {
    reg(servo_timer::period_over) = 0;
    const std::uint32_t us = servo_us;
    if (us != 0) reg(servo_timer::pulse) = us;
    set_pin(servo_pin, us != 0);
  }
  if (reg(servo_timer::pulse_over) != 0) {
    reg(servo_timer::pulse_over) = 0;
    set_pin(servo_pin, false);
  }
}

void make_safe() {
  using namespace standstill::board;
  for (const std::uint32_t one : {boiler_pin, superheater_pin, servo_pin, servo_power_pin, acknowledge_pin})
    set_pin(one, false);
}
