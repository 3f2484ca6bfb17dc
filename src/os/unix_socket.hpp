// Unix sockets that keep message borders and can carry descriptors.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <utility>

#include "os/fd.hpp"

namespace standstill::os {

// Paths are limited to 107 bytes by the kernel; the error says so.
[[nodiscard]] std::expected<Fd, std::string> listen_seqpacket(const std::string& path, unsigned mode);
[[nodiscard]] std::expected<Fd, std::string> connect_seqpacket(const std::string& path);
[[nodiscard]] std::expected<Fd, std::string> bind_datagram(const std::string& path, unsigned mode);
// A socket pair for parent and child (SOCK_SEQPACKET, close-on-exec, non-blocking).
[[nodiscard]] std::expected<std::pair<Fd, Fd>, std::string> seqpacket_pair();

// Sends one packet, never blocks; `passed` >= 0 travels with it. False when it could not be sent whole.
[[nodiscard]] bool send_packet(int socket, const void* bytes, std::size_t count, int passed = -1);

struct Received {
  std::ptrdiff_t bytes = -1;  // 0: the other end is gone; -1: nothing there (EAGAIN) or an error
  Fd passed;
};
// Receives one packet, never blocks. A packet longer than the buffer is reported with its real length.
[[nodiscard]] Received receive_packet(int socket, void* bytes, std::size_t capacity);

}  // namespace standstill::os
