#include "cutter/output_server.hpp"

#include <unistd.h>

#include <algorithm>

#include "os/clock.hpp"

namespace standstill::cutter {

namespace {

Duration retry_delay(int failures) { return failures < 5 ? Duration(200ms) : Duration(1s); }

}  // namespace

OutputServer::OutputServer(Shared& shared, std::uint8_t index)
    : shared_(shared),
      index_(index),
      output_(shared.inner->plan.outputs[index]),
      word_(shared.cuts->words[index]),
      report_(shared.inner->cutters[shared.self].outputs[index]),
      peer_(output::make_peer_output(output_)) {}

OutputServer::Turn OutputServer::look() const {
  Turn turn{};
  turn.word = word_.load();
  turn.run = !shared_.guard_lost && !shared_.finishing && pages::wants_run(*shared_.inner, index_, turn.word);
  turn.mine = shared_.inner->active.load() == shared_.self;
  return turn;
}

bool OutputServer::other_has_done(std::uint32_t word) const {
  const auto& other = shared_.inner->cutters[1 - shared_.self].outputs[index_];
  return other.word.load() == word && other.deed.load() == pages::Deed::safe && other.good.load();
}

void OutputServer::hand_over(os::Fd fd) {
  const int old = handed_over_.exchange(fd.release());
  if (old >= 0) ::close(old);
}

void OutputServer::let_go() {
  hand_over({});
  device_gone_ = true;
  os::futex_wake_all(word_);  // the word says what it said: this only ends the wait
}

void OutputServer::tell_share() {
  const int fd = peer_->shareable_fd();
  if (fd == shared_fd_) return;
  shared_fd_ = fd;
  shared_.share(index_, fd);
}

void OutputServer::report(std::uint32_t word, bool run, const output::Outcome& outcome, pages::Reach reach) {
  report_.sequence.fetch_add(1);
  report_.reach.store(reach);
  if (outcome.commanded != Instant{}) {
    report_.at_ns.store(to_ns(outcome.commanded));
    report_.done_ns.store(to_ns(os::now()));
  }
  report_.word.store(word);
  report_.deed.store(run ? pages::Deed::run : pages::Deed::safe);
  report_.good.store(outcome.good);
  report_.trouble = outcome.trouble;
  report_.sequence.fetch_add(1);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(shared_.notify_fd, &one, sizeof one);
}

void OutputServer::bring_about(const Turn& turn) {
  if (!turn.mine && !served_before_) peer_->take_over();
  served_before_ = true;
  // A run command ends the moment a cut comes; a safe command is never abandoned.
  const auto outcome = peer_->apply(turn.run, [&] { return turn.run && !look().run; });
  done_ = outcome.good || turn.run;  // safe is repeated until it is confirmed, run is never repeated
  done_word_ = turn.word;
  done_run_ = turn.run;
  failures_ = outcome.good ? 0 : failures_ + 1;
  retry_at_ = os::now() + retry_delay(failures_);
  probe_at_ = os::now();
  const bool reached = outcome.commanded != Instant{};
  report(turn.word, turn.run, outcome, reached ? pages::Reach::reached : pages::Reach::unreachable);
  tell_share();
}

void OutputServer::keep_ready() {
  const auto outcome = peer_->probe();
  probe_at_ = os::now() + peer_->probe_interval();
  const auto reach = outcome.good ? pages::Reach::reached : pages::Reach::unreachable;
  if (reach != report_.reach.load()) {
    report_.sequence.fetch_add(1);
    report_.reach.store(reach);
    if (!outcome.good) report_.trouble = outcome.trouble;
    report_.sequence.fetch_add(1);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(shared_.notify_fd, &one, sizeof one);
    // What comes back may have forgotten what it was told.
    if (outcome.good && !done_run_) done_ = false;
  }
  tell_share();
}

[[noreturn]] void OutputServer::serve() {
  constexpr Duration look_again = 1s;  // a wake that falls between a look and the wait is lost
  const Duration patience = std::chrono::milliseconds(shared_.inner->plan.heartbeat_timeout_ms);
  std::uint32_t standby_word = 0;
  for (;;) {
    if (const int fd = handed_over_.exchange(-1); fd >= 0) {
      peer_->adopt(os::Fd(fd));
      shared_fd_ = fd;
    }
    if (device_gone_.exchange(false)) {
      peer_->let_go();
      shared_fd_ = peer_->shareable_fd();
    }
    const Turn turn = look();
    const Instant now = os::now();
    Instant until = never;
    if (turn.mine) {
      standby_until_ = never;
      const bool answered = done_ && done_word_ == turn.word && done_run_ == turn.run;
      const bool fresh_order = done_word_ != turn.word || done_run_ != turn.run || failures_ == 0;
      if (!answered && (fresh_order || now >= retry_at_)) {
        bring_about(turn);
        continue;
      }
      if (now >= probe_at_) {
        keep_ready();
        continue;
      }
      until = std::min(probe_at_, answered ? never : retry_at_);
    } else if (!turn.run && !other_has_done(turn.word)) {
      // The other cutter serves; it gets one heartbeat time-out to make this output safe, then this one does
      // it too.
      if (standby_until_ == never || standby_word != turn.word) {
        standby_until_ = now + patience;
        standby_word = turn.word;
      }
      const bool answered = done_ && done_word_ == turn.word && !done_run_;
      if (!answered && now >= standby_until_ && now >= retry_at_) {
        bring_about(turn);
        continue;
      }
      until = answered ? now + 1s : std::max(standby_until_, retry_at_);
    } else {
      standby_until_ = never;
      until = now + look_again;
    }
    os::futex_wait(word_, turn.word, until);
  }
}

}  // namespace standstill::cutter
