#include "hil/guest/line_record.hpp"

#include <cstdio>
#include <ctime>
#include <sstream>

namespace standstill::hil {

namespace {
const std::string tracing = "/sys/kernel/tracing/";
}

std::int64_t boot_us() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

LineRecord::LineRecord(const SimChip& chip) : base_(chip.base()) {
  write_file(tracing + "trace_clock", "boot");
  write_file(tracing + "events/gpio/gpio_value/filter", "get == 0");
  write_file(tracing + "events/gpio/gpio_value/enable", "1");
  write_file(tracing + "tracing_on", "1");
  clear();
}

LineRecord::~LineRecord() { write_file(tracing + "events/gpio/gpio_value/enable", "0"); }

void LineRecord::clear() { write_file(tracing + "trace", ""); }

std::vector<LineChange> LineRecord::changes() const {
  std::vector<LineChange> found;
  std::istringstream lines(read_file(tracing + "trace"));
  for (std::string line; std::getline(lines, line);) {
    // "  standstill-guar-98  [000] d..1.  12.345678: gpio_value: 496 set 1"
    const auto event = line.find(": gpio_value: ");
    if (event == std::string::npos) continue;
    const auto stamp = line.rfind(' ', event - 1);
    long seconds = 0, micro = 0;
    int number = 0, value = 0;
    if (std::sscanf(line.c_str() + stamp, " %ld.%ld: gpio_value: %d set %d", &seconds, &micro, &number,
                    &value) == 4)
      found.push_back({seconds * 1'000'000 + micro, number - base_, value != 0});
  }
  return found;
}

std::vector<LineChange> LineRecord::changes_of(int line, bool before) const {
  std::vector<LineChange> real;
  for (const auto& change : changes()) {
    if (change.line != line || change.high == before) continue;
    before = change.high;
    real.push_back(change);
  }
  return real;
}

}  // namespace standstill::hil
