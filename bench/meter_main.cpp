// Reading Modbus devices, beside libmodbus: bench_meter [SAMPLES] [--only TEXT]. Everything runs on one core.
//
// One outstanding read over TCP, and over a pseudo terminal without pauses between frames; eight outstanding
// against a device that answers after 2 ms; 2 000 devices once a second; from replugging an adapter to the
// first good sample.
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "bench/meter_many.hpp"
#include "bench/meter_reader.hpp"
#include "bench/meter_replug.hpp"
#include "bench/modbus_server.hpp"
#include "bench/options.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr std::size_t batch = 50;  // reads of one kind in a row
constexpr std::size_t devices = 2000;
constexpr int seconds = 10;

constexpr double median_limit = 1.0;
// Of a hundred reads one meets whatever else the machine does, in ours as in the yardstick.
constexpr double p99_limit = 1.11;

// A row for how many reads fit into a second (the median), and one for the slowest of a hundred.
bool print_both(Row row) {
  const std::string what = row.what;
  row.compared = 0.5;
  row.limit = median_limit;
  const bool held = print(row);
  row.what = what + ", p99";
  row.compared = 0.99;
  row.limit = p99_limit;
  return print(row) && held;
}

template <class Ours, class Yardstick>
bool one_outstanding(const Options& options, const char* name, Ours&& ours, Yardstick&& yardstick) {
  Row row{.what = name, .ours = {}, .yardstick = {}, .limit = median_limit, .compared = 0.5};
  std::size_t wanted = options.samples;
  for (int look = 0; look < 2; ++look, wanted *= 3) {
    while (row.ours.size() < wanted) {
      ours.read(batch, 1, row.ours);
      yardstick.read(batch, row.yardstick);
    }
    row.compared = 0.5;
    row.limit = median_limit;
    const bool slower = row.fails();
    row.compared = 0.99;
    row.limit = p99_limit;
    if (!slower && !row.fails()) break;
  }
  return print_both(std::move(row));
}

bool network(const Options& options) {
  constexpr const char* name = "meter: TCP, a read of 10 registers (yard: libmodbus)";
  if (!options.wanted(name)) return true;
  const ModbusServer server;
  os::Loop loop;
  OurReader ours(loop, server.port(), 1);
  LibmodbusReader yardstick(server.port());
  return one_outstanding(options, name, ours, yardstick);
}

bool line(const Options& options) {
  constexpr const char* name = "meter: RTU over a pty, 10 registers (yard: libmodbus)";
  if (!options.wanted(name)) return true;
  const ModbusServer server(Duration::zero(), 2);
  os::Loop loop;
  OurReader ours(loop, server.device(0));
  LibmodbusReader yardstick(server.device(1));
  return one_outstanding(options, name, ours, yardstick);
}

bool several_outstanding(const Options& options) {
  constexpr const char* name = "meter: 80 reads of 2 ms each, 8 at once (yard: libmodbus)";
  if (!options.wanted(name)) return true;
  const ModbusServer server(2ms);
  os::Loop loop;
  OurReader ours(loop, server.port(), 8);
  LibmodbusReader yardstick(server.port());
  Row row{.what = name, .ours = {}, .yardstick = {}, .limit = 1.0 / 3, .compared = 0.5};
  Samples each;
  for (int round = 0; round < 15; ++round) {
    Instant begun = os::now();
    ours.read(80, 8, each);
    row.ours.push_back(ns_since(begun));
    begun = os::now();
    yardstick.read(80, each);
    row.yardstick.push_back(ns_since(begun));
  }
  return print(row);
}

bool many(const Options& options, const std::string& self) {
  const std::string name = "meter: 2 000 devices at 1 Hz";
  if (!options.wanted(name)) return true;
  const ModbusServer server;
  const Cost ours = cost_of(self, "--many-ours", server.port(), devices, seconds, 1);
  const Cost threads = cost_of(self, "--many-threads", server.port(), devices, seconds, 2);
  // What was not read costs nothing: compared is the cost of a read.
  const auto reads = [](const Cost& cost) {
    return static_cast<double>(std::max<std::uint64_t>(1, cost.reads));
  };
  char note[64];
  std::snprintf(note, sizeof note, "ok: %llu and %llu reads", static_cast<unsigned long long>(ours.reads),
                static_cast<unsigned long long>(threads.reads));
  Row processor{.what = name + ", processor time a read (yard: threads)",
                .ours = {ours.processor_s / reads(ours) * 1e9},
                .yardstick = {threads.processor_s / reads(threads) * 1e9},
                .limit = 1.0 / 3};
  // Fewer reads than were due would be no comparison.
  if (ours.reads < devices * seconds * 95 / 100) processor.yardstick = {0};
  processor.note = note;
  bool held = print(processor);
  const Row memory{.what = name + ", memory (yard: threads)",
                   .ours = {ours.memory},
                   .yardstick = {threads.memory},
                   .limit = 1.0 / 3,
                   .text = bytes_text};
  held = print(memory) && held;
  const Row resident{.what = name + ", resident alone (yard: threads)",
                     .ours = {ours.resident},
                     .yardstick = {threads.resident},
                     .limit = std::nullopt,
                     .text = bytes_text};
  return print(resident) && held;
}

bool replugged(const Options& options) {
  constexpr const char* name = "meter: replug to first good sample (yard: blind back-off)";
  if (!options.wanted(name)) return true;
  Row row{.what = name, .ours = {}, .yardstick = {}, .limit = 1.0, .compared = 0.5};
  replug(row.ours, row.yardstick);
  return print(row);
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const rlimit enough{8192, 8192};
  ::setrlimit(RLIMIT_NOFILE, &enough);
  cpu_set_t one{};
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  ::sched_setaffinity(0, sizeof one, &one);
  if (argc == 5 && std::string_view(argv[1]).starts_with("--many-")) {
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    const auto count = static_cast<std::size_t>(std::atoi(argv[3]));
    return std::strcmp(argv[1], "--many-ours") == 0 ? many_ours(port, count, std::atoi(argv[4]))
                                                    : many_threads(port, count, std::atoi(argv[4]));
  }
  const Options options(argc, argv, 5000);
  std::array<char, PATH_MAX> self{};
  if (::readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) die("no /proc");
  bool held = network(options);
  held = line(options) && held;
  held = several_outstanding(options) && held;
  held = many(options, self.data()) && held;
  held = replugged(options) && held;
  return held ? 0 : 1;
}
