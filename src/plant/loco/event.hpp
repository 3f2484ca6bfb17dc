// What happened on board: a ring in memory of the last events, saved to flash within the shutdown sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/cause.hpp"
#include "kernel/time.hpp"

namespace standstill::loco {

enum class EventKind : std::uint8_t {  // order is part of the log's format: new ones go to the end
  none,
  booted,
  trip,
  cause,
  cause_gone,
  stage,
  stage_failed,
  stopped,
  reset,
  started,
  cv_written,
  store_damaged,
};

[[nodiscard]] constexpr std::string_view name(EventKind kind) {
  constexpr std::array<std::string_view, 12> names{"none",       "booted",  "trip",         "cause",
                                                   "cause gone", "stage",   "stage failed", "stopped",
                                                   "reset",      "started", "CV written",   "store damaged"};
  const auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

struct Event {
  std::int64_t at_ns = 0;  // since power-up
  std::int32_t value = 0;  // thousandths of a sensor's unit, a CV's number, an act of the sequence
  EventKind kind = EventKind::none;
  std::uint8_t which = 0;  // a watch (Watched), or 255
  CauseCode code = CauseCode::none;
  std::uint8_t spare = 0;
};
static_assert(sizeof(Event) == 16);

class EventRing {
 public:
  static constexpr std::size_t kept = 24;

  constexpr void put(const Event& event) {
    events_[count_ % kept] = event;
    ++count_;
  }
  [[nodiscard]] constexpr std::size_t size() const {
    return count_ < kept ? static_cast<std::size_t>(count_) : kept;
  }
  // 0 is the oldest kept.
  [[nodiscard]] constexpr const Event& at(std::size_t index) const {
    return events_[(count_ < kept ? index : index + count_) % kept];
  }
  [[nodiscard]] constexpr std::uint32_t total() const { return count_; }

 private:
  std::array<Event, kept> events_{};
  std::uint32_t count_ = 0;  // 4 thousand million events: more than an engine has in its life
};

static_assert([] {
  EventRing ring;
  for (int i = 0; i < 40; ++i) ring.put({i, 0, EventKind::stage, 0, CauseCode::none, 0});
  return ring.size() == 24 && ring.at(0).at_ns == 16 && ring.at(23).at_ns == 39;
}());

}  // namespace standstill::loco
