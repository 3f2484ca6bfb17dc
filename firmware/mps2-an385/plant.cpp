// Sensors, rails and drivers of the engine: frames in a mailbox, at whose other end the simulated plant
// stands.
#include "firmware/mps2-an385/plant.hpp"

#include <array>
#include <cstring>

#include "firmware/mps2-an385/registers.hpp"

extern "C" void make_safe();
extern std::uint32_t stack_from[];

namespace standstill::board {

namespace {

PlantReader reader;  // its frame is the newest
Instant sent{};      // by the plant's clock
Instant arrived{};   // by the board's
constexpr std::size_t edges_kept = 384;
// µs of the plant's clock, the low 16 bits: edges are taken every 20 ms, and these go round in 65.
std::array<std::uint16_t, edges_kept> edges;
std::size_t edge_in = 0, edge_out = 0;  // places, below edges_kept
constexpr std::size_t after(std::size_t place) { return place + 1 == edges_kept ? 0 : place + 1; }

std::uint16_t low_us(Instant at) { return static_cast<std::uint16_t>(to_ns(at) / 1000); }

volatile Mailbox& mailbox() { return *reinterpret_cast<volatile Mailbox*>(0x21000000 + mailbox_offset); }

void suffer(Strain strain) {
  if (strain == Strain::hangs)
    for (;;) {
    }
  if (strain == Strain::slow) stand_still(45ms);
  // As a call leaves it that went down to 4 KiB from the far end.
  if (strain == Strain::deep)
    *static_cast<volatile std::uint32_t*>(stack_from + 4096 / sizeof *stack_from) = 0;
}

void send(const DriveFrame& frame) {
  const auto bytes = packed(frame);
  volatile Mailbox& box = mailbox();
  const std::uint32_t slot = box.board_sent % Mailbox::slots;
  for (std::size_t i = 0; i < bytes.size(); ++i) box.board[slot][i] = bytes[i];
  __sync_synchronize();
  box.board_sent = box.board_sent + 1;
}

}  // namespace

bool listen() {
  volatile Mailbox& box = mailbox();
  if (box.plant_sent == box.plant_taken) return false;
  __sync_synchronize();
  bool whole_frame = false;
  const std::uint32_t slot = box.plant_taken % Mailbox::slots;
  const std::uint32_t size = box.plant_size[slot];
  for (std::uint32_t i = 0; i < size; ++i) whole_frame = reader.take(box.plant[slot][i]);
  __sync_synchronize();
  box.plant_taken = box.plant_taken + 1;
  if (!whole_frame) return true;
  const PlantFrame& plant = reader.frame();
  sent = instant_from_ns(static_cast<std::int64_t>(plant.time_us) * 1000);
  arrived = arrival();
  suffer(plant.strain);
  Duration whole{};
  for (std::size_t i = 0; i < plant.half_count; ++i) whole += std::chrono::microseconds(plant.half(i));
  Instant at = sent - std::chrono::microseconds(plant.tail_us) - whole;
  for (std::size_t i = 0; i < plant.half_count; ++i) {
    at += std::chrono::microseconds(plant.half(i));
    edges[edge_in] = low_us(at);
    edge_in = after(edge_in);
  }
  return true;
}

const PlantFrame& newest() { return reader.frame(); }
Instant sent_at() { return sent; }

void start_plant() {
  mailbox().plant_taken = mailbox().plant_sent;  // it was for the program before the reset
}

bool read(std::uint8_t& byte) {
  if ((uart_console.state() & uart_rx_full) == 0) return false;
  byte = static_cast<std::uint8_t>(uart_console.data());
  return true;
}

loco::BootReason boot_reason() {
  while (sent == Instant{})
    if (!listen()) rest();
  // The emulated reset controller does not tell; the plant does, and says what it did to the processor.
  return static_cast<loco::BootReason>(reader.frame().boot_reason & 3U);
}

std::array<loco::Reading, loco::sensor_count> sense() {
  const PlantFrame& plant = reader.frame();
  std::array<loco::Reading, loco::sensor_count> readings;
  for (std::size_t i = 0; i < loco::sensor_count; ++i) {
    readings[i].value = plant.values[i];
    readings[i].rail = static_cast<loco::Rail>(plant.rails[i]);
    readings[i].at = plant.silent[i] != 0 ? Instant{} : arrived;
  }
  inject(readings);
  return readings;
}

loco::Measured measure() {
  const PlantFrame& plant = reader.frame();
  loco::Measured measured;
  measured.watch.readings = sense();
  measured.watch.track_volts = plant.track_volts;
  measured.encoder = plant.encoder;
  return measured;
}

bool edge(Instant& at) {
  if (edge_out == edge_in) return false;
  const auto age = static_cast<std::uint16_t>(low_us(sent) - edges[edge_out]);
  edge_out = after(edge_out);
  at = on_board(sent - std::chrono::microseconds(age));
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
  volatile Mailbox& box = mailbox();
  while (box.board_sent - box.board_taken >= Mailbox::slots) rest();
  send(frame);
}

}  // namespace standstill::board

// What the pull-downs do during a reset, and nothing else can here.
void make_safe() { standstill::board::send({}); }
