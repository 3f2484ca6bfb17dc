#include "cutter/cutter.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "os/unix_socket.hpp"

namespace standstill::cutter {

namespace {

constexpr Duration linger_at_least = 300ms;  // a new guard, or a person, may still need the lines held
constexpr Duration linger_at_most = 5s;

template <class Page>
Page* attach(os::SharedMemory& memory, int fd) {
  auto attached = os::SharedMemory::attach(os::Fd(fd), sizeof(Page));
  if (!attached) {
    std::fprintf(stderr, "standstill-cutter: %s; the guard starts this program, nobody else\n",
                 attached.error().c_str());
    std::exit(2);
  }
  memory = std::move(*attached);
  auto* page = memory.as<Page>();
  if (page->magic_number != pages::magic) {
    std::fprintf(stderr,
                 "standstill-cutter: the guard is of another version; install both from one package\n");
    std::exit(2);
  }
  return page;
}

}  // namespace

Cutter::Cutter(std::uint32_t self) : self_index_(static_cast<int>(self)) {
  for (auto& line : lines_) line = -1;
  shared_.inner = attach<pages::InnerPage>(inner_memory_, pages::inner_fd);
  shared_.cuts = attach<pages::CutPage>(cut_memory_, pages::cut_fd);
  shared_.self = self;
  shared_.notify_fd = pages::notify_fd;
  shared_.share = [](std::uint8_t output, int fd) {
    const pages::FdMessage message{fd >= 0 ? pages::FdUse::serial : pages::FdUse::serial_gone, output};
    [[maybe_unused]] const bool sent = os::send_packet(pages::guard_socket_fd, &message, sizeof message, fd);
  };
  guard_process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, shared_.inner->guard_pid.load(), 0)));
  const auto& plan = shared_.inner->plan;
  for (std::uint8_t i = 0; i < plan.output_count; ++i)
    if (plan::is_slow(plan.outputs[i].kind)) servers_[i] = std::make_unique<OutputServer>(shared_, i);
}

void Cutter::lines_to_safe() {
  const auto& plan = shared_.inner->plan;
  for (std::size_t i = 0; i < plan.output_count; ++i) {
    if (plan::is_cut_line(plan.outputs[i].kind))
      output::set_line(lines_[i].load(), plan.outputs[i].safe_high != 0);
  }
}

void Cutter::guard_is_lost(const char* why) {
  const bool first = !shared_.guard_lost.exchange(true);
  lines_to_safe();
  pages::cut(*shared_.cuts, pages::all_outputs, shared_.inner->plan.output_count);
  if (!first) return;
  // Fence it: a stopped guard that is resumed must not find its way back to an old order.
  if (guard_process_) ::syscall(SYS_pidfd_send_signal, guard_process_.get(), SIGKILL, nullptr, 0);
  lines_to_safe();
  std::fprintf(stderr, "standstill-cutter %d: %s; every output is driven safe\n", self_index_ + 1, why);
}

void* Cutter::await_guard_end(void* cutter) {
  auto* self = static_cast<Cutter*>(cutter);
  const auto end = os::lifeline_wait(self->shared_.inner->guard);
  if (end == os::LifelineEnd::released && self->shared_.inner->finish.load() != 0) return nullptr;
  self->guard_is_lost("the guard died");
  self->guard_died_ = true;
  return nullptr;
}

void* Cutter::serve_output(void* server) { static_cast<OutputServer*>(server)->serve(); }

void Cutter::receive_descriptors() {
  pages::FdMessage message{};
  for (;;) {
    os::Received got = os::receive_packet(pages::guard_socket_fd, &message, sizeof message);
    if (got.bytes != static_cast<std::ptrdiff_t>(sizeof message) || message.output >= plan::max_outputs)
      return;
    if (message.use == pages::FdUse::line) {
      const int old = lines_[message.output].exchange(got.passed.release());
      if (old >= 0) ::close(old);
    } else if (servers_[message.output] && message.use == pages::FdUse::serial) {
      servers_[message.output]->hand_over(std::move(got.passed));
    } else if (servers_[message.output] && message.use == pages::FdUse::serial_gone) {
      servers_[message.output]->let_go();
    }
  }
}

