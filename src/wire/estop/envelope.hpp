// The outside of every message of the bus, those of v1.0.0 and ours. For the files of this folder only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
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

inline constexpr std::int64_t last_second = 253'402'300'799;  // 9999-12-31T23:59:59Z

[[nodiscard]] bool is_service(std::string_view text);
[[nodiscard]] bool is_version(std::string_view text);
// Milliseconds since 1970 and "2026-01-31T12:00:00.000Z", which is the only form of RFC 3339 that is read.
[[nodiscard]] std::optional<std::int64_t> read_time(std::string_view text);
[[nodiscard]] std::string write_time(std::int64_t wall_ms);

struct Outer {
  Kind kind{};
  Envelope envelope;
  Json payload;
};
[[nodiscard]] std::expected<Outer, std::string> read_outer(std::string_view text);
[[nodiscard]] nlohmann::ordered_json write_envelope(Kind kind, const Envelope& envelope);

}  // namespace standstill::estop
