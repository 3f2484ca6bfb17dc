// The guard's own events, in memory taken at start. The recorder reads them with sequence numbers, also when
// it was dead while they happened; what was overwritten meanwhile shows as a gap in the numbers.
#pragma once

#include <array>
#include <cstdint>

#include "wire/permit/message.hpp"

namespace standstill::guard {

class EventRing {
 public:
  static constexpr std::size_t capacity = 1024;

  void add(permit::EventBody event) {
    event.sequence = ++newest_;
    events_[newest_ % capacity] = event;
  }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }
  [[nodiscard]] std::uint64_t oldest() const { return newest_ < capacity ? 1 : newest_ - capacity + 1; }
  [[nodiscard]] const permit::EventBody& at(std::uint64_t sequence) const {
    return events_[sequence % capacity];
  }

 private:
  std::array<permit::EventBody, capacity> events_{};
  std::uint64_t newest_ = 0;
};

}  // namespace standstill::guard
