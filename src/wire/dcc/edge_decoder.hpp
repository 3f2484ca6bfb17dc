// From the times of the edges on the rails to packets (NMRA S-9.1, S-9.2).
//
// A bit is two halves, one between each two edges, and the polarity says nothing: a "1" has two halves of 52
// to 64 µs that differ by 6 µs at most, a "0" two of 90 to 10000 µs each (the second may be stretched without
// the first). Which two halves belong together is known from the packet start bit on, because the first long
// half ends the preamble. Fewer than 10 ones are no preamble, more than 12 are never needed.
//
// Two edges less than 15 µs apart are contact noise and cancel each other, so an edge is judged when the next
// one comes. Times are boot time in ns, which never wrap; whoever has a short hardware counter extends it.
#pragma once

#include <cstdint>
#include <optional>

#include "kernel/time.hpp"
#include "wire/dcc/packet.hpp"

namespace standstill::dcc {

class EdgeDecoder {
 public:
  static constexpr std::int32_t one_least = 52'000;  // ns, a half
  static constexpr std::int32_t one_most = 64'000;
  static constexpr std::int32_t one_difference = 6'000;
  static constexpr std::int32_t zero_least = 90'000;
  static constexpr std::int32_t zero_most = 10'000'000;
  static constexpr std::int32_t noise_most = 15'000;
  static constexpr int preamble_least = 10;

  struct Counts {  // since the start; each stops at its greatest value
    std::uint32_t packets = 0;
    std::uint32_t bad_sum = 0;
    std::uint32_t bad_framing = 0;  // a packet began and did not come to its end
  };

  // `at` never runs backwards. A packet that this edge completes.
  constexpr std::optional<Packet> edge(Instant at) {
    if (!pending_) {
      pending_ = true;
      pending_at_ = at;
      return std::nullopt;
    }
    if (at - pending_at_ < Duration{noise_most}) {
      pending_ = false;  // there and back: neither happened
      return std::nullopt;
    }
    const Duration half = pending_at_ - last_at_;
    last_at_ = pending_at_;
    pending_at_ = at;
    return take(half > Duration{zero_most} ? zero_most + 1 : static_cast<std::int32_t>(half.count()));
  }

  [[nodiscard]] constexpr const Counts& counts() const { return counts_; }

 private:
  enum class Half : std::uint8_t { one, zero, neither };
  static constexpr std::uint8_t hunting = 255;

  static constexpr Half classify(std::int32_t ns) {
    if (ns >= one_least && ns <= one_most) return Half::one;
    if (ns >= zero_least && ns <= zero_most) return Half::zero;
    return Half::neither;
  }

  constexpr std::optional<Packet> take(std::int32_t ns) {
    const Half half = classify(ns);
    if (bit_ == hunting) {
      hunt(half);
      return std::nullopt;
    }
    if (!second_) {
      if (half == Half::neither) return lose(half);
      second_ = true;
      first_ = half;
      first_ns_ = ns;
      return std::nullopt;
    }
    second_ = false;
    const std::int32_t difference = ns > first_ns_ ? ns - first_ns_ : first_ns_ - ns;
    if (half != first_ || (half == Half::one && difference > one_difference)) return lose(half);
    return bit(half == Half::one);
  }

  constexpr void hunt(Half half) {
    if (half == Half::one) {
      if (ones_ < 2 * preamble_least) ++ones_;
      return;
    }
    // The first half of the start bit: from here on it is known which halves are pairs.
    if (half == Half::zero && ones_ >= 2 * preamble_least) {
      bit_ = 0;
      started_ = false;
      second_ = true;
      first_ = half;
      first_ns_ = zero_least;
      packet_ = {};
    }
    ones_ = 0;
  }

  constexpr std::optional<Packet> bit(bool one) {
    if (!started_) {  // the start bit; the halves of a zero were just compared
      started_ = true;
      byte_ = 0;
      return std::nullopt;
    }
    if (bit_ < 8) {
      byte_ = static_cast<std::uint8_t>(static_cast<unsigned>(byte_) << 1U | (one ? 1U : 0U));
      ++bit_;
      return std::nullopt;
    }
    if (packet_.size == most_bytes) return lose(Half::neither);
    packet_.bytes[packet_.size++] = byte_;
    bit_ = 0;
    byte_ = 0;
    if (!one) return std::nullopt;
    bit_ = hunting;
    ones_ = 2;  // the end bit may be the first of the next preamble
    if (packet_.size < least_bytes) {
      count(counts_.bad_framing);
      return std::nullopt;
    }
    if (!packet_.valid()) {
      count(counts_.bad_sum);
      return std::nullopt;
    }
    count(counts_.packets);
    return packet_;
  }

  constexpr std::optional<Packet> lose(Half half) {
    if (started_) count(counts_.bad_framing);
    bit_ = hunting;
    second_ = false;
    ones_ = half == Half::one ? 1 : 0;
    return std::nullopt;
  }

  static constexpr void count(std::uint32_t& counter) {
    if (counter != ~std::uint32_t{0}) ++counter;
  }

  Instant last_at_{Duration{-1'000'000'000'000}};
  Instant pending_at_{};
  bool pending_ = false;
  bool second_ = false;   // the next half completes a bit
  bool started_ = false;  // the start bit is complete
  Half first_ = Half::neither;
  std::int32_t first_ns_ = 0;
  int ones_ = 0;                // halves of the preamble
  std::uint8_t bit_ = hunting;  // 0 to 7: of a byte; 8: what follows it
  std::uint8_t byte_ = 0;
  Packet packet_{};
  Counts counts_{};
};

}  // namespace standstill::dcc
