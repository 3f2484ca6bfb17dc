#include "plant/loco/cv_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "kernel/checksum.hpp"

namespace standstill::loco {

namespace {

// Counts the variables too: another table is another format.
constexpr std::uint32_t magic = 0x43560000U + variables.size();

template <class Record>
std::uint32_t sum(const Record& record) {
  static_assert(std::is_trivially_copyable_v<Record>);
  std::array<std::uint8_t, offsetof(Record, crc)> bytes{};
  std::memcpy(bytes.data(), &record, bytes.size());
  return crc32(bytes);
}

}  // namespace

bool CvStore::read(std::size_t sector, std::size_t slot, Record& record) const {
  std::array<std::uint8_t, sizeof(Record)> bytes{};
  flash_.read(sector, slot * sizeof(Record), bytes);
  std::memcpy(&record, bytes.data(), bytes.size());
  return record.magic == magic && record.crc == sum(record);
}

CvStore::Copy CvStore::scan(std::size_t sector) const {
  Copy copy;
  for (std::size_t slot = 0; slot < slots(); ++slot) {
    Record record;
    if (read(sector, slot, record)) {
      if (!copy.found || record.sequence > copy.sequence) {
        copy.found = true;
        copy.sequence = record.sequence;
        copy.slot = slot;
      }
    } else if (is_erased(flash_, sector, slot * sizeof(Record), sizeof(Record))) {
      continue;
    } else {
      copy.damaged = true;
    }
    copy.next = slot + 1;
  }
  return copy;
}

CvOrigin CvStore::load(Settings& into) {
  copies_ = {scan(cv_main), scan(cv_spare)};
  tidies_ = nearly_full(copies_[0]) || nearly_full(copies_[1]);
  sequence_ = std::max(copies_[0].sequence, copies_[1].sequence);
  into = Settings{};
  const bool damaged = copies_[0].damaged || copies_[1].damaged;
  // The newer one first; of two equal ones the main copy.
  const std::size_t first =
      copies_[1].found && (!copies_[0].found || copies_[1].sequence > copies_[0].sequence);
  for (const std::size_t which : {first, 1 - first}) {
    Record record;
    if (!copies_[which].found || !read(cv_main + which, copies_[which].slot, record)) continue;
    if (!into.adopt(record.values)) continue;
    const bool mended =
        damaged || !copies_[0].found || !copies_[1].found || copies_[0].sequence != copies_[1].sequence;
    due_ = mended || tidies_;  // so that there are two whole copies again, with room behind them
    return which == 0 ? CvOrigin::main : CvOrigin::spare;
  }
  due_ = damaged;
  return damaged || copies_[0].found || copies_[1].found ? CvOrigin::defaults : CvOrigin::fresh;
}

bool CvStore::append(std::size_t sector, Copy& copy, const Record& record, bool safe) {
  if (copy.next >= slots() || (tidies_ && safe && nearly_full(copy))) {
    if (!safe) return false;
    ++failures_;
    erased_ = true;
    if (!flash_.erase(sector)) return false;
    --failures_;
    copy = {};
  }
  std::array<std::uint8_t, sizeof(Record)> bytes{};
  std::memcpy(bytes.data(), &record, bytes.size());
  const std::size_t slot = copy.next++;
  ++failures_;
  if (!flash_.program(sector, slot * sizeof(Record), bytes)) return false;
  Record back;
  if (!read(sector, slot, back) || back.sequence != record.sequence) return false;
  --failures_;
  copy.found = true;
  copy.slot = slot;
  copy.sequence = record.sequence;
  return true;
}

bool CvStore::waits() const {
  if (!due_ || failed()) return false;
  return (!written_[0] && copies_[0].next >= slots()) || (!written_[1] && copies_[1].next >= slots());
}

bool CvStore::keep(const Settings& settings, bool safe) {
  erased_ = false;
  if (!due_ || failed()) return false;
  if (writing_ == 0 || values_ != settings.values()) {
    writing_ = ++sequence_;
    values_ = settings.values();
    written_ = {};
  }
  Record record{magic, writing_, values_, 0, 0};
  record.crc = sum(record);
  // One copy after the other: while one is being erased or written the other is whole. The one that is behind
  // comes first, because the other one may be all there is of the newest values.
  const std::size_t behind = copies_[1].sequence < copies_[0].sequence ? 1 : 0;
  for (const std::size_t which : {behind, 1 - behind}) {
    if (written_[which]) continue;
    if (!append(cv_main + which, copies_[which], record, safe)) return true;
    written_[which] = true;
  }
  due_ = false;
  tidies_ = false;
  writing_ = 0;
  return false;
}

}  // namespace standstill::loco
