#include "guard/board/latch_slots.hpp"

#include <span>

#include "kernel/checksum.hpp"

namespace standstill::guard {

namespace {

constexpr std::uint32_t slot_magic = 0x31424753;  // "SGB1"

std::uint32_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8U | bytes[at + i - 1];
  return value;
}

void put(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8U * i));
}

// Magic, counter, epoch; state, acknowledged, first-out's code, zero; CRC-32 of all before.
constexpr std::size_t counter_at = 4, epoch_at = 8, state_at = 12, sum_at = 16;

bool whole(std::span<const std::uint8_t> bytes) {
  return word(bytes, 0) == slot_magic && word(bytes, sum_at) == crc32(bytes.first(sum_at)) &&
         bytes[state_at] <= static_cast<std::uint8_t>(LatchState::running);
}

}  // namespace

LatchSlots::Bytes LatchSlots::at(std::size_t sector, std::size_t slot) const {
  Bytes bytes{};
  flash_.read(sector, slot * record_bytes, bytes);
  return bytes;
}

std::optional<LatchRecord> LatchSlots::open() {
  std::optional<LatchRecord> newest;
  std::array<std::size_t, 2> used{};
  counter_ = 0;
  sector_ = 0;
  for (std::size_t sector = 0; sector < 2; ++sector) {
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      const Bytes bytes = at(sector, slot);
      if (is_erased(flash_, sector, slot * record_bytes, record_bytes)) continue;
      used[sector] = slot + 1;
      if (!whole(bytes) || word(bytes, counter_at) < counter_) continue;
      counter_ = word(bytes, counter_at);
      sector_ = sector;
      LatchRecord record;
      record.epoch = word(bytes, epoch_at);
      record.state = static_cast<LatchState>(bytes[state_at]);
      record.acknowledged = bytes[state_at + 1] != 0;
      record.first_out.code = static_cast<CauseCode>(bytes[state_at + 2]);
      newest = record;
    }
  }
  next_ = used[sector_];
  return newest;
}

bool LatchSlots::write(const LatchRecord& record) {
  Bytes bytes{};
  put(bytes, 0, slot_magic);
  put(bytes, counter_at, counter_ + 1);
  put(bytes, epoch_at, record.epoch);
  bytes[state_at] = static_cast<std::uint8_t>(record.state);
  bytes[state_at + 1] = record.acknowledged ? 1 : 0;
  bytes[state_at + 2] = static_cast<std::uint8_t>(record.first_out.code);
  put(bytes, sum_at, crc32(std::span(bytes).first(sum_at)));
  if (next_ >= slots()) return false;
  const std::size_t slot = next_++;  // also when it does not take: its bytes may be anything
  if (!flash_.program(sector_, slot * record_bytes, bytes) || at(sector_, slot) != bytes) return false;
  ++counter_;
  return true;
}

void LatchSlots::make_room() {
  constexpr std::size_t nearly_full = 4;
  if (slots() - next_ >= nearly_full) return;
  // The newest record stays where it is until the next one is whole in the other sector.
  const std::size_t other = 1 - sector_;
  if (!is_erased(flash_, other, 0, flash_.sector_size()) && !flash_.erase(other)) return;
  sector_ = other;
  next_ = 0;
}

}  // namespace standstill::guard
