// The engine's time is the board's own timer: it runs as fast as on a real board, with the watchdog's real
// time-out, and a sensor can be told over the second serial line what to say.
#include "firmware/mps2-an385/plant.hpp"
#include "firmware/mps2-an385/registers.hpp"

namespace standstill::board {

const std::int64_t watchdog_stretch = 1;

namespace {

// 0xA5, number of the sensor, its whole °C or kPa, all three added.
struct Injected {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t size = 0;
  std::array<std::int16_t, loco::sensor_count> says{-1, -1, -1, -1};  // -1: what the plant says

  void take(std::uint8_t byte) {
    if (size == 0 && byte != 0xA5) return;
    bytes[size++] = byte;
    if (size < bytes.size()) return;
    size = 0;
    if (bytes[3] == static_cast<std::uint8_t>(bytes[0] + bytes[1] + bytes[2]) && bytes[1] < says.size())
      says[bytes[1]] = bytes[2];
  }
};
Injected injected;
Instant converted{};  // when the injected converters were last asked

}  // namespace

void start() {
  start_time();
  start_line();
  uart_sensors.divider() = 217;  // 115200 baud
  uart_sensors.control() = 3;
  start_plant();
}

void rest() { __asm volatile("wfi"); }

void wait_until(Instant when) {
  while (now() < when) {
    while ((uart_sensors.state() & uart_rx_full) != 0)
      injected.take(static_cast<std::uint8_t>(uart_sensors.data()));
    if (!listen()) rest();
  }
  converted = now();
}

Instant arrival() { return now(); }

void stand_still(Duration time) {
  for (const Instant end = now() + time; now() < end;) {
  }
}

// Both clocks run at the same speed.
Instant on_board(Instant of_plant) {
  static const Duration ahead = now() - sent_at();
  return of_plant + ahead;
}

// Converters that have these values, and were asked before the cycle took its time.
void inject(std::array<loco::Reading, loco::sensor_count>& readings) {
  for (std::size_t i = 0; i < loco::sensor_count; ++i)
    if (injected.says[i] >= 0)
      readings[i] = {static_cast<float>(injected.says[i]), loco::Rail::none, converted};
}

}  // namespace standstill::board
