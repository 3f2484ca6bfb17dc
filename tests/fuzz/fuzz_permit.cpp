// links: guard/board
// Any bytes on the line of an external guard, in any cut and at any time, and of its host: the board is never
// closed (none of these bytes is a start that names its epoch, its power-up and a time of its own, but by the
// seeds' own orders, which are of another power-up), and what either reader takes for a frame is one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "guard/board/external_guard.hpp"
#include "sim/loco/flash.hpp"

using namespace standstill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sim::loco::MemoryFlash flash;
  guard::ExternalGuard board(flash);
  Instant now = instant_from_ns(1'000'000);
  board.boot(now);
  permit::SerialReader<permit::BoardStatus::size> host;
  for (std::size_t i = 0; i < size; ++i) {
    board.hear(data[i], now);
    if (host.take(data[i]))
      if (const auto status = permit::status_in(host.payload());
          status && permit::packed(*status) != host.payload())
        std::abort();
    if (i % 16 != 0) continue;
    now += guard::ExternalGuard::cycle;
    board.begin(now);
    const auto& outputs = board.decide(now, {true, {false, false}});
    if (outputs.closed || outputs.pump || !board.consistent()) std::abort();
    board.finish();
    if (const auto bytes = board.status(now)) {
      bool frame = false;
      for (const std::uint8_t byte : *bytes) frame = host.take(byte);
      // Whatever came before it, the board's own status ends with a zero and is read, or was spoilt by it.
      if (frame && !permit::status_in(host.payload())) std::abort();
    }
  }
  return 0;
}
