#include "output/peer/dialer.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/clock.hpp"

namespace standstill::output {

namespace {

std::expected<std::vector<PeerAddress>, std::string> look_up(const char* host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
  if (result != 0) return std::unexpected(std::string(::gai_strerror(result)));
  std::vector<PeerAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    PeerAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

bool PeerAddress::operator==(const PeerAddress& other) const {
  return length == other.length && std::memcmp(&storage, &other.storage, length) == 0;
}

int slice(Instant until) {
  return static_cast<int>(std::clamp<std::int64_t>(to_ms(until - os::now()) + 1, 0, 5));
}

bool still_quiet(const os::Fd& fd) {
  if (!fd) return false;
  char ignored = 0;
  const ssize_t count = ::recv(fd.get(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EINTR);
}

Sent send_all(const os::Fd& fd, const void* bytes, std::size_t count, Instant until, const Abort& abort) {
  const auto* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t taken = ::send(fd.get(), at, count, MSG_NOSIGNAL);
    if (taken > 0) {
      at += taken;
      count -= static_cast<std::size_t>(taken);
    } else if (errno == EAGAIN) {
      pollfd ask{fd.get(), POLLOUT, 0};
      ::poll(&ask, 1, slice(until));
      if (os::now() >= until || abort()) return Sent::late;
    } else if (errno != EINTR) {
      return Sent::closed;
    }
  }
  return Sent::all;
}

Dialer::Dialer(const plan::Output& output) : Dialer(output, look_up) {}

Outcome Dialer::trouble(const std::string& what) const {
  Outcome outcome;
  const std::string text =
      std::string(output_.host.view()) + ":" + std::to_string(output_.port) + ": " + what;
  outcome.trouble.assign(text);
  return outcome;
}

bool Dialer::resolve() {
  auto found = resolver_(output_.host.c_str(), output_.port);
  if (!found) {
    why_ = "its name does not resolve: " + found.error();
    return !addresses_.empty();
  }
  const auto answered = first_ < addresses_.size() ? addresses_[first_] : PeerAddress{};
  addresses_ = std::move(*found);
  const auto still = std::ranges::find(addresses_, answered);
  first_ = still == addresses_.end() ? 0 : static_cast<std::size_t>(still - addresses_.begin());
  return true;
}

os::Fd Dialer::dial(Instant until, const Abort& abort) {
  if (addresses_.empty() && !resolve()) return {};
  const std::size_t began = first_;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const Instant now = os::now();
    const std::size_t chosen = (began + i) % addresses_.size();
    const auto untried = static_cast<std::int64_t>(addresses_.size() - i);
    if (os::Fd fd = connect_to(addresses_[chosen], now + (until - now) / untried, abort)) {
      first_ = chosen;
      return fd;
    }
  }
  return {};
}

os::Fd Dialer::connect_to(const PeerAddress& address, Instant until, const Abort& abort) {
  os::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    why_ = std::strerror(errno);
    return {};
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS) {
    why_ = std::strerror(errno);
    return {};
  }
  while (os::now() < until && !abort()) {
    pollfd ask{fd.get(), POLLOUT, 0};
    if (::poll(&ask, 1, slice(until)) <= 0) continue;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) return fd;
    why_ = std::strerror(error);
    return {};
  }
  why_ = "no connection in time";
  return {};
}

}  // namespace standstill::output
