#include "link/stream.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace standstill::link {

std::string_view stream_error(int error) {
  switch (error) {
    case ECONNRESET:
      return "the peer reset the connection without a goodbye";
    case EPIPE:
      return "the connection ended without a goodbye";
    case ETIMEDOUT:
      return "the peer acknowledges nothing any more";
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return "the network on the way to the peer is gone";
    default:
      return "the connection broke";
  }
}

namespace {
Io receive(int socket, std::span<std::byte> into, int flags) {
  const auto got = ::recv(socket, into.data(), into.size(), flags);
  if (got > 0) return {Io::Did::some, static_cast<std::size_t>(got)};
  if (got == 0) return {Io::Did::ended};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {Io::Did::ended, 0, stream_error(errno)};
}
}  // namespace

Io read_stream(int socket, std::span<std::byte> into) { return receive(socket, into, MSG_DONTWAIT); }

Io read_stream_patiently(int socket, std::span<std::byte> into) { return receive(socket, into, 0); }

Io write_stream(int socket, std::span<const std::byte> bytes) {
  const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return {Io::Did::some, static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {Io::Did::ended, 0, stream_error(errno)};
}

}  // namespace standstill::link
