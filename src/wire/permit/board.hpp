// What a supervisor's guard and an external guard tell each other, framed by serial_frame.hpp. Fields are
// little endian and in this order, without gaps.
//
// The board says how it stands, 40 times a second, and the host sends an order with every new permit of the
// supervisor. It repeats in it the time of the board's newest status that had come before that permit. So the
// board measures the age of a permit with its own clock, and never as less than it is: what lay in a buffer,
// or was recorded and is played again, repeats an old time and proves nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernel/cause.hpp"
#include "kernel/latch.hpp"
#include "kernel/time.hpp"

namespace standstill::permit {

inline constexpr std::uint8_t board_version = 1;
inline constexpr Duration board_says_every = 25ms;
// The board drops its relays when its newest good permit is older. It refuses permits that say anything else.
inline constexpr std::uint16_t shortest_board_timeout_ms = 100;
inline constexpr std::uint16_t longest_board_timeout_ms = 2000;

enum class Want : std::uint8_t {
  trip,     // relays open, and latched; obeyed also when everything else in the order is old
  release,  // people have acknowledged and reset: the latch may become `ready`
  run,      // a start, or what came after it
};

struct Order {
  static constexpr std::uint8_t mark = 0x50;  // 'P'
  static constexpr std::size_t size = 52;

  Want want = Want::trip;
  Epoch epoch = 0;             // of the board; another one is refused
  std::uint32_t host = 0;      // which guard and supervisor: their numbers begin anew
  std::uint32_t session = 0;   // repeated from the newest status before the permit
  std::uint64_t heard_us = 0;  // the same
  std::uint64_t sequence = 0;  // of the supervisor's newest permit
  std::int64_t sent_ns = 0;    // when the supervisor sent that, by the host's clock
  std::uint64_t plan_hash = 0;
  std::uint16_t timeout_ms = 0;
};

struct BoardStatus {
  static constexpr std::uint8_t mark = 0x53;  // 'S'
  static constexpr std::size_t size = 36;

  LatchState state = LatchState::tripped;
  bool closed_ordered = false;   // the coils have current
  std::array<bool, 2> closed{};  // the relays' read-backs
  bool button_open = false;      // pressed, or its wire is broken
  bool permit_good = false;      // the newest good permit is younger than the time-out
  bool faulty = false;           // something of the board itself: it cannot be started
  CauseCode first_out = CauseCode::none;
  Epoch epoch = 0;
  std::uint32_t session = 0;        // a number of its own for every power-up
  std::uint64_t now_us = 0;         // since power-up
  std::uint64_t sequence = 0;       // of the newest good permit
  Refusal refusal = Refusal::none;  // of the newest release or run
  std::uint16_t unreadable = 0;     // frames since power-up that were none; stays at its highest
  std::uint16_t refused = 0;        // permits since power-up that were no good; the same
};

namespace detail {

class Put {
 public:
  constexpr explicit Put(std::uint8_t* at) : at_(at) {}
  template <class Value>
  constexpr Put& put(Value value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(Value); ++i, bits >>= 8U) *at_++ = static_cast<std::uint8_t>(bits);
    return *this;
  }

 private:
  std::uint8_t* at_;
};

class Get {
 public:
  constexpr explicit Get(const std::uint8_t* at) : at_(at) {}
  template <class Value>
  constexpr void get(Value& value) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Value); ++i) bits |= static_cast<std::uint64_t>(*at_++) << (8U * i);
    value = static_cast<Value>(bits);
  }

 private:
  const std::uint8_t* at_;
};

}  // namespace detail

[[nodiscard]] constexpr std::array<std::uint8_t, Order::size> packed(const Order& order) {
  std::array<std::uint8_t, Order::size> bytes{};
  detail::Put(bytes.data())
      .put(Order::mark)
      .put(board_version)
      .put(static_cast<std::uint8_t>(order.want))
      .put(std::uint8_t{0})
      .put(order.epoch)
      .put(order.host)
      .put(order.session)
      .put(order.heard_us)
      .put(order.sequence)
      .put(order.sent_ns)
      .put(order.plan_hash)
      .put(order.timeout_ms)
      .put(std::uint16_t{0});
  return bytes;
}

