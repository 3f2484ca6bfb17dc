// Bytes in and out of a connected stream socket, as every transport over one has them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "link/transport.hpp"

namespace standstill::link {

[[nodiscard]] Io read_stream(int socket, std::span<std::byte> into);
[[nodiscard]] Io write_stream(int socket, std::span<const std::byte> bytes);
// What such an errno says about the peer; static storage.
[[nodiscard]] std::string_view stream_error(int error);

}  // namespace standstill::link
