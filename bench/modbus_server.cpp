#include "bench/modbus_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <span>

#include "os/clock.hpp"
#include "wire/modbus/rtu.hpp"

namespace standstill::bench {

namespace {

constexpr std::size_t most_connections = 8192;  // descriptors
constexpr std::size_t tcp_request = 12;         // a read in its envelope
constexpr std::size_t rtu_request = 8;

[[noreturn]] void die(const char* why) {
  std::perror(why);
  std::_Exit(2);
}

// The reply to a read of `count` registers from `address` on: unit, function, length, values.
std::vector<std::uint8_t> reply(std::uint8_t unit, unsigned address, unsigned count) {
  std::vector<std::uint8_t> made{unit, 3, static_cast<std::uint8_t>(2 * count)};
  for (unsigned i = 0; i < count; ++i) {
    made.push_back(static_cast<std::uint8_t>((address + i) >> 8U));
    made.push_back(static_cast<std::uint8_t>(address + i));
  }
  return made;
}

class Serving {
 public:
  Serving(int listener, std::vector<int> lines, Duration delay)
      : epoll_(::epoll_create1(0)), listener_(listener), lines_(std::move(lines)), delay_(delay) {
    held_.resize(most_connections);
    add(listener_);
    for (const int line : lines_) add(line);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events{};
    for (;;) {
      timespec patience{};
      if (!due_.empty()) {
        const auto left = std::max<std::int64_t>(0, to_ns(due_.front().at) - to_ns(os::now()));
        patience = {left / 1'000'000'000, left % 1'000'000'000};
      }
      const int count =
          ::epoll_pwait2(epoll_, events.data(), events.size(), due_.empty() ? nullptr : &patience, nullptr);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept();
        } else {
          serve(fd);
        }
      }
      while (!due_.empty() && due_.front().at <= os::now()) {
        send(due_.front().fd, due_.front().bytes);
        due_.pop_front();
      }
    }
  }

 private:
  struct Due {
    Instant at;
    int fd;
    std::vector<std::uint8_t> bytes;
  };
  void add(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }
  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 || static_cast<std::size_t>(fd) >= held_.size()) die("accept");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    held_[static_cast<std::size_t>(fd)].clear();
    add(fd);
  }
  static void send(int fd, std::span<const std::uint8_t> bytes) {
    [[maybe_unused]] const auto sent = ::write(fd, bytes.data(), bytes.size());
  }
  void serve(int fd) {
    const bool line = std::ranges::find(lines_, fd) != lines_.end();
    std::array<std::uint8_t, 4096> bytes{};
    const auto count = ::read(fd, bytes.data(), bytes.size());
    if (count <= 0) {
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
      if (!line) ::close(fd);
      return;
    }
    auto& held = held_[static_cast<std::size_t>(fd)];
    held.insert(held.end(), bytes.begin(), bytes.begin() + count);
    const std::size_t size = line ? rtu_request : tcp_request;
    std::size_t at = 0;
    for (; at + size <= held.size(); at += size) answer(fd, line, std::span(held).subspan(at, size));
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void answer(int fd, bool line, std::span<const std::uint8_t> request) {
    const auto asked = line ? request : request.subspan(6);
    auto body = reply(asked[0], static_cast<unsigned>(asked[2] << 8U | asked[3]),
                      static_cast<unsigned>(asked[4] << 8U | asked[5]));
    std::vector<std::uint8_t> frame;
    if (line) {
      const std::uint16_t crc = modbus::crc16(body);
      frame = std::move(body);
      frame.push_back(static_cast<std::uint8_t>(crc));
      frame.push_back(static_cast<std::uint8_t>(crc >> 8U));
    } else {
      frame = {request[0], request[1], 0, 0, 0, static_cast<std::uint8_t>(body.size())};
      frame.insert(frame.end(), body.begin(), body.end());
    }
    if (delay_ == Duration::zero())
      send(fd, frame);
    else
      due_.push_back({os::now() + delay_, fd, std::move(frame)});
  }

  int epoll_;
  int listener_;
  std::vector<int> lines_;
  Duration delay_;
  std::vector<std::vector<std::uint8_t>> held_;  // by descriptor: the start of a request
  std::deque<Due> due_;
};

}  // namespace

ModbusServer::ModbusServer(Duration delay, std::size_t lines) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    die("no port");
  port_ = ntohs(address.sin_port);
  std::vector<int> own;
  for (std::size_t i = 0; i < lines; ++i) {
    int near = -1, far = -1;
    std::array<char, 128> name{};
    if (::openpty(&near, &far, name.data(), nullptr, nullptr) != 0) die("no pseudo terminal");
    termios raw{};
    ::tcgetattr(far, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(far, TCSANOW, &raw);
    own.push_back(near);
    held_.push_back(far);
    devices_.emplace_back(name.data());
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_IGN);
    const rlimit many{most_connections, most_connections};
    ::setrlimit(RLIMIT_NOFILE, &many);
    Serving(listener, own, delay).run();
  }
  ::close(listener);
  for (const int fd : own) ::close(fd);
}

ModbusServer::~ModbusServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  for (const int fd : held_) ::close(fd);
}

}  // namespace standstill::bench
