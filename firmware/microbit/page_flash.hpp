// The last pages of the nRF51's own flash, 1 KiB each: nothing else lies there.
#pragma once

#include "firmware/microbit/registers.hpp"
#include "kernel/flash.hpp"

namespace standstill::board {

template <std::size_t count>
class PageFlash final : public Flash {
 public:
  static constexpr std::size_t page = 1024;
  static constexpr std::uintptr_t base = 0x40000 - page * count;
  [[nodiscard]] std::size_t sector_size() const override { return page; }
  [[nodiscard]] std::size_t sectors() const override { return count; }
  void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const override {
    const auto* from = reinterpret_cast<const volatile std::uint8_t*>(base + sector * page + offset);
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = from[i];
  }
  // Whole words only: offset and size are multiples of four.
  bool program(std::size_t sector, std::size_t offset, std::span<const std::uint8_t> bytes) override {
    if (offset % 4 != 0 || bytes.size() % 4 != 0) return false;
    reg(nvmc::configuration) = nvmc::may_write;
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      const std::uint32_t word = bytes[i] | static_cast<std::uint32_t>(bytes[i + 1]) << 8U |
                                 static_cast<std::uint32_t>(bytes[i + 2]) << 16U |
                                 static_cast<std::uint32_t>(bytes[i + 3]) << 24U;
      reg(base + sector * page + offset + i) = word;
      await();
    }
    reg(nvmc::configuration) = nvmc::read_only;
    return true;  // whoever writes reads it again
  }
  // 21 ms in which the processor stands still.
  bool erase(std::size_t sector) override {
    reg(nvmc::configuration) = nvmc::may_erase;
    reg(nvmc::erase) = static_cast<std::uint32_t>(base + sector * page);
    await();
    reg(nvmc::configuration) = nvmc::read_only;
    return true;
  }

 private:
  static void await() {
    while (reg(nvmc::ready) == 0) {
    }
  }
};

}  // namespace standstill::board
