#include "guard/cutters.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/clock.hpp"
#include "os/realtime.hpp"
#include "os/unix_socket.hpp"

extern char** environ;  // NOLINT: the C library's own name

namespace standstill::guard {

namespace {
constexpr Duration first_beat_within = 3s;  // a loaded machine may take its time to start a process
}

Cutters::Cutters(std::string program, os::SharedMemory& inner, os::SharedMemory& cuts, int notify_fd)
    : program_(std::move(program)), inner_(inner), cuts_(cuts), notify_fd_(notify_fd) {}

bool Cutters::start(std::size_t index, std::string& why) {
  auto& page = inner_.as<pages::InnerPage>()->cutters[index];
  page.beat_ns.store(0);
  page.pid.store(0);
  for (auto& report : page.outputs) {
    report.deed.store(pages::Deed::none);
    report.reach.store(pages::Reach::unknown);
    report.good.store(false);
  }
  os::lifeline_prepare(page.lifeline);
  died_[index].store(false);

  auto pair = os::seqpacket_pair();
  if (!pair) {
    why = pair.error();
    return false;
  }
  // Copies above the target numbers first, so that dup2 in the child cannot overwrite one that is still
  // needed.
  const std::array<int, 4> sources{inner_.fd(), cuts_.fd(), pair->second.get(), notify_fd_};
  std::array<os::Fd, 4> high;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    high[i].reset(::fcntl(sources[i], F_DUPFD_CLOEXEC, 64));
    posix_spawn_file_actions_adddup2(&files, high[i].get(), pages::inner_fd + static_cast<int>(i));
  }
  posix_spawn_file_actions_addclosefrom_np(&files, pages::notify_fd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  char name[] = "standstill-cutter";
  char number[] = {static_cast<char>('1' + static_cast<char>(index)), '\0'};
  std::array<char*, 3> argv{name, number, nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program_.c_str(), &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    why = program_ + ": cannot be started: " + std::strerror(error);
    return false;
  }
  sockets_[index] = std::move(pair->first);
  pids_[index] = pid;
  alive_[index] = true;
  beaten_[index] = false;
  started_[index] = os::now();
  for (std::size_t i = 0; i < serial_.size(); ++i) {
    if (!serial_[i]) continue;
    const pages::FdMessage message{pages::FdUse::serial, static_cast<std::uint8_t>(i)};
    [[maybe_unused]] const bool sent =
        os::send_packet(sockets_[index].get(), &message, sizeof message, serial_[i].get());
  }
  return true;
}

void* Cutters::await_end(void* argument) {
  const auto* waiter = static_cast<Waiter*>(argument);
  [[maybe_unused]] const auto end = os::lifeline_wait(waiter->page->lifeline);
  waiter->died->store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(waiter->notify_fd, &one, sizeof one);
  return nullptr;
}

void Cutters::collect(std::size_t index) {
  if (pids_[index] <= 0) return;
  int status = 0;
  if (::waitpid(pids_[index], &status, WNOHANG) == pids_[index]) pids_[index] = -1;
}

Instant Cutters::next_look(std::size_t index) const {
  if (!alive_[index]) return never;
  const auto& inner = *inner_.as<pages::InnerPage>();
  const std::int64_t beat = inner.cutters[index].beat_ns.load();
  if (beat == 0) return started_[index] + first_beat_within;
  return instant_from_ns(beat) + std::chrono::milliseconds(inner.plan.heartbeat_timeout_ms);
}

Cutters::Look Cutters::look(std::size_t index, Instant now) {
  Look result;
  auto& inner = *inner_.as<pages::InnerPage>();
  auto& page = inner.cutters[index];
  collect(index);
  if (!alive_[index]) {
    result.ended = ending_[index] && pids_[index] <= 0;
    if (result.ended) ending_[index] = false;
    return result;
  }
  if (!beaten_[index] && page.beat_ns.load() != 0) {
    beaten_[index] = true;
    waiters_[index] = {&page, &died_[index], notify_fd_};
    [[maybe_unused]] const bool waits = os::start_small_thread(&Cutters::await_end, &waiters_[index], 32768);
  }
  const bool dead = died_[index].load() || pids_[index] <= 0;
  const bool silent = now >= next_look(index);
  if (!dead && !silent) {
    result.alive = true;
    return result;
  }
  alive_[index] = false;
  result.lost = true;
  if (silent && beaten_[index]) result.silent = now - instant_from_ns(page.beat_ns.load());
  inner.active.store(static_cast<std::uint32_t>(1 - index));
  return result;
}

void Cutters::fence(std::size_t index) {
  // A cutter that was only stopped must not carry out an old order when it is resumed.
  if (pids_[index] > 0) ::kill(pids_[index], SIGKILL);
  ending_[index] = pids_[index] > 0;
  sockets_[index].reset();
}

void Cutters::forward_descriptors() {
  for (std::size_t from = 0; from < 2; ++from) {
    if (!sockets_[from]) continue;
    pages::FdMessage message{};
    for (;;) {
      os::Received got = os::receive_packet(sockets_[from].get(), &message, sizeof message);
      if (got.bytes != static_cast<std::ptrdiff_t>(sizeof message) || message.output >= plan::max_outputs)
        break;
      // Gone: held open by anybody, the device would return under another name.
      const int passed = message.use == pages::FdUse::serial ? got.passed.get() : -1;
      if (sockets_[1 - from]) [[maybe_unused]]
        const bool sent = os::send_packet(sockets_[1 - from].get(), &message, sizeof message, passed);
      serial_[message.output] = message.use == pages::FdUse::serial ? std::move(got.passed) : os::Fd();
    }
  }
}

void Cutters::give_line(std::size_t output, int fd) {
  const pages::FdMessage message{pages::FdUse::line, static_cast<std::uint8_t>(output)};
  for (const auto& socket : sockets_)
    if (socket) [[maybe_unused]]
      const bool sent = os::send_packet(socket.get(), &message, sizeof message, fd);
}

bool Cutters::both_gone() {
  collect(0);
  collect(1);
  return pids_[0] <= 0 && pids_[1] <= 0;
}

}  // namespace standstill::guard
