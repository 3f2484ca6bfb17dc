// Breaking simulated peers on purpose, through the control socket that each of them has (`standstill sim …
// --control`). A real peer has none, so nothing real can be broken by it.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "kernel/time.hpp"

namespace standstill::supervise {

// Sends one line to a control socket; its answer, an object with "ok". Blocks for at most `longest` a step:
// not for the loop. Errors are sentences that name the socket.
[[nodiscard]] std::expected<nlohmann::json, std::string> tell_simulated_peer(
    const std::string& control, const std::string& line, Duration longest = std::chrono::seconds(2));

}  // namespace standstill::supervise
