// The rails of a command station that never tires: the speed and idle packets in turn, edge by edge through
// the real decoder. No heap, so that a microcontroller can hold it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/encoder.hpp"

namespace standstill::sim::loco {

class Track {
 public:
  bool station = true;    // off: no edge on the rails
  bool garbage = false;   // it sends, and every packet's sum is wrong
  bool silent = false;    // it sends idle packets, and speaks to nobody
  std::uint8_t step = 0;  // of 126, refreshed all the time
  bool forward = true;
  bool emergency = false;

  void begin(Instant now) {
    decoder_ = {};
    at_ = now;
  }
  // To be sent before the next refresh; at most 16 wait.
  void send(const dcc::Packet& packet) {
    if (waiting_ < queue_.size()) queue_[waiting_++] = packet;
  }

  // Everything that ends before `until`; heard(packet, at) for what the decoder made of it.
  template <class Heard>
  void run(Instant until, Heard&& heard) {
    if (!station) {
      at_ = until;
      return;
    }
    for (;;) {
      if (!picked_) next_ = pick();
      picked_ = true;
      if (at_ + dcc::duration(next_, {}) > until) return;
      picked_ = false;
      dcc::send(next_, {}, [&](Duration half) {
        at_ += half;
        if (const auto packet = decoder_.edge(at_)) heard(*packet, at_);
      });
    }
  }

 private:
  dcc::Packet pick() {
    const bool idle = ++turn_ % 2 == 0 || silent;
    dcc::Packet packet = idle ? dcc::idle() : dcc::speed126({3, false}, step, forward, emergency);
    if (waiting_ > 0) {
      packet = queue_[0];
      for (std::size_t i = 1; i < waiting_; ++i) queue_[i - 1] = queue_[i];
      --waiting_;
    }
    if (garbage) packet.bytes[1] = static_cast<std::uint8_t>(packet.bytes[1] ^ 0x10U);
    return packet;
  }

  dcc::EdgeDecoder decoder_;
  Instant at_{};
  std::array<dcc::Packet, 16> queue_{};
  std::size_t waiting_ = 0;
  dcc::Packet next_{};
  bool picked_ = false;
  std::uint32_t turn_ = 0;
};

}  // namespace standstill::sim::loco
