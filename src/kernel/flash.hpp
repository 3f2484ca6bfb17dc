// Flash as a microcontroller's programs need it: sectors that are erased whole, to all ones, and programmed
// from ones to zeros. Boards implement it; tests do in memory, with power cuts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace standstill {

class Flash {
 public:
  // Bytes; the same for every sector, 1024 at least.
  [[nodiscard]] virtual std::size_t sector_size() const = 0;
  [[nodiscard]] virtual std::size_t sectors() const = 0;
  virtual void read(std::size_t sector, std::size_t offset, std::span<std::uint8_t> into) const = 0;
  // Offset and length are multiples of 4. False: it did not take, and the bytes may be anything.
  [[nodiscard]] virtual bool program(std::size_t sector, std::size_t offset,
                                     std::span<const std::uint8_t> bytes) = 0;
  // May stall the processor: only while the outputs are safe.
  [[nodiscard]] virtual bool erase(std::size_t sector) = 0;

 protected:
  ~Flash() = default;
};

// Whether so many bytes are as an erase leaves them.
[[nodiscard]] inline bool is_erased(const Flash& flash, std::size_t sector, std::size_t offset,
                                    std::size_t size) {
  std::uint8_t chunk[32];
  while (size > 0) {
    const std::size_t take = size < sizeof chunk ? size : sizeof chunk;
    flash.read(sector, offset, std::span(chunk).first(take));
    for (std::size_t i = 0; i < take; ++i)
      if (chunk[i] != 0xFF) return false;
    offset += take;
    size -= take;
  }
  return true;
}

}  // namespace standstill
