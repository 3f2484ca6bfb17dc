// Real-time scheduling and locked memory, taken when the machine allows it.
#pragma once

#include <cstddef>
#include <string>

namespace standstill::os {

// SCHED_FIFO priorities of the chain, cutters on top: what cuts must never wait for what decides.
inline constexpr int supervisor_priority = 40;
inline constexpr int guard_priority = 50;
inline constexpr int cutter_priority = 55;

struct RealTime {
  bool scheduled = false;
  bool memory_locked = false;
  std::string warning;  // empty when both were granted; else what was refused and how to allow it
};

// For the calling thread (threads made afterwards inherit the policy). `lock_memory` locks all present and
// future pages. STANDSTILL_NO_REALTIME=1 in the environment leaves the scheduling alone: it makes nothing
// less safe, only less prompt.
[[nodiscard]] RealTime enter_realtime(int priority, bool lock_memory);

// Large memory goes back to the system when it is freed. The C library would learn to keep up to 64 MB of it,
// for each thread that once served or compared a large snapshot. Once, before there are threads.
void return_freed_memory();

// Room for 1024 descriptors (or as many as this process may have), once, before there are threads. Whenever
// the table of a process with threads grows, the kernel lets whoever made it grow wait for an RCU grace
// period (Linux fs/file.c, expand_fdtable): on a loaded machine that is longer than a heartbeat.
void widen_descriptor_table();

// No core file: writing one would delay the moment at which the others learn of the death.
void forbid_core_files();

// A thread with a small, fixed stack (locked memory counts every page). Detached. False when none could be
// made.
[[nodiscard]] bool start_small_thread(void* (*body)(void*), void* argument, std::size_t stack_bytes = 65536);

}  // namespace standstill::os
