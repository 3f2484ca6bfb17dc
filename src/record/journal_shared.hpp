// What the recorder's owner and its thread share. Internal to src/record.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "os/fd.hpp"
#include "record/event_queue.hpp"
#include "record/journal.hpp"

namespace standstill::record {

struct JournalShared {
  explicit JournalShared(Recorder::Settings wanted)
      : settings(std::move(wanted)), queue(settings.queue_events, settings.queue_bytes) {}

  // An eventfd that is full already wakes: its error may be ignored. Without one (no descriptors left) the
  // thread looks every 100 ms.
  void wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto wrote = ::write(wake_fd.get(), &one, sizeof one);
  }

  Recorder::Settings settings;
  EventQueue queue;
  os::Fd wake_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> written_up_to{0};
  std::atomic<std::uint64_t> lost{0};
  std::mutex mutex;  // health, ended; never held while the disk or a callback is used
  std::condition_variable changed;
  JournalHealth health;
  bool ended = false;
  std::mutex callback_mutex;  // the callbacks in settings
};

}  // namespace standstill::record
