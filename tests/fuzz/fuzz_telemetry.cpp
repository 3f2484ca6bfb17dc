// links: sim/loco
// Any bytes on the telemetry line of an engine that runs: what is no order stops it, variables stay in their
// ranges and fit each other, and every line is answered with something that is no garbage.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzzed_engine.hpp"

using namespace standstill;
using namespace standstill::loco;

namespace {

std::size_t digits(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] >= '0' && text[from] <= '9') ++from;
  return from;
}

// By the page (docs/locomotive.md, "Telemetry"), not by the engine's own reader: might this line be an order
// that lets it run on?
bool may_be_an_order(std::string_view line) {
  if (line == "STATE" || line == "LOG") return true;
  if (!line.starts_with("CV")) return false;
  std::size_t at = digits(line, 2);
  if (at == 2 || at == line.size()) return false;
  if (line[at] == '?') return at + 1 == line.size();
  if (line[at] != '=') return false;
  ++at;
  if (at < line.size() && line[at] == '-') ++at;
  const std::size_t whole = digits(line, at);
  if (whole == at) return false;
  if (whole == line.size()) return true;
  return line[whole] == '.' && digits(line, whole + 1) == line.size() && whole + 1 < line.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedEngine engine;
  LineReader reader;
  std::string line;
  for (std::size_t i = 0; i < size; ++i) {
    const bool ends = data[i] == '\n' || data[i] == '\r';
    const bool taken = reader.take(data[i]);
    check(taken == (ends && !line.empty()));
    if (!ends) {
      line += static_cast<char>(data[i]);
      continue;
    }
    if (!taken) continue;
    const int before = engine.lines();
    engine.engine().typed(reader.typed(), engine.now());
    check(engine.lines() > before || reader.typed().kind == Typed::Kind::log);  // that comes a line a cycle
    const bool stopped = engine.state() == LatchState::tripped;
    check(stopped || may_be_an_order(line));
    (void)engine.cycle();
    check(!stopped || engine.engine().outputs().drive.boiler_permille == 0);
    line.clear();
  }
  return 0;
}
