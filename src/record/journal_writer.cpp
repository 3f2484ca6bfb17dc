#include "record/journal_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "os/clock.hpp"

namespace standstill::record {

namespace {

constexpr std::size_t batch_events = 512;  // one commit: long enough to be cheap, short enough to be soon
constexpr std::size_t batch_bytes = 1U << 20U;
constexpr int prune_slice = 500;

std::string seconds(Duration length) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(length).count());
  return text;
}

}  // namespace

std::string this_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  return file >> id ? id : "unknown";
}

JournalWriter::JournalWriter(JournalShared& shared)
    : shared_(shared),
      database_(shared.settings.file),
      boot_id_(this_boot_id()),
      prune_at_(os::now() + std::min<Duration>(shared.settings.prune_every, 60s)) {}

void JournalWriter::run() {
  // The owner may run in real time; the disk must not.
  const sched_param ordinary{};
  (void)pthread_setschedparam(pthread_self(), SCHED_OTHER, &ordinary);
  (void)pthread_setname_np(pthread_self(), "journal");
  std::optional<Instant> stop_at;
  for (;;) {
    const bool stopping = shared_.stopping.load(std::memory_order_acquire);
    if (stopping && !stop_at) stop_at = os::now() + shared_.settings.close_within;
    fill_batch();
    const bool nothing = batch_.empty() && own_.empty() && database_.is_open();
    if (!nothing && make_ready()) {
      // a journal that failed is well again only when a write proved it
      const bool to_write = !batch_.empty() || !own_.empty() || degraded_at_;
      if (!to_write || write_batch()) {
        now_ok();
        continue;
      }
    }
    if (nothing) prune_if_due();
    if (stopping && (nothing || os::now() >= *stop_at)) {
      if (!batch_.empty())
        degrade("the journal ended with events that could not be written. " + database_.reason());
      break;
    }
    const Duration longest = nothing ? std::max<Duration>(prune_at_ - os::now(), 1ms) : retry_;
    wait(stopping ? std::min<Duration>(longest, 50ms) : longest);
  }
  database_.close();
  const std::scoped_lock lock(shared_.mutex);
  shared_.ended = true;
  shared_.changed.notify_all();
}

// While degraded only time or the end wakes: a storm of events must not hammer a disk that just refused.
void JournalWriter::wait(Duration longest) {
  if (shared_.stopping.load(std::memory_order_acquire)) {
    ::poll(nullptr, 0, static_cast<int>(to_ms(longest) + 1));
    return;
  }
  const Instant until = os::now() + longest;
  for (;;) {
    const auto left = until - os::now();
    if (left <= Duration::zero()) return;
    pollfd wake{shared_.wake_fd.get(), POLLIN, 0};
    const auto most = shared_.wake_fd ? Duration{60s} : Duration{100ms};
    ::poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(to_ms(most), to_ms(left) + 1)));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(shared_.wake_fd.get(), &count, sizeof count);
    if (shared_.stopping.load(std::memory_order_acquire)) return;
    if (!degraded_at_ && shared_.queue.waiting() > 0) return;
  }
}

void JournalWriter::fill_batch() {
  if (const std::uint64_t more = shared_.queue.take_lost(); more > 0) {
    if (lost_ == 0) lost_behind_ = shared_.queue.pushed();
    lost_ += more;
  }
  std::size_t bytes = 0;
  for (const Event& event : batch_) bytes += EventQueue::text_bytes(event);
  while (batch_.size() < batch_events && bytes < batch_bytes) {
    auto event = shared_.queue.pop();
    if (!event) break;
    ++ticket_;
    if (event->boot_id.empty()) event->boot_id = boot_id_;
    bytes += EventQueue::text_bytes(*event);
    batch_.push_back(std::move(*event));
  }
  if (lost_ > 0 && (ticket_ >= lost_behind_ || shared_.queue.waiting() == 0)) {
    const std::string count = std::to_string(lost_);
    batch_.push_back(own_event("journal_lost_events",
                               "journal: " + count +
                                   " events lost: they came while the disk could not take them and"
                                   " the memory for waiting events was full",
                               "{\"lost\":" + count + "}"));
    lost_ = 0;
  }
}

bool JournalWriter::make_ready() {
  if (database_.is_open() && database_.file_is_gone()) {
    database_.close();
    own_.push_back(
        own_event("journal_replaced",
                  shared_.settings.file.string() +
                      " was removed or replaced while it was in use; what it held is gone from here",
                  {}));
  }
  if (database_.is_open()) return true;
  auto result = database_.open();
  if (result == JournalDatabase::Result::damaged) return start_anew();
  if (result != JournalDatabase::Result::done) degrade(database_.reason());
  return result == JournalDatabase::Result::done;
}