// Nothing when it is no order of this version, or says something that no order says.
[[nodiscard]] constexpr std::optional<Order> order_in(const std::array<std::uint8_t, Order::size>& bytes) {
  detail::Get in(bytes.data());
  std::uint8_t mark = 0, version = 0, want = 0, zero = 0;
  std::uint16_t end = 0;
  Order order;
  in.get(mark);
  in.get(version);
  in.get(want);
  in.get(zero);
  in.get(order.epoch);
  in.get(order.host);
  in.get(order.session);
  in.get(order.heard_us);
  in.get(order.sequence);
  in.get(order.sent_ns);
  in.get(order.plan_hash);
  in.get(order.timeout_ms);
  in.get(end);
  if (mark != Order::mark || version != board_version || want > static_cast<std::uint8_t>(Want::run) ||
      zero != 0 || end != 0 || order.timeout_ms < shortest_board_timeout_ms ||
      order.timeout_ms > longest_board_timeout_ms)
    return std::nullopt;
  order.want = static_cast<Want>(want);
  return order;
}

[[nodiscard]] constexpr std::array<std::uint8_t, BoardStatus::size> packed(const BoardStatus& status) {
  std::array<std::uint8_t, BoardStatus::size> bytes{};
  const auto flag = [](bool set, unsigned bit) { return static_cast<unsigned>(set ? 1U : 0U) << bit; };
  const unsigned flags = flag(status.closed_ordered, 0) | flag(status.closed[0], 1) |
                         flag(status.closed[1], 2) | flag(status.button_open, 3) |
                         flag(status.permit_good, 4) | flag(status.faulty, 5);
  detail::Put(bytes.data())
      .put(BoardStatus::mark)
      .put(board_version)
      .put(static_cast<std::uint8_t>(status.state))
      .put(static_cast<std::uint8_t>(flags))
      .put(static_cast<std::uint8_t>(status.first_out))
      .put(std::uint8_t{0})
      .put(static_cast<std::uint16_t>(status.refusal))
      .put(status.epoch)
      .put(status.session)
      .put(status.now_us)
      .put(status.sequence)
      .put(status.unreadable)
      .put(status.refused);
  return bytes;
}

[[nodiscard]] constexpr std::optional<BoardStatus> status_in(
    const std::array<std::uint8_t, BoardStatus::size>& bytes) {
  detail::Get in(bytes.data());
  std::uint8_t mark = 0, version = 0, state = 0, flags = 0, first_out = 0, zero = 0;
  std::uint16_t refusal = 0;
  BoardStatus status;
  in.get(mark);
  in.get(version);
  in.get(state);
  in.get(flags);
  in.get(first_out);
  in.get(zero);
  in.get(refusal);
  in.get(status.epoch);
  in.get(status.session);
  in.get(status.now_us);
  in.get(status.sequence);
  in.get(status.unreadable);
  in.get(status.refused);
  if (mark != BoardStatus::mark || version != board_version ||
      state > static_cast<std::uint8_t>(LatchState::running) || flags > 0x3F || zero != 0 ||
      first_out >= cause_code_names.size())
    return std::nullopt;
  status.state = static_cast<LatchState>(state);
  status.closed_ordered = (flags & 1U) != 0;
  status.closed = {(flags & 2U) != 0, (flags & 4U) != 0};
  status.button_open = (flags & 8U) != 0;
  status.permit_good = (flags & 16U) != 0;
  status.faulty = (flags & 32U) != 0;
  status.first_out = static_cast<CauseCode>(first_out);
  status.refusal = static_cast<Refusal>(refusal);
  return status;
}

}  // namespace standstill::permit
