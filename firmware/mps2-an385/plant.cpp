// Sensors, rails, drivers and time of the engine: frames in a mailbox, at whose other end the simulated plant
// stands. Time is the plant's, so that a busy host makes the emulation slow and not wrong.
#include <array>
#include <cstring>

#include "firmware/board.hpp"
#include "firmware/mps2-an385/plant_frame.hpp"
#include "firmware/mps2-an385/registers.hpp"

extern "C" void tick_handler();

namespace standstill::board {

namespace {

PlantReader reader;  // its frame is the newest
Instant clock{};     // when that was sent
constexpr std::size_t edges_kept = 384;
std::array<std::uint32_t, edges_kept> edges;  // µs, the low 32 bits; edge() makes instants of them again
std::size_t edge_in = 0, edge_out = 0;

std::uint32_t low_us(Instant at) { return static_cast<std::uint32_t>(to_ns(at) / 1000); }

volatile Mailbox& mailbox() { return *reinterpret_cast<volatile Mailbox*>(0x21000000 + mailbox_offset); }

// Leaves the host's processor to others while nothing comes: the tick ends the sleep.
void rest() {
  static std::uint32_t turns = 0;
  if (++turns % 4096 == 0) __asm volatile("wfi");
}

// One frame, if there is one.
void listen() {
  volatile Mailbox& box = mailbox();
  if (box.plant_sent == box.plant_taken) {
    rest();
    return;
  }
  __sync_synchronize();
  bool whole_frame = false;
  const std::uint32_t slot = box.plant_taken % Mailbox::slots;
  const std::uint32_t size = box.plant_size[slot];
  for (std::uint32_t i = 0; i < size; ++i) whole_frame = reader.take(box.plant[slot][i]);
  __sync_synchronize();
  box.plant_taken = box.plant_taken + 1;
  if (!whole_frame) return;
  const PlantFrame& plant = reader.frame();
  clock = instant_from_ns(static_cast<std::int64_t>(plant.time_us) * 1000);
  if (plant.hang != 0)
    for (;;) {
    }
  Duration whole{};
  for (std::size_t i = 0; i < plant.half_count; ++i) whole += std::chrono::microseconds(plant.half(i));
  Instant at = clock - std::chrono::microseconds(plant.tail_us) - whole;
  for (std::size_t i = 0; i < plant.half_count; ++i) {
    at += std::chrono::microseconds(plant.half(i));
    edges[edge_in++ % edges_kept] = low_us(at);
  }
}

}  // namespace

void start() {
  start_line();
  reg(systick + 4) = clock_hz / 1000 - 1;
  reg(systick + 8) = 0;
  reg(systick) = 7;
  mailbox().plant_taken = mailbox().plant_sent;  // it was for the program before the reset
}

bool read(std::uint8_t& byte) {
  if ((uart_console.state() & uart_rx_full) == 0) return false;
  byte = static_cast<std::uint8_t>(uart_console.data());
  return true;
}

Instant now() {
  while (clock == Instant{}) listen();
  return clock;
}

void wait_until(Instant when) {
  while (clock < when) listen();
}

loco::BootReason boot_reason() {
  (void)now();
  // The emulated reset controller does not tell; the plant does, and says what it did to the processor.
  return static_cast<loco::BootReason>(reader.frame().boot_reason & 3U);
}

loco::Measured measure() {
  const PlantFrame& plant = reader.frame();
  loco::Measured measured;
  for (std::size_t i = 0; i < loco::sensor_count; ++i) {
    loco::Reading& reading = measured.watch.readings[i];
    reading.value = plant.values[i];
    reading.rail = static_cast<loco::Rail>(plant.rails[i]);
    reading.at = plant.silent[i] != 0 ? Instant{} : clock;
  }
  measured.watch.track_volts = plant.track_volts;
  measured.encoder = plant.encoder;
  return measured;
}

bool edge(Instant& at) {
  if (edge_out == edge_in) return false;
  if (edge_in - edge_out > edges_kept) edge_out = edge_in - edges_kept;
  const std::uint32_t age = low_us(clock) - edges[edge_out++ % edges_kept];
  at = clock - std::chrono::microseconds(age);
  return true;
}

void drive(const loco::Outputs& outputs) {
  DriveFrame frame;
  frame.boiler = outputs.drive.boiler_permille;
  frame.superheater = outputs.drive.superheater_permille;
  frame.servo_tenths = outputs.drive.servo_tenths;
  frame.flags =
      static_cast<std::uint8_t>((outputs.drive.servo_power ? 1U : 0U) | (outputs.drive.forward ? 2U : 0U) |
                                (outputs.acknowledge ? 4U : 0U) | (outputs.asleep ? 8U : 0U));
  frame.lamp = static_cast<std::uint8_t>(outputs.lamp);
  const auto bytes = packed(frame);
  volatile Mailbox& box = mailbox();
  while (box.board_sent - box.board_taken >= Mailbox::slots) rest();
  const std::uint32_t slot = box.board_sent % Mailbox::slots;
  for (std::size_t i = 0; i < bytes.size(); ++i) box.board[slot][i] = bytes[i];
  __sync_synchronize();
  box.board_sent = box.board_sent + 1;
}

}  // namespace standstill::board

void tick_handler() {}
