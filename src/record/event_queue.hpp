// From the loop that watches to the recorder: bounded, its slots taken at start, and push() never waits
// (S14).
//
// Any number of threads push, one pops. A slot carries a turn number that says whose move it is, so a
// producer that is scheduled away in mid-push delays the consumer at most, and never another producer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "record/event.hpp"

namespace standstill::record {

class EventQueue {
 public:
  static constexpr std::size_t most_data_bytes = 256U * 1024U;
  static constexpr std::size_t most_detail_bytes = 4096;

  // `capacity` events (rounded up to a power of two, at least 2) holding together at most `most_bytes` of
  // text.
  EventQueue(std::size_t capacity, std::size_t most_bytes);

  // The event's ticket: 1 for the first, one more each time. 0: no room; the event is counted as lost.
  std::uint64_t push(Event&& event) noexcept;
  // In the order of the tickets. Only the consumer's thread.
  [[nodiscard]] std::optional<Event> pop();

  [[nodiscard]] std::uint64_t pushed() const {
    return tail_.load(std::memory_order_acquire);
  }  // the last ticket
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t take_lost() { return lost_.exchange(0, std::memory_order_acq_rel); }
  void count_lost(std::uint64_t more) noexcept { lost_.fetch_add(more, std::memory_order_acq_rel); }

  [[nodiscard]] static std::size_t text_bytes(const Event& event);

 private:
  struct Slot {
    std::atomic<std::uint64_t> turn{0};
    Event event;
  };
  std::size_t mask_;
  std::size_t most_bytes_;
  std::unique_ptr<Slot[]> slots_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace standstill::record
