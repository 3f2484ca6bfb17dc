// The way to the bus's server that the configuration names, for a member and for tools by hand.
#pragma once

#include <memory>

#include "config/config.hpp"
#include "link/transport.hpp"
#include "os/loop.hpp"

namespace standstill::supervise {

// `silence`: how long the server may acknowledge nothing before the system gives the connection up.
[[nodiscard]] std::unique_ptr<link::Transport> bus_transport(os::Loop& loop, const config::Bus& bus,
                                                             Duration silence);

}  // namespace standstill::supervise
