#include "guard/latch_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <type_traits>

#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "wire/plan/plan.hpp"

namespace standstill::guard {

namespace {
constexpr std::uint32_t slot_magic = 0x484C5453;  // "STLH"
constexpr std::uint32_t slot_format = 1;
constexpr Duration retry_after = 500ms;
static_assert(std::is_trivially_copyable_v<Slot> && sizeof(Slot) <= slot_bytes);

std::uint32_t checksum(const Slot& slot) { return plan::crc32(&slot, offsetof(Slot, crc)); }
}  // namespace

Slot make_slot(const LatchRecord& record, std::uint64_t counter) {
  Slot slot;
  std::memset(static_cast<void*>(&slot), 0, sizeof slot);
  slot.magic_number = slot_magic;
  slot.format = slot_format;
  slot.counter = counter;
  slot.record = record;
  slot.crc = checksum(slot);
  return slot;
}

bool whole(const Slot& slot) {
  return slot.magic_number == slot_magic && slot.format == slot_format && slot.crc == checksum(slot) &&
         slot.record.state <= LatchState::running;
}

LatchStore::LatchStore(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (!fd_) {
    trouble_ = path + ": cannot be opened: " + std::strerror(errno);
    fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  } else if (const int error = ::posix_fallocate(fd_.get(), 0, 2 * slot_bytes); error != 0) {
    trouble_ = path + ": no room for the latch: " + std::strerror(error);
  }
  for (off_t i = 0; i < 2 && fd_; ++i) {
    Slot slot;
    if (::pread(fd_.get(), &slot, sizeof slot, i * static_cast<off_t>(slot_bytes)) !=
        static_cast<ssize_t>(sizeof slot))
      continue;
    if (!whole(slot) || slot.counter < counter_) continue;
    counter_ = slot.counter;
    found_ = slot.record;
  }
}

bool LatchStore::write_slot(const LatchRecord& record) {
  if (!fd_ || !trouble_.empty()) return false;
  const std::uint64_t counter = counter_ + 1;
  const Slot slot = make_slot(record, counter);
  const auto at = static_cast<off_t>(counter % 2 * slot_bytes);
  if (::pwrite(fd_.get(), &slot, sizeof slot, at) != static_cast<ssize_t>(sizeof slot)) return false;
  if (::fdatasync(fd_.get()) != 0) return false;
  counter_ = counter;
  return true;
}

bool LatchStore::write_now(const LatchRecord& record) { return write_slot(record); }

void LatchStore::put(const LatchRecord& record) {
  std::uint64_t copy[words] = {};
  std::memcpy(copy, &record, sizeof record);
  box_sequence_.fetch_add(1);
  for (std::size_t i = 0; i < words; ++i) box_[i].store(copy[i]);
  box_sequence_.fetch_add(1);
}

std::uint64_t LatchStore::take(LatchRecord& into) const {
  for (;;) {
    const std::uint64_t before = box_sequence_.load();
    std::uint64_t copy[words];
    for (std::size_t i = 0; i < words; ++i) copy[i] = box_[i].load();
    if (before % 2 != 0 || box_sequence_.load() != before) continue;
    std::memcpy(static_cast<void*>(&into), copy, sizeof into);
    return before / 2;
  }
}

std::uint64_t LatchStore::submit(const LatchRecord& record) {
  put(record);
  wanted_.fetch_add(1);
  os::futex_wake_all(wanted_);
  return box_sequence_.load() / 2;
}

bool LatchStore::start_writer(int notify_fd) {
  notify_fd_ = notify_fd;
  return os::start_small_thread(&LatchStore::write_loop, this);
}

void* LatchStore::write_loop(void* store) {
  auto& self = *static_cast<LatchStore*>(store);
  for (;;) {
    const std::uint32_t seen = self.wanted_.load();
    LatchRecord record;
    const std::uint64_t ticket = self.take(record);
    if (ticket == self.tried_.load()) {
      // A trip that could not be written must not be lost because nothing else happened: it is tried again.
      const bool failed = ticket != self.written_.load();
      const Instant again = failed ? os::now() + retry_after : never;
      os::futex_wait(self.wanted_, seen, again);
      if (!failed || self.wanted_.load() != seen || os::now() < again) continue;
    }
    if (self.write_slot(record)) self.written_.store(ticket);
    self.tried_.store(ticket);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = ::write(self.notify_fd_, &one, sizeof one);
  }
}

}  // namespace standstill::guard
