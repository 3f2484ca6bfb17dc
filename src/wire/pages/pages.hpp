// The memory that guard, cutters and supervisor share.
//
// CutPage is open to the supervisor too: one word an output. Adding to a word cuts that output within one
// hop, whoever adds; nothing written there can energise anything. InnerPage belongs to guard and cutters
// alone.
//
// An output may be energised only while its word equals the one the guard armed. The guard arms with
// compare-exchange (w → w+1), everybody cuts by adding 2, so an armed value never returns and a cut that
// races with arming wins.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "kernel/text.hpp"
#include "kernel/time.hpp"
#include "os/futex.hpp"
#include "os/lifeline.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::pages {

inline constexpr std::uint32_t magic = 0x53504731;  // "SPG1"

struct CutPage {
  std::uint32_t magic_number;
  std::array<os::FutexWord, plan::max_outputs> words;
  os::Lifeline supervisor;
};

// Cuts one output, or all that `due` names (bit i: output i). Allocates nothing, waits for nothing (S1).
inline void cut(CutPage& page, std::uint32_t due, std::size_t outputs) {
  for (std::size_t i = 0; i < outputs; ++i)
    if ((due >> i & 1U) != 0) page.words[i].fetch_add(2);
  for (std::size_t i = 0; i < outputs; ++i)
    if ((due >> i & 1U) != 0) os::futex_wake_all(page.words[i]);
}

inline constexpr std::uint32_t all_outputs = 0xFFFFFFFFU;

enum class Deed : std::uint8_t { none, safe, run };  // what a cutter last brought about
enum class Reach : std::uint8_t { unknown, reached, unreachable };

struct OutputReport {                   // one writer: the cutter's thread of this output
  std::atomic<std::uint32_t> sequence;  // odd while being written; readers take what is stable
  std::atomic<std::uint32_t> word;      // the cut word this deed answered
  std::atomic<Deed> deed;
  std::atomic<bool> good;  // the peer confirmed it (reply, status code, exit code)
  std::atomic<Reach> reach;
  std::atomic<std::int64_t> at_ns;    // boot time when the command was written
  std::atomic<std::int64_t> done_ns;  // boot time when the outcome was known
  FixedText<96> trouble;              // a sentence; meaningful when !good or unreachable
};

struct CutterPage {
  std::atomic<std::int64_t> beat_ns;  // boot time of its last loop turn
  std::atomic<std::uint32_t> pid;
  std::atomic<std::uint32_t> realtime;
  os::Lifeline lifeline;
  std::array<OutputReport, plan::max_outputs> outputs;
};

struct InnerPage {
  std::uint32_t magic_number;
  std::atomic<std::int64_t> guard_beat_ns;
  std::atomic<std::uint32_t> guard_pid;
  std::atomic<std::uint32_t> active;  // which cutter (0 or 1) serves the slow outputs
  std::atomic<std::uint32_t> finish;  // 1: the guard ends in good order; make everything safe and exit
  std::array<std::atomic<std::uint32_t>, plan::max_outputs> armed;  // meaningful while run[i] is 1
  std::array<std::atomic<std::uint32_t>, plan::max_outputs> run;
  os::Lifeline guard;
  std::array<CutterPage, 2> cutters;
  plan::Plan plan;  // verified before the cutters were started; never changes
};

// Descriptors that a cutter inherits, in this order from 3.
enum InheritedFd : int { inner_fd = 3, cut_fd = 4, guard_socket_fd = 5, notify_fd = 6 };

// What guard and cutter send each other over their socket pair, with a descriptor.
enum class FdUse : std::uint8_t { line, serial, serial_gone };
struct FdMessage {
  FdUse use;
  std::uint8_t output;
};

// The energised wish of output i, seen through the race described above.
[[nodiscard]] inline bool wants_run(const InnerPage& inner, std::size_t i, std::uint32_t word) {
  return inner.run[i].load() == 1 && inner.armed[i].load() == word;
}

}  // namespace standstill::pages
