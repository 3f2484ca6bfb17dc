// The outside of every message of the bus, those of v1.0.0 and ours. For the files of this folder only.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>

#include "wire/estop/message.hpp"
#include "wire/estop/strict.hpp"

namespace standstill::estop {

enum class Kind : std::uint8_t {
  command_request,
  command_response,
  heartbeat,
  emergency_stop,
  ota_request,
  // not of v1.0.0, and on channels of their own
  safe_state,
  release,
  release_result,
};
inline constexpr std::array<std::string_view, 8> kind_names{
    "device.command.request", "device.command.response", "service.heartbeat", "system.emergency_stop",
    "system.ota.request",     "estop.safe_state",        "estop.release",     "estop.release_result"};

inline constexpr std::array<std::string_view, 6> heartbeat_counters{"min_free_heap",    "wifi_reconnects",
                                                                    "redis_reconnects", "commands_processed",
                                                                    "commands_failed",  "watchdog_resets"};

struct Outer {
  Kind kind{};
  Envelope envelope;
  Json payload;
};
[[nodiscard]] std::expected<Outer, std::string> read_outer(std::string_view text);
[[nodiscard]] nlohmann::ordered_json write_envelope(Kind kind, const Envelope& envelope);

}  // namespace standstill::estop
