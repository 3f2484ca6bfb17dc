// The latch on disk: two preallocated, checksummed slots in state_dir/latch, written in turn.
//
// A kill or a power cut at any instant leaves at least one whole slot; the newer whole one counts. Writing
// happens in a thread of its own, because a disk may take seconds and the guard may not.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "kernel/latch.hpp"
#include "os/fd.hpp"
#include "os/futex.hpp"

namespace standstill::guard {

inline constexpr std::size_t slot_bytes = 4096;

// One slot as it lies on disk; `counter` decides which of two is newer.
struct Slot {
  std::uint32_t magic_number;
  std::uint32_t format;
  std::uint64_t counter;
  LatchRecord record;
  std::uint32_t crc;  // CRC-32 of everything before it
};

[[nodiscard]] Slot make_slot(const LatchRecord& record, std::uint64_t counter);
[[nodiscard]] bool whole(const Slot& slot);

class LatchStore {
 public:
  // Opens or creates the file and reads what it holds. The store is usable for reading even when `trouble`
  // says that it cannot be written (full disk, read-only): then nothing can be started, and everything stays
  // safe.
  explicit LatchStore(const std::string& path);

  [[nodiscard]] const std::optional<LatchRecord>& found() const { return found_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  // Starts the writer thread; `notify_fd` (an eventfd) is written after each attempt.
  [[nodiscard]] bool start_writer(int notify_fd);

  // Hands a record to the writer. Never waits. Returns the ticket to ask written() about.
  std::uint64_t submit(const LatchRecord& record);

  [[nodiscard]] std::uint64_t written() const { return written_.load(); }  // highest ticket on disk
  [[nodiscard]] std::uint64_t tried() const { return tried_.load(); }      // highest ticket attempted

  // Writes in the calling thread (at the clean end). False when the disk refused.
  bool write_now(const LatchRecord& record);

 private:
  static void* write_loop(void* store);
  bool write_slot(const LatchRecord& record);

  // A mailbox for one writer and one reader that neither locks nor waits: words, and a sequence that is odd
  // while they change.
  static constexpr std::size_t words = (sizeof(LatchRecord) + 7) / 8;
  void put(const LatchRecord& record);
  [[nodiscard]] std::uint64_t take(LatchRecord& into) const;

  os::Fd fd_;
  std::string trouble_;
  std::optional<LatchRecord> found_;
  std::uint64_t counter_ = 0;
  int notify_fd_ = -1;
  std::atomic<std::uint64_t> box_[words] = {};
  std::atomic<std::uint64_t> box_sequence_ = 0;  // even: whole; ticket = sequence / 2
  os::FutexWord wanted_ = 0;
  std::atomic<std::uint64_t> written_ = 0, tried_ = 0;
};

}  // namespace standstill::guard
