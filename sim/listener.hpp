// A listening TCP socket of a simulated peer, on one local address, and Unix socket listening for its
// control.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "os/fd.hpp"

namespace standstill::sim {

// Non-blocking, close-on-exec. `port` 0 takes a free one. The error names address, port and reason.
[[nodiscard]] std::expected<os::Fd, std::string> listen_tcp(const std::string& address, std::uint16_t port);
// Keeps the port for whoever listens on it meanwhile with listen_tcp() or Asio's reuse_address: bound, and
// never listening, so that a listener may come, go and come again, and nobody else is given its port.
[[nodiscard]] std::expected<os::Fd, std::string> hold_tcp(const std::string& address, std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(const os::Fd& listener);  // 0 when there is none

// Mode 0600. A socket file nobody serves any more is replaced; one that answers, or a file that is no socket,
// is an error.
[[nodiscard]] std::expected<os::Fd, std::string> listen_unix(const std::string& path);

// The next waiting connection, non-blocking and close-on-exec; empty when there is none.
[[nodiscard]] os::Fd accept_one(const os::Fd& listener);

// The end of the connection reaches the peer as a reset instead of an end of file.
void close_with_reset(os::Fd& socket);

}  // namespace standstill::sim
