// links: sim/loco
// Any edges on the rails, any line, any bytes in flash: packets are sound, CVs stay in their ranges, and
// heaters only ever run in an engine that runs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "plant/loco/engine.hpp"
#include "sim/loco/flash.hpp"
#include "wire/dcc/edge_decoder.hpp"

using namespace standstill;
using namespace standstill::loco;

namespace {

struct Quiet final : Lines {
  void say(std::string_view line) override {
    if (line.size() > 192) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sim::loco::MemoryFlash flash;
  // The first bytes are damage: sector, place, value.
  while (size >= 4 && (*data & 0x80U) != 0) {
    flash.at(data[0] & 3U, static_cast<std::size_t>(data[1] << 8U | data[2]) % 4096) = data[3];
    data += 4;
    size -= 4;
  }
  Quiet lines;
  Engine engine(flash, lines);
  dcc::EdgeDecoder decoder;
  LineReader reader;
  Instant now = instant_from_ns(1'000'000'000);
  engine.boot(now, BootReason::power_on);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint8_t byte = data[i];
    now += Duration{byte * 500};
    if (const auto packet = decoder.edge(now)) {
      if (!packet->valid()) std::abort();
      engine.packet(*packet, now);
    }
    if (reader.take(byte)) engine.typed(reader.typed(), now);
    if (i % 64 != 0) continue;
    now += 20ms;
    Measured measured;
    for (std::size_t s = 0; s < sensor_count; ++s) {
      std::uint32_t bits = 0;
      if (i + s + 4 < size) std::memcpy(&bits, data + i + s, sizeof bits);
      std::memcpy(&measured.watch.readings[s].value, &bits, sizeof bits);
      measured.watch.readings[s].at = now;
    }
    const Outputs& outputs = engine.decide(now, measured);
    if (outputs.drive.boiler_permille != 0 && engine.chain().latch().state() != LatchState::running)
      std::abort();
    engine.finish(now);
    for (std::size_t v = 0; v < variables.size(); ++v)
      if (engine.settings().values()[v] < variables[v].low ||
          engine.settings().values()[v] > variables[v].high)
        std::abort();
  }
  return 0;
}
