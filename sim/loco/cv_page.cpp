#include "sim/loco/cv_page.hpp"

#include "plant/loco/settings.hpp"

namespace standstill::sim::loco {

std::string cv_page() {
  using namespace standstill::loco;
  std::string text =
      "# Configuration variables of the locomotive\n\n"
      "Written from the table in `src/plant/loco/variables.hpp`, which also validates; a test compares the "
      "two. "
      "See [locomotive.md](locomotive.md) for what the watches do.\n\n"
      "A value is written by DCC (service mode, or on the main line with two identical packets), or by a "
      "telemetry line "
      "`CV42=120`. Each\nwrite is answered: `Updated CV42 (boiler limit) from 110 to 120 °C`, or what was "
      "wrong with it. "
      "What does not fit eight bits is refused\nover DCC and written by telemetry. CV46 stays below CV47, "
      "and CV32 20 kPa "
      "below CV35. Values are kept in two checksummed copies.\n\n"
      "| CV | name | range | default | unit | eight bits | does |\n|---|---|---|---|---|---|---|\n";
  const auto value = [](std::int32_t number, const Variable& one) {
    Sentence words;
    put_value(words, number, one.decimals);
    return std::string(words.view());
  };
  for (const Variable& one : variables) {
    text += "| " + std::to_string(static_cast<unsigned>(one.cv)) + " | " + std::string(one.name) + " | ";
    if (one.read_only)
      text += "read only";
    else
      text += value(one.low, one) + "–" + value(one.high, one);
    text += " | " + value(one.initial, one) + " | " + std::string(one.unit) + " | ";
    text += one.fits_dcc() ? "yes" : (one.low <= 255 ? "up to 255" : "no");
    text += " | " + std::string(one.does) + " |\n";
  }
  return text;
}

}  // namespace standstill::sim::loco
