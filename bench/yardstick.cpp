#include "bench/yardstick.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

#include "os/clock.hpp"
#include "os/realtime.hpp"

namespace standstill::bench {

namespace {

constexpr char command[] = "RELAY_OFF\n";

// In a child just forked: it ends with the bench, and holds none of its connections open.
void on_its_own() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close_range(3, ~0U, 0);
}

// Blocks until `fd` ends, discarding what arrives, as epoll says.
void await_end(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  static char bytes[65536];
  for (;;) {
    if (::epoll_wait(epoll, &event, 1, -1) < 1) continue;
    const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

void act(int relay, Stamps& stamps) {
  const ssize_t wrote = ::write(relay, command, sizeof command - 1);
  stamps.written_ns = wrote > 0 ? to_ns(os::now()) : -1;
}

[[noreturn]] void watch_connection(std::uint16_t port, int relay, Stamps& stamps) {
  const int epoll = ::epoll_create1(0);
  for (;;) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd);
      ::usleep(1000);
      continue;
    }
    stamps.ready = 1;
    await_end(epoll, fd);
    act(relay, stamps);
    stamps.ready = 0;
    ::close(fd);
    ::usleep(2000);
  }
}

[[noreturn]] void watch_process(int relay, Stamps& stamps) {
  const int epoll = ::epoll_create1(0);
  for (;;) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) ::_exit(1);
    const pid_t victim = ::fork();
    if (victim == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(pair[0]);
      for (;;) ::pause();
    }
    ::close(pair[1]);
    stamps.victim = victim;
    stamps.ready = 1;
    await_end(epoll, pair[0]);
    act(relay, stamps);
    stamps.ready = 0;
    ::close(pair[0]);
    ::waitpid(victim, nullptr, 0);
  }
}

int open_relay(const std::string& device) {
  const int fd = ::open(device.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    std::perror(("bench: " + device).c_str());
    ::_exit(1);
  }
  return fd;
}

}  // namespace

bool become_realtime(int priority) {
  const rlimit spin{500'000, 1'000'000};
  ::setrlimit(RLIMIT_RTTIME, &spin);
  sched_param parameters{};
  parameters.sched_priority = priority;
  return ::sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &parameters) == 0;
}

Yardstick::Yardstick() {
  void* shared = ::mmap(nullptr, sizeof(Stamps), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::exit(2);
  stamps_ = new (shared) Stamps{};
}

Yardstick::Yardstick(Yardstick&& other) noexcept
    : stamps_(std::exchange(other.stamps_, nullptr)), process_(std::exchange(other.process_, -1)) {}

Yardstick::~Yardstick() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
}

Yardstick Yardstick::of_connection(std::uint16_t port, const std::string& device, bool realtime) {
  Yardstick made;
  made.process_ = ::fork();
  if (made.process_ == 0) {
    on_its_own();
    if (realtime) become_realtime(os::supervisor_priority);
    watch_connection(port, open_relay(device), *made.stamps_);
  }
  return made;
}

Yardstick Yardstick::of_process(const std::string& device, bool realtime) {
  Yardstick made;
  made.process_ = ::fork();
  if (made.process_ == 0) {
    on_its_own();
    if (realtime) become_realtime(os::supervisor_priority);
    watch_process(open_relay(device), *made.stamps_);
  }
  return made;
}

void Yardstick::arm() {
  for (int i = 0; i < 5000 && stamps_->ready == 0; ++i) ::usleep(1000);
  stamps_->written_ns = 0;
}

BusyCores::BusyCores() {
  for (pid_t& process : processes_) {
    process = ::fork();
    if (process != 0) continue;
    on_its_own();
    become_realtime(0);
    for (volatile std::uint64_t count = 0;;) count = count + 1;
  }
}

BusyCores::~BusyCores() {
  for (const pid_t process : processes_) {
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }
}

}  // namespace standstill::bench
