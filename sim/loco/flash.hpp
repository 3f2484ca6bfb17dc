// Flash in memory, with the manners of the real thing and its accidents.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "plant/loco/flash.hpp"

namespace standstill::sim::loco {

class MemoryFlash final : public standstill::loco::Flash {
 public:
  static constexpr std::size_t size = 4096;

  MemoryFlash() {
    for (auto& sector : memory_) sector.fill(0xFF);
  }

  [[nodiscard]] std::size_t sector_size() const override { return size; }
  [[nodiscard]] std::size_t sectors() const override { return memory_.size(); }
  void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const override {
    std::copy_n(memory_[sector].begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
  }
  bool program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) override {
    bool took = !refuses;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (refuses || dead()) return false;
      std::uint8_t& place = memory_[sector][offset + i];
      // Bits go from one to zero; what asks for more is spoilt, as it is in real flash.
      if ((bytes[i] & ~place) != 0) took = false;
      place = static_cast<std::uint8_t>(place & (forgets ? bytes[i] & 0xEF : bytes[i]));
    }
    return took;
  }
  bool erase(std::size_t sector) override {
    if (refuses) return false;
    ++erases;
    for (std::uint8_t& place : memory_[sector]) {
      if (dead()) return false;
      place = 0xFF;
    }
    return true;
  }

  // Power goes after so many more bytes; -1: it stays.
  void lose_power_after(std::int64_t bytes) { bytes_left_ = bytes; }
  [[nodiscard]] bool powerless() const { return bytes_left_ == 0; }
  void power_back() { bytes_left_ = -1; }
  [[nodiscard]] std::uint8_t& at(std::size_t sector, std::size_t offset) { return memory_[sector][offset]; }

  bool refuses = false;  // worn out
  bool forgets = false;  // worn out, and says that it took what it did not
  std::uint32_t erases = 0;

 private:
  bool dead() {
    if (bytes_left_ < 0) return false;
    if (bytes_left_ == 0) return true;
    --bytes_left_;
    return false;
  }

  std::array<std::array<std::uint8_t, size>, standstill::loco::sectors_used> memory_{};
  std::int64_t bytes_left_ = -1;
};

}  // namespace standstill::sim::loco
