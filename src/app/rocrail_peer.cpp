#include "app/rocrail_peer.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>

#include "os/clock.hpp"

namespace standstill::app {

namespace {

std::string place(const std::string& host, std::uint16_t port) { return host + ":" + std::to_string(port); }

int milliseconds_until(Instant until) {
  const auto left = to_ms(until - os::now());
  return left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left + 1, 3'600'000));
}

}  // namespace

std::expected<os::Fd, std::string> dial(const std::string& host, std::uint16_t port, Duration time_out) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
      error != 0)
    return std::unexpected(place(host, port) + ": the name cannot be resolved: " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::string why = "no address";
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    os::Fd socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) continue;
    int error = ::connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      pollfd ask{socket.get(), POLLOUT, 0};
      if (::poll(&ask, 1, milliseconds_until(os::now() + time_out)) <= 0) {
        error = ETIMEDOUT;
      } else {
        socklen_t length = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      }
    }
    if (error == 0) return socket;
    why = std::strerror(error);
  }
  return std::unexpected(place(host, port) + ": " + why);
}

std::expected<RocrailPeer, std::string> RocrailPeer::connect(const std::string& host, std::uint16_t port,
                                                             Duration time_out) {
  auto socket = dial(host, port, time_out);
  if (!socket)
    return std::unexpected(
        socket.error() +
        ": does the Rocrail server run there, and is this its client port (Rocrail properties, Service)?");
  return RocrailPeer(std::move(*socket), place(host, port));
}

std::expected<void, std::string> RocrailPeer::send(const std::string& frame) {
  std::size_t done = 0;
  const Instant until = os::now() + 5s;
  while (done < frame.size()) {
    const ssize_t count = ::send(socket_.get(), frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR)
      return std::unexpected(name_ + ": cannot be written: " + std::strerror(errno));
    pollfd ask{socket_.get(), POLLOUT, 0};
    if (::poll(&ask, 1, milliseconds_until(until)) == 0)
      return std::unexpected(name_ + ": takes nothing for 5 s: does the server hang?");
  }
  return {};
}

std::expected<std::optional<std::string>, std::string> RocrailPeer::next(Instant until) {
  for (;;) {
    while (at_ < unread_.size()) {
      auto bytes = std::as_bytes(std::span(unread_)).subspan(at_);
      const auto result = reader_.read(bytes);
      at_ = unread_.size() - bytes.size();
      if (result == rocrail::FrameReader::Result::failed)
        return std::unexpected(name_ + ": " + reader_.error() + ": is this a Rocrail server?");
      if (result == rocrail::FrameReader::Result::frame) {
        std::string body = reader_.take_body();
        body.erase(body.find_last_not_of(std::string_view(" \r\n\0", 4)) + 1);
        return body;
      }
    }
    pollfd ask{socket_.get(), POLLIN, 0};
    const int ready = ::poll(&ask, 1, milliseconds_until(until));
    if (ready < 0 && errno != EINTR) return std::unexpected(name_ + ": " + std::strerror(errno));
    if (ready <= 0) {
      if (os::now() >= until || ready < 0) return std::nullopt;
      continue;
    }
    std::array<char, 65536> buffer;
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) return std::unexpected(name_ + ": the server ended the connection");
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      return std::unexpected(name_ + ": " + std::strerror(errno));
    unread_.assign(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    at_ = 0;
  }
}

}  // namespace standstill::app
