#include "record/journal.hpp"

#include <pthread.h>
#include <signal.h>

#include <array>
#include <system_error>
#include <thread>
#include <utility>

#include "os/clock.hpp"
#include "record/event_queue.hpp"
#include "record/journal_shared.hpp"
#include "record/journal_writer.hpp"

namespace standstill::record {

std::string_view name(JournalState state) {
  constexpr std::array<std::string_view, 3> names{"starting", "ok", "degraded"};
  return names[static_cast<std::size_t>(state)];
}

Recorder::Recorder(Settings settings) : shared_(std::make_shared<JournalShared>(std::move(settings))) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals belong to the program's own threads
  try {
    std::thread([shared = shared_] { JournalWriter(*shared).run(); }).detach();
  } catch (const std::system_error& error) {
    shared_->ended = true;
    shared_->health.state = JournalState::degraded;
    shared_->health.reason = std::string("the journal's thread cannot start: ") + error.what() +
                             "; raise the limit of threads and start again";
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Recorder::~Recorder() {
  shared_->stopping.store(true, std::memory_order_release);
  shared_->wake();
  std::unique_lock lock(shared_->mutex);
  const auto longest = shared_->settings.close_within;
  shared_->changed.wait_for(lock, longest, [this] { return shared_->ended; });
  lock.unlock();
  // A disk that hangs keeps the thread and what it uses alive; the owner's callbacks are not its to call any
  // more.
  const std::scoped_lock callbacks(shared_->callback_mutex);
  shared_->settings.on_written = nullptr;
  shared_->settings.on_health = nullptr;
}

Recorder::Ticket Recorder::submit(Event event) noexcept {
  const Ticket ticket = shared_->queue.push(std::move(event));
  if (ticket == 0) shared_->lost.fetch_add(1, std::memory_order_relaxed);
  shared_->wake();
  return ticket;
}

Recorder::Ticket Recorder::written_up_to() const {
  return shared_->written_up_to.load(std::memory_order_acquire);
}

bool Recorder::wait_written(Ticket ticket, Duration longest) const {
  if (ticket == 0) return false;
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, longest, [&] { return written_up_to() >= ticket; });
}

JournalHealth Recorder::health() const {
  const std::scoped_lock lock(shared_->mutex);
  JournalHealth health = shared_->health;
  health.lost = shared_->lost.load(std::memory_order_relaxed);
  health.waiting = shared_->queue.pushed() - written_up_to();
  return health;
}

}  // namespace standstill::record
