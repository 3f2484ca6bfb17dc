#include "record/event_queue.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace standstill::record {

namespace {

void cut_detail(std::string& detail) {
  if (detail.size() <= EventQueue::most_detail_bytes) return;
  std::size_t length = EventQueue::most_detail_bytes;
  while (length > 0 && (static_cast<unsigned char>(detail[length]) & 0xC0U) == 0x80U) --length;
  detail.resize(length);
}

}  // namespace

EventQueue::EventQueue(std::size_t capacity, std::size_t most_bytes)
    : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1),
      most_bytes_(most_bytes),
      slots_(std::make_unique<Slot[]>(mask_ + 1)) {
  for (std::size_t i = 0; i <= mask_; ++i) slots_[i].turn.store(i, std::memory_order_relaxed);
}

std::size_t EventQueue::text_bytes(const Event& event) {
  return event.kind.size() + event.code.size() + event.source.size() + event.detail.size() +
         event.boot_id.size() + event.data.size();
}

std::uint64_t EventQueue::push(Event&& event) noexcept {
  cut_detail(event.detail);
  if (event.data.size() > most_data_bytes) {
    // assigned into the memory it already has: nothing allocates
    char digits[32];
    std::size_t count = 0;
    for (std::size_t n = event.data.size(); n > 0; n /= 10) digits[count++] = static_cast<char>('0' + n % 10);
    event.data.assign("{\"omitted_bytes\":");
    while (count > 0) event.data.push_back(digits[--count]);
    event.data.push_back('}');
  }
  const std::size_t bytes = text_bytes(event);
  if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > most_bytes_) {
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    count_lost(1);
    return 0;
  }
  std::uint64_t at = tail_.load(std::memory_order_relaxed);
  for (;;) {
    Slot& slot = slots_[at & mask_];
    const std::uint64_t turn = slot.turn.load(std::memory_order_acquire);
    if (turn == at) {
      if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_acq_rel)) continue;
      slot.event = std::move(event);
      slot.turn.store(at + 1, std::memory_order_release);
      return at + 1;
    }
    if (turn < at) {  // still holds the event of one round ago: full
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      count_lost(1);
      return 0;
    }
    at = tail_.load(std::memory_order_relaxed);
  }
}

std::optional<Event> EventQueue::pop() {
  const std::uint64_t at = head_.load(std::memory_order_relaxed);
  Slot& slot = slots_[at & mask_];
  if (slot.turn.load(std::memory_order_acquire) != at + 1) return std::nullopt;
  Event event = std::exchange(slot.event, Event{});
  slot.turn.store(at + mask_ + 1, std::memory_order_release);
  head_.store(at + 1, std::memory_order_release);
  bytes_.fetch_sub(text_bytes(event), std::memory_order_relaxed);
  return event;
}

std::size_t EventQueue::waiting() const {
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  return static_cast<std::size_t>(pushed() - head);
}

}  // namespace standstill::record
