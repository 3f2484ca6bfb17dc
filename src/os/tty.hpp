// A serial device as programs need it: raw, non-blocking, exclusive, and with its modem lines left alone when
// it is closed.
#pragma once

#include <cstdint>
#include <string_view>

#include "os/fd.hpp"

namespace standstill::os {

// `framing` is data bits, parity and stop bits: "8N1", "7E1", "8O2". An unknown speed is 9600 baud. An empty
// descriptor when it cannot be opened or is no serial device; errno says why. May block: not for the way to a
// cut.
[[nodiscard]] Fd open_tty(const char* device, std::uint32_t baud, std::string_view framing);

}  // namespace standstill::os