bool Cutter::everything_safe() const {
  const auto& plan = shared_.inner->plan;
  for (std::size_t i = 0; i < plan.output_count; ++i) {
    if (!servers_[i]) continue;
    bool safe = false;
    for (const auto& cutter : shared_.inner->cutters)
      safe = safe || (cutter.outputs[i].word.load() == shared_.cuts->words[i].load() &&
                      cutter.outputs[i].deed.load() == pages::Deed::safe && cutter.outputs[i].good.load());
    if (!safe) return false;
  }
  return true;
}

int Cutter::run() {
  auto& inner = *shared_.inner;
  auto& self = inner.cutters[shared_.self];
  const Duration timeout = std::chrono::milliseconds(inner.plan.heartbeat_timeout_ms);
  const Duration interval = timeout / 4;

  self.pid.store(static_cast<std::uint32_t>(::getpid()));
  if (!os::lifeline_hold(self.lifeline)) return 2;
  self.beat_ns.store(to_ns(os::now()));
  bool threads = os::start_small_thread(&Cutter::await_guard_end, this);
  for (const auto& server : servers_)
    if (server)
      threads =
          os::start_small_thread(&Cutter::serve_output, server.get(), std::size_t{256} * 1024) && threads;
  if (!threads) return 2;  // the guard sees it go and stays safe

  LoopGap gap(timeout);
  Instant lost_at = never;
  for (;;) {
    const Instant now = os::now();
    // First of all: did this process itself stand still? Then whatever it believed is old.
    if (gap.turn(now) != Duration::zero())
      pages::cut(*shared_.cuts, pages::all_outputs, inner.plan.output_count);
    self.beat_ns.store(to_ns(now));
    receive_descriptors();
    if (inner.finish.load() != 0 && !shared_.guard_lost) {
      if (!shared_.finishing.exchange(true)) {
        lines_to_safe();
        pages::cut(*shared_.cuts, pages::all_outputs, inner.plan.output_count);
        lost_at = now;
      }
    } else if (!shared_.guard_lost && now - instant_from_ns(inner.guard_beat_ns.load()) >= timeout) {
      guard_is_lost(
          "the guard stood still longer than heartbeat_timeout_ms; on a loaded machine allow real time, or "
          "raise it");
    }
    if (shared_.guard_lost) {
      if (lost_at == never) lost_at = now;
      lines_to_safe();  // again and again, until a new guard takes the lines
    }
    if (lost_at != never) {
      const Duration since = now - lost_at;
      const Duration least = shared_.finishing ? Duration(0ms) : linger_at_least;
      if ((since >= least && everything_safe()) || since >= linger_at_most) {
        os::lifeline_release(self.lifeline);
        return 0;
      }
    }
    const Instant guard_due = instant_from_ns(inner.guard_beat_ns.load()) + timeout;
    const Instant next =
        shared_.guard_lost || shared_.finishing ? now + interval : std::min(now + interval, guard_due);
    const Duration wait = std::max(next - os::now(), Duration::zero());
    pollfd ask{pages::guard_socket_fd, POLLIN, 0};
    const timespec timeout_spec{.tv_sec = wait.count() / 1'000'000'000,
                                .tv_nsec = wait.count() % 1'000'000'000};
    ::ppoll(&ask, 1, &timeout_spec, nullptr);
    if ((ask.revents & (POLLHUP | POLLERR)) != 0) {
      // The socket's other end is closed; the lifeline or the heartbeat judges. Do not spin on it.
      ::usleep(static_cast<useconds_t>(std::min<std::int64_t>(wait.count() / 1000, 5000)));
    }
  }
}

}  // namespace standstill::cutter
