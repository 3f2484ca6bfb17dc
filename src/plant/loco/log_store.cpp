#include "plant/loco/log_store.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernel/checksum.hpp"

namespace standstill::loco {

namespace {

static_assert(std::is_trivially_copyable_v<LogRecord>);
constexpr std::uint32_t magic = 0x4C4F4731;  // "1GOL"
constexpr std::size_t head = sizeof(std::uint32_t);

std::uint32_t sum(const LogRecord& record) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&record);
  constexpr std::size_t from = offsetof(LogRecord, epoch);
  return crc32({bytes + from, sizeof record - from});
}

}  // namespace

bool LogStore::read(std::size_t sector, std::size_t slot, LogRecord& record) const {
  flash_.read(sector, slot * sizeof(LogRecord), {reinterpret_cast<std::uint8_t*>(&record), sizeof record});
  if (record.magic != magic || record.crc != sum(record)) return false;
  record.reason.terminate();
  record.event_count = std::min<std::uint8_t>(record.event_count, EventRing::kept);
  return true;
}

bool LogStore::prepare() {
  bool found = false;
  std::size_t newest_sector = log_first;
  std::size_t newest_slot = 0;
  Epoch epoch = 0;
  std::int64_t uptime = 0;
  room_ = false;
  std::array<std::size_t, 2> next{};  // the first slot of each sector that can be written
  for (const std::size_t sector : {log_first, log_second}) {
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      if (read(sector, slot, record_)) {
        if (!found || record_.epoch > epoch || (record_.epoch == epoch && record_.uptime_ns > uptime)) {
          epoch = record_.epoch;
          uptime = record_.uptime_ns;
          newest_sector = sector;
          newest_slot = slot;
        }
        found = true;
      } else if (is_erased(flash_, sector, slot * sizeof(LogRecord), sizeof(LogRecord))) {
        continue;
      }
      next[sector - log_first] = slot + 1;
    }
  }
  if (!found || !read(newest_sector, newest_slot, record_)) record_ = {};
  const std::size_t other = newest_sector == log_first ? log_second : log_first;
  for (const std::size_t sector : {newest_sector, other}) {
    sector_ = sector;
    slot_ = next[sector - log_first];
    room_ = slot_ < slots();
    if (room_) return found;
  }
  sector_ = other;
  slot_ = 0;
  room_ = flash_.erase(other);
  return found;
}

LogRecord& LogStore::blank() {
  record_ = {};
  return record_;
}

void LogStore::begin() {
  if (progress_ == Progress::writing) return;
  record_.magic = magic;
  record_.crc = sum(record_);
  done_ = head;
  progress_ = room_ ? Progress::writing : Progress::failed;
}

LogStore::Progress LogStore::step() {
  if (progress_ != Progress::writing) return progress_;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&record_);
  const std::size_t at = slot_ * sizeof(LogRecord);
  const bool last = done_ == sizeof record_;
  const std::size_t from = last ? 0 : done_;
  const std::size_t take = last ? head : std::min(slice, sizeof record_ - done_);
  if (!flash_.program(sector_, at + from, {bytes + from, take})) {
    room_ = false;
    return progress_ = Progress::failed;
  }
  if (!last) {
    done_ += take;
    return progress_;
  }
  ++slot_;
  room_ = slot_ < slots();
  return progress_ = Progress::saved;
}

}  // namespace standstill::loco
