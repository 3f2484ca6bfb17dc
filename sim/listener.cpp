#include "sim/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace standstill::sim {

namespace {

std::unexpected<std::string> failed(const std::string& what) {
  return std::unexpected(what + ": " + std::strerror(errno));
}

}  // namespace

std::expected<os::Fd, std::string> hold_tcp(const std::string& address, std::uint16_t port) {
  const std::string where = "cannot listen on " + address + ":" + std::to_string(port);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) {
    return std::unexpected(where + ": not an IPv4 address, for example 127.0.0.1");
  }
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(where);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return failed(where);
  return fd;
}

std::expected<os::Fd, std::string> listen_tcp(const std::string& address, std::uint16_t port) {
  auto fd = hold_tcp(address, port);
  if (fd && ::listen(fd->get(), 64) != 0)
    return failed("cannot listen on " + address + ":" + std::to_string(port));
  return fd;
}

std::uint16_t port_of(const os::Fd& listener) {
  sockaddr_in bound{};
  socklen_t length = sizeof bound;
  if (!listener || ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  return ntohs(bound.sin_port);
}

std::expected<os::Fd, std::string> listen_unix(const std::string& path) {
  const std::string where = "cannot serve control socket " + path;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path) {
    return std::unexpected(where + ": the path must have 1 to " + std::to_string(sizeof to.sun_path - 1) +
                           " bytes");
  }
  std::memcpy(to.sun_path, path.data(), path.size());
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return std::unexpected(where + ": a file that is no socket is in the way");
    const os::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (probe && ::connect(probe.get(), address, sizeof to) == 0) {
      return std::unexpected(where +
                             ": another simulated peer serves it; stop that one or choose another path");
    }
    ::unlink(path.c_str());
  }
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(where);
  // Before bind, so that there is no instant in which others could connect.
  ::fchmod(fd.get(), S_IRUSR | S_IWUSR);
  if (::bind(fd.get(), address, sizeof to) != 0) return failed(where);
  ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
  if (::listen(fd.get(), 16) != 0) return failed(where);
  return fd;
}

os::Fd accept_one(const os::Fd& listener) {
  os::Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int on = 1;
  if (fd) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void close_with_reset(os::Fd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

}  // namespace standstill::sim
