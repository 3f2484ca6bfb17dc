// The configuration variables through a power loss: two copies in two sectors, each a row of checksummed
// records of which the newest counts.
//
// A write appends to both, one after the other, so that at every instant one of them holds whole values, the
// old or the new ones. A full sector is erased only while safe; at power-up a nearly full one is, so that
// there is room for what is written while the engine runs. What cannot be read falls back to the other copy,
// then to the defaults, and says so.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "plant/loco/flash.hpp"
#include "plant/loco/settings.hpp"

namespace standstill::loco {

enum class CvOrigin : std::uint8_t { fresh, main, spare, defaults };

[[nodiscard]] constexpr std::string_view name(CvOrigin origin) {
  constexpr std::array<std::string_view, 4> names{
      "the CVs were never written: defaults are used", "the CVs are as they were stored",
      "the main copy of the CVs is damaged: the spare is used",
      "both copies of the CVs are damaged: defaults are used, write your values again"};
  return names[static_cast<std::size_t>(origin)];
}

class CvStore {
 public:
  explicit CvStore(Flash& flash) : flash_(flash) {}

  // At power-up; keep() mends then what is damaged, and makes room.
  CvOrigin load(Settings& into);

  // Marks the values as changed; keep() writes them.
  void changed() {
    due_ = true;
    failures_ = 0;
  }
  // Once a cycle. `safe`: an erase may stall the loop now. True while something waits to be written.
  bool keep(const Settings& settings, bool safe);
  // The flash did not take the values several times: they hold until power is lost.
  [[nodiscard]] bool failed() const { return failures_ >= most_failures; }
  // A sector is full: they hold until power is lost, unless it becomes safe before.
  [[nodiscard]] bool waits() const;
  // keep() erased just now: the loop stood still for as long as the flash takes.
  [[nodiscard]] bool erased() const { return erased_; }

 private:
  struct Record {
    std::uint32_t magic;
    std::uint32_t sequence;
    Settings::Values values;
    std::uint32_t spare;
    std::uint32_t crc;  // of everything before
  };
  static_assert(sizeof(Record) % 4 == 0);

  struct Copy {
    bool found = false;
    bool damaged = false;
    std::uint32_t sequence = 0;
    std::size_t slot = 0;  // of the newest valid record
    std::size_t next = 0;  // the first slot that can be written
  };

  [[nodiscard]] std::size_t slots() const { return flash_.sector_size() / sizeof(Record); }
  [[nodiscard]] bool nearly_full(const Copy& copy) const { return slots() - copy.next < room_at_power_up; }
  [[nodiscard]] Copy scan(std::size_t sector) const;
  [[nodiscard]] bool read(std::size_t sector, std::size_t slot, Record& record) const;
  [[nodiscard]] bool append(std::size_t sector, Copy& copy, const Record& record, bool safe);

  Flash& flash_;
  std::array<Copy, 2> copies_{};
  std::uint32_t sequence_ = 0;
  static constexpr std::size_t room_at_power_up = 4;  // records; a sector of 1 KiB has seven
  bool due_ = false;
  bool tidies_ = false;  // since power-up no sector was looked through for room
  bool erased_ = false;
  std::array<bool, 2> written_{};
  std::uint32_t writing_ = 0;  // the sequence under way; 0: none
  Settings::Values values_{};
  static constexpr std::uint8_t most_failures = 4;  // flash wears out: it is not tried for ever
  std::uint8_t failures_ = 0;
};

}  // namespace standstill::loco
