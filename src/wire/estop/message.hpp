// The messages of the emergency-stop bus, format v1.0.0: JSON `{"envelope": …, "payload": …}`.
//
// Reading is strict: unknown, missing and repeated members, wrong types and every value outside the format
// are refused with a sentence that names the member. What is written passes the same rules, or is not
// written. Both forms of the time stamp are read: RFC 3339 with milliseconds (UTC, "Z") and whole seconds
// since 1970. Texts are counted in characters (code points), as JSON Schema counts them; a text is at most
// `longest_message` bytes.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/cause.hpp"

namespace standstill::estop {

inline constexpr std::size_t longest_message = 64UL * 1024;
inline constexpr std::string_view schema_version = "v1.0.0";

inline constexpr std::size_t longest_description = 256, longest_initiator = 64;

struct Source {
  std::string service = "standstill";  // ^[a-z][a-z0-9_]*$, 1 to 64
  std::string instance;                // ^[a-z0-9][a-z0-9_-]*$, 1 to 64
  std::string version;                 // x.y.z
};

enum class TimeForm : std::uint8_t { text, seconds };

struct Envelope {
  std::string id;            // UUIDv4, lower case
  std::int64_t wall_ms = 0;  // when it was sent, since 1970 UTC; 0 to the end of the year 9999
  TimeForm form = TimeForm::text;
  Source source;
  std::string correlation_id;  // UUIDv4; on requests and responses
  std::string reply_to;        // ^[a-z0-9][a-z0-9_:/-]*$, 1 to 256; on requests
};

struct EmergencyStop {
  CauseCode reason = CauseCode::operator_command;  // one of the five of the bus
  std::string description;                         // at most 256; empty: left out
  std::string initiator;                           // at most 64; empty: left out
};

enum class Health : std::uint8_t { starting, running, degraded, stopping };

struct Heartbeat {
  Health status = Health::starting;
  std::int64_t uptime_seconds = 0;                 // 0 or more, as all counters here
  std::vector<std::string> devices{};              // device ids
  std::int64_t free_heap = 0;                      // bytes
  std::int64_t wifi_rssi = 0;                      // dBm, -127 to 0; 0 where there is no radio
  std::string firmware_version{};                  // 1 to 64
  std::map<std::string, std::int64_t> counters{};  // only the optional ones of the format
  std::string last_error{};                        // at most 256; empty: left out
};

struct CommandRequest {
  std::string device_id;     // ^[a-zA-Z0-9][a-zA-Z0-9_-]*$, 1 to 64
  std::string command_name;  // 1 to 256
  std::map<std::string, std::string> parameters;
  std::int64_t timeout_ms = 5000;  // 100 to 300000
};

enum class ErrorCode : std::uint8_t {
  device_timeout,
  device_not_found,
  device_not_connected,
  device_error,
  command_failed,
  validation_failed,
  invalid_parameter,
  internal,
};
[[nodiscard]] std::string_view name(ErrorCode code);  // "E_DEVICE_TIMEOUT"
[[nodiscard]] std::string_view name(Health status);   // "running"

struct CommandError {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // at most 512
  std::map<std::string, std::string> details{};
};

struct CommandResponse {
  std::string device_id, command_name;
  bool success = false;
  std::optional<std::string> response{};  // at most 4096
  std::optional<CommandError> error{};    // there exactly when success is false
  std::int64_t duration_ms = 0;
};

struct OtaRequest {};  // a firmware update: known by name, and nothing for us

using Payload = std::variant<EmergencyStop, Heartbeat, CommandRequest, CommandResponse, OtaRequest>;

struct Message {
  Envelope envelope;
  Payload payload;
};

[[nodiscard]] std::expected<Message, std::string> read_message(std::string_view text);
// Nothing that read_message would refuse leaves here: the error is then a sentence that names the member.
[[nodiscard]] std::expected<std::string, std::string> write_message(const Message& message);

// S9: what arrived on the stop channel is a stop, whatever it is.
struct HeardStop {
  std::string id{};  // empty: it has none that can be believed, so it is obeyed every time it comes
  CauseCode reason = CauseCode::safety_interlock;
  std::string description{}, initiator{}, service{}, instance{};
  std::string unreadable{};  // why; empty: it was a proper stop
  bool straight = false;     // it came by datagram (direct.hpp): who else has it is not known
  // The same for all copies of a message, and 0 where it has no id.
  [[nodiscard]] std::uint64_t number() const;
};
[[nodiscard]] HeardStop judge_stop(std::string_view text);

// UUIDv4 from 16 random bytes.
[[nodiscard]] std::string uuid_of(const std::array<std::uint8_t, 16>& random);

[[nodiscard]] bool is_uuid(std::string_view text);
[[nodiscard]] bool is_instance(std::string_view text);
[[nodiscard]] bool is_device_id(std::string_view text);

}  // namespace standstill::estop