bool JournalWriter::start_anew() {
  const std::string why = database_.reason();
  const std::string aside = database_.move_aside();
  if (aside.empty() || database_.open() != JournalDatabase::Result::done) {
    degrade(database_.reason());
    return false;
  }
  own_.push_back(own_event("journal_moved_aside",
                           why + ". It was moved to " + aside +
                               " and a new journal begun; keep the old file,"
                               " `sqlite3 FILE .recover` can often read it",
                           {}));
  const std::scoped_lock lock(shared_.mutex);
  ++shared_.health.moved_aside;
  return true;
}

bool JournalWriter::write_batch() {
  if (degraded_at_)
    own_.push_back(own_event("journal_recovered",
                             "journal: writing again after " + seconds(os::now() - *degraded_at_) + "; " +
                                 std::to_string(batch_.size()) + " events had waited in memory so far",
                             {}));
  const auto waiting = static_cast<std::ptrdiff_t>(batch_.size());
  batch_.insert(batch_.end(), own_.begin(), own_.end());
  auto result = database_.write(batch_);
  if (result == JournalDatabase::Result::done) {
    own_.clear();
    now_ok();  // before anybody learns of the ticket: who waited for it finds the journal well
    committed();
    return true;
  }
  batch_.erase(batch_.begin() + waiting, batch_.end());
  if (degraded_at_) own_.pop_back();  // not recovered after all
  if (result == JournalDatabase::Result::damaged) {
    // the next turn writes the same batch into the new database
    if (start_anew()) return false;
  } else {
    database_.close();  // a fresh start is the one cure for every kind of failure
    degrade(database_.reason());
  }
  return false;
}

void JournalWriter::committed() {
  {
    const std::scoped_lock lock(shared_.mutex);
    shared_.health.written += batch_.size();
    shared_.written_up_to.store(ticket_, std::memory_order_release);
    shared_.changed.notify_all();
  }
  batch_.clear();
  const std::scoped_lock lock(shared_.callback_mutex);
  if (shared_.settings.on_written) shared_.settings.on_written(ticket_);
}

void JournalWriter::degrade(const std::string& reason) {
  retry_ = degraded_at_ ? std::min<Duration>(retry_ * 2, shared_.settings.last_retry)
                        : shared_.settings.first_retry;
  JournalHealth health;
  {
    const std::scoped_lock lock(shared_.mutex);
    if (degraded_at_ && shared_.health.reason == reason) return;
    if (!degraded_at_) shared_.health.since_wall_ns = os::wall_ns();
    shared_.health.state = JournalState::degraded;
    shared_.health.reason = reason;
    health = shared_.health;
  }
  if (!degraded_at_) degraded_at_ = os::now();
  call_health(health);
}

void JournalWriter::now_ok() {
  degraded_at_.reset();
  JournalHealth health;
  {
    const std::scoped_lock lock(shared_.mutex);
    if (shared_.health.state == JournalState::ok) return;
    shared_.health.state = JournalState::ok;
    shared_.health.reason.clear();
    shared_.health.since_wall_ns = os::wall_ns();
    health = shared_.health;
  }
  call_health(health);
}

void JournalWriter::prune_if_due() {
  if (os::now() < prune_at_) return;
  int removed = 0;
  std::int64_t total = 0;
  while (database_.prune(shared_.settings.limits, os::wall_ns(), prune_slice, removed) ==
             JournalDatabase::Result::done &&
         removed > 0) {
    total += removed;
    if (shared_.queue.waiting() > 0 || shared_.stopping.load(std::memory_order_acquire)) break;
  }
  if (total > 0)
    own_.push_back(
        own_event("journal_pruned",
                  "journal: the oldest " + std::to_string(total) +
                      " events were removed (limits: " + std::to_string(shared_.settings.limits.keep_days) +
                      " days, " + std::to_string(shared_.settings.limits.keep_bytes >> 20) + " MB)",
                  {}));
  // interrupted by new events: goes on soon
  prune_at_ = os::now() + (removed > 0 ? std::min<Duration>(shared_.settings.prune_every, 10s)
                                       : shared_.settings.prune_every);
}

void JournalWriter::call_health(const JournalHealth& health) {
  JournalHealth whole = health;
  whole.lost = shared_.lost.load(std::memory_order_relaxed);
  whole.waiting = shared_.queue.pushed() - shared_.written_up_to.load(std::memory_order_acquire);
  const std::scoped_lock lock(shared_.callback_mutex);
  if (shared_.settings.on_health) shared_.settings.on_health(whole);
}

Event JournalWriter::own_event(const char* code, std::string detail, std::string data) const {
  Event event;
  event.kind = "journal";
  event.code = code;
  event.source = "journal";
  event.detail = std::move(detail);
  event.boot_ns = to_ns(os::now());
  event.wall_ns = os::wall_ns();
  event.boot_id = boot_id_;
  event.data = std::move(data);
  return event;
}

}  // namespace standstill::record
