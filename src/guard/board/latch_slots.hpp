// The external guard's latch in flash: two sectors, filled with checksummed records in turn; the newest whole
// one counts.
//
// A record is programmed into erased flash, so neither a trip nor a start waits for an erase, and a power cut
// in the middle of one leaves the one before. Only a sector that holds nothing that counts is ever erased,
// and only while the relays are open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernel/flash.hpp"
#include "kernel/latch.hpp"

namespace standstill::guard {

class LatchSlots {
 public:
  static constexpr std::size_t record_bytes = 20;

  // Uses the first two sectors.
  explicit LatchSlots(Flash& flash) : flash_(flash) {}

  // At power-up: what the newest whole record says; nothing when there is none.
  [[nodiscard]] std::optional<LatchRecord> open();
  // Programs one record and reads it again. False: the flash did not take it, and the one before counts.
  [[nodiscard]] bool write(const LatchRecord& record);
  // Of the newest record; every write has a higher one.
  [[nodiscard]] std::uint32_t counter() const { return counter_; }
  // There is room for a start and the trip that ends it.
  [[nodiscard]] bool has_room() const { return slots() - next_ >= 2; }
  // Erases the other sector when this one is nearly full. Only while the relays are open.
  void make_room();

 private:
  using Bytes = std::array<std::uint8_t, record_bytes>;
  [[nodiscard]] std::size_t slots() const { return flash_.sector_size() / record_bytes; }
  [[nodiscard]] Bytes at(std::size_t sector, std::size_t slot) const;

  Flash& flash_;
  std::uint32_t counter_ = 0;
  std::size_t sector_ = 0, next_ = 0;  // where the next record goes
};

}  // namespace standstill::guard
