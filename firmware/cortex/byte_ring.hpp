// Between a serial line's interrupt and the loop: what one of them put and the other has not taken yet, the
// newest `kept` bytes of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace standstill::board {

template <std::size_t kept>
class ByteRing {
  static_assert((kept & (kept - 1)) == 0, "its counters go round");

 public:
  void put(std::uint8_t byte) {
    bytes_[in_ % bytes_.size()] = byte;
    in_ = in_ + 1;
  }
  // False: there is none.
  bool take(std::uint8_t& byte) {
    if (out_ == in_) return false;
    if (in_ - out_ > bytes_.size()) out_ = in_ - bytes_.size();
    byte = bytes_[out_++ % bytes_.size()];
    return true;
  }

 private:
  std::array<std::uint8_t, kept> bytes_{};
  volatile std::uint32_t in_ = 0;
  std::uint32_t out_ = 0;
};

}  // namespace standstill::board
