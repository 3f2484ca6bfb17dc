#include "bench/meter_many.hpp"

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <fstream>
#include <vector>

#include "bench/meter_reader.hpp"

namespace standstill::bench {

namespace {

double processor_s() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

Cost memory_now() {
  Cost cost;
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    const auto number = [&](const char* name) {
      return line.starts_with(name) ? std::strtod(line.c_str() + line.find(':') + 1, nullptr) : 0.0;
    };
    cost.resident += 1024 * number("VmRSS:");
    cost.memory += 1024 * (number("VmRSS:") + number("VmPTE:")) + 16384 * number("Threads:");
  }
  return cost;
}

void print_cost(double processor, std::uint64_t reads) {
  const Cost cost = memory_now();
  std::printf("%.6f %.0f %.0f %llu\n", processor, cost.resident, cost.memory,
              static_cast<unsigned long long>(reads));
  std::fflush(stdout);
}

}  // namespace

int many_ours(std::uint16_t port, std::size_t devices, int seconds) {
  struct One {
    std::unique_ptr<meter::Bus> bus;
    std::unique_ptr<link::Link> wire;
  };
  os::Loop loop;
  link::TagTable tags;
  std::vector<One> all(devices);
  std::uint64_t reads = 0;
  std::size_t online = 0;
  for (std::size_t i = 0; i < devices; ++i) {
    One& one = all[i];
    meter::DeviceSettings settings;
    settings.id = "m" + std::to_string(i);
    settings.kind = "modbus-tcp";
    settings.timing = patient();
    settings.time_out = 20s;
    std::vector<meter::Register> wanted(registers);
    for (std::uint16_t r = 0; r < registers; ++r) {
      wanted[r].name = "r" + std::to_string(r);
      wanted[r].address = r;
    }
    settings.profile = meter::profile_of(std::move(wanted));
    one.bus = std::make_unique<meter::Bus>(
        std::make_unique<modbus::TcpClient>(modbus::TcpClient::Settings{20s, 1, 1}), 20s,
        [] { return std::string("bench"); });
    meter::Device::Listener hear;
    hear.changed = [&online](const link::Status& status, link::State, std::string_view) {
      online += status.state == link::State::online ? 1U : 0U;
    };
    hear.sampled = [&reads] { ++reads; };
    one.bus->add(std::make_unique<meter::Device>(
        std::move(settings), tags, [] { return os::wall_ns(); }, std::move(hear),
        static_cast<std::uint32_t>(i)));
    one.wire = std::make_unique<link::Link>(
        loop, *one.bus, tcp_to(loop, port),
        link::Link::Settings{"m" + std::to_string(i), "modbus-tcp", true, patient(),
                             static_cast<std::uint32_t>(i)},
        [bus = one.bus.get(), &loop](const link::Status& status, link::State, std::string_view why) {
          bus->link_changed(status.state, why, loop.now());
        });
    one.wire->begin();
    // Spread over the second, as a plant's devices are not all switched on in the same millisecond.
    for (const Instant next = os::now() + 1s / static_cast<int>(devices); os::now() < next;)
      loop.turn(next - os::now());
  }
  for (const Instant limit = os::now() + 60s; online < devices;) {
    if (os::now() > limit) die("not all devices are online");
    loop.turn(10ms);
  }
  reads = 0;
  const double before = processor_s();
  for (const Instant end = os::now() + std::chrono::seconds(seconds); os::now() < end;)
    loop.turn(end - os::now());
  print_cost(processor_s() - before, reads);
  return 0;
}

namespace {

struct Shared {
  std::uint16_t port = 0;
  std::size_t devices = 0;
  std::atomic<std::size_t> connected = 0, next = 0;
  std::atomic<std::uint64_t> reads = 0;
};

void* one_device(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  const std::size_t number = shared.next++;
  LibmodbusReader reader(shared.port);
  ++shared.connected;
  timespec beat{};
  ::clock_gettime(CLOCK_MONOTONIC, &beat);
  beat.tv_nsec = static_cast<long>(1'000'000'000ULL * number / shared.devices);
  for (;;) {
    ++beat.tv_sec;
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &beat, nullptr);
    if (!reader.read(std::uint16_t{0})) die("libmodbus: a read failed");
    ++shared.reads;
  }
}

}  // namespace

int many_threads(std::uint16_t port, std::size_t devices, int seconds) {
  static Shared shared;
  shared.port = port;
  shared.devices = devices;
  for (std::size_t i = 0; i < devices; ++i) {
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, one_device, &shared) != 0) die("no more threads");
    ::pthread_detach(thread);
  }
  const timespec moment{0, 10'000'000};
  for (const Instant limit = os::now() + 60s; shared.connected < devices;) {
    if (os::now() > limit) die("not all devices are online");
    ::nanosleep(&moment, nullptr);
  }
  const timespec settle{2, 0};
  ::nanosleep(&settle, nullptr);
  shared.reads = 0;
  const double before = processor_s();
  const timespec length{seconds, 0};
  ::nanosleep(&length, nullptr);
  print_cost(processor_s() - before, shared.reads);
  std::_Exit(0);
}

Cost cost_of(const std::string& program, const std::string& how, std::uint16_t port, std::size_t devices,
             int seconds, std::size_t processes) {
  const std::string command = program + " " + how + " " + std::to_string(port) + " " +
                              std::to_string(devices / processes) + " " + std::to_string(seconds);
  std::vector<FILE*> pipes;
  for (std::size_t i = 0; i < processes; ++i) pipes.push_back(::popen(command.c_str(), "re"));
  Cost all;
  for (FILE* pipe : pipes) {
    Cost cost;
    unsigned long long reads = 0;
    if (pipe == nullptr ||
        std::fscanf(pipe, "%lf %lf %lf %llu", &cost.processor_s, &cost.resident, &cost.memory, &reads) != 4)
      die(how + " did not come to its end");
    ::pclose(pipe);
    all.processor_s += cost.processor_s;
    all.resident += cost.resident;
    all.memory += cost.memory;
    all.reads += reads;
  }
  return all;
}

}  // namespace standstill::bench
