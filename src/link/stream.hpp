// Bytes in and out of a connected stream socket, as every transport over one has them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "link/transport.hpp"

namespace standstill::link {

// Neither waits, whatever the socket's own mode is.
[[nodiscard]] Io read_stream(int socket, std::span<std::byte> into);
[[nodiscard]] Io write_stream(int socket, std::span<const std::byte> bytes);
// Waits for bytes as long as a socket in blocking mode does (SO_RCVTIMEO); then `again`.
[[nodiscard]] Io read_stream_patiently(int socket, std::span<std::byte> into);
// What such an errno says about the peer; static storage.
[[nodiscard]] std::string_view stream_error(int error);

}  // namespace standstill::link
