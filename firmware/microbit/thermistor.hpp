// A thermistor of 100 kΩ at 25 °C, B = 3950 K, to ground, with 4.7 kΩ to the supply: what its converter of 10
// bits says, in °C. The table is made by the compiler; between its rows it is a straight line.
#pragma once

#include <array>
#include <cstdint>

namespace standstill::board {

inline constexpr std::uint32_t converter_top = 1023;
inline constexpr std::uint32_t table_step = 16;  // counts from row to row

inline constexpr auto thermistor_rows = [] {
  std::array<float, (converter_top + 1) / table_step + 1> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double counts = static_cast<double>(i * table_step);
    counts = counts < 1 ? 1 : (counts > 1022 ? 1022 : counts);
    const double ohm = 4700 * counts / (1023 - counts);
    rows[i] = static_cast<float>(1 / (1 / 298.15 + __builtin_log(ohm / 100'000) / 3950) -
                                 273.15);  // its B equation
  }
  return rows;
}();

constexpr float celsius(std::uint32_t counts) {
  const std::uint32_t row = counts / table_step;
  const float low = thermistor_rows[row];
  return low + (thermistor_rows[row + 1] - low) * static_cast<float>(counts % table_step) /
                   static_cast<float>(table_step);
}

static_assert(celsius(977) > 24 && celsius(977) < 26);    // 100 kΩ
static_assert(celsius(600) > 100 && celsius(600) < 103);  // 6.7 kΩ
static_assert(celsius(64) > 220 && celsius(64) < 290);    // 310 Ω

}  // namespace standstill::board
