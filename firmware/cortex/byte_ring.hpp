// What a serial line's interrupt has received and the loop has not taken yet; the newest 512 bytes of it.
#pragma once

#include <array>
#include <cstdint>

namespace standstill::board {

class ByteRing {
 public:
  // By the interrupt.
  void put(std::uint8_t byte) {
    bytes_[in_ % bytes_.size()] = byte;
    in_ = in_ + 1;
  }
  // By the loop. False: there is none.
  bool take(std::uint8_t& byte) {
    if (out_ == in_) return false;
    if (in_ - out_ > bytes_.size()) out_ = in_ - bytes_.size();
    byte = bytes_[out_++ % bytes_.size()];
    return true;
  }

 private:
  std::array<std::uint8_t, 512> bytes_{};
  volatile std::uint32_t in_ = 0;
  std::uint32_t out_ = 0;
};

}  // namespace standstill::board
