// Many devices in the network, each read once a second: our loop, and a thread a device with libmodbus. Each
// in a process of its own, so that its processor time and memory are its own.
#pragma once

#include <cstdint>
#include <string>

namespace standstill::bench {

struct Cost {
  double processor_s = 0;  // in `seconds`, user and system
  double resident = 0;     // bytes, of the process
  double memory = 0;       // the same with page tables and the kernel's stacks (16 KiB a thread)
  std::uint64_t reads = 0;
};

// The body of the measured process; prints its cost.
int many_ours(std::uint16_t port, std::size_t devices, int seconds);
int many_threads(std::uint16_t port, std::size_t devices, int seconds);
// Runs one of them, spread over so many processes, and adds up: `how` is its word on the command line of
// `program`. libmodbus waits with select(), which knows 1024 descriptors and no more.
[[nodiscard]] Cost cost_of(const std::string& program, const std::string& how, std::uint16_t port,
                           std::size_t devices, int seconds, std::size_t processes);

}  // namespace standstill::bench
