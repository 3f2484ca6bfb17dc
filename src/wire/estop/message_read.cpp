// Reading: messages of the bus as the format has them, and nothing else.
#include <algorithm>
#include <array>

#include "wire/estop/envelope.hpp"
#include "wire/estop/message.hpp"
#include "wire/estop/plain.hpp"
#include "wire/estop/strict.hpp"

namespace standstill::estop {

namespace {

constexpr std::array<std::string_view, 8> error_names{
    "E_DEVICE_TIMEOUT", "E_DEVICE_NOT_FOUND",  "E_DEVICE_NOT_CONNECTED", "E_DEVICE_ERROR",
    "E_COMMAND_FAILED", "E_VALIDATION_FAILED", "E_INVALID_PARAMETER",    "E_INTERNAL"};
constexpr std::array<std::string_view, 4> health_names{"starting", "running", "degraded", "stopping"};
constexpr std::size_t most_devices = 1024;

bool any_text(const Json& object, std::string_view path, std::map<std::string, std::string>& into,
              std::string& problem) {
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) {
      problem = std::string(path) + "." + name + " is not a text";
      return false;
    }
    into[name] = value.get<std::string>();
  }
  return true;
}

EmergencyStop read_stop(Members& in) {
  EmergencyStop stop;
  const std::string reason = in.matching(
      "reason", true, [](std::string_view word) { return cause_code(word) >= CauseCode::button_press; },
      "one of button_press, operator_command, safety_interlock, device_fault, software_error");
  stop.reason = cause_code(reason).value_or(CauseCode::none);
  stop.description = in.text("description", false, 0, longest_description);
  stop.initiator = in.text("initiator", false, 0, longest_initiator);
  return stop;
}

Heartbeat read_heartbeat(Members& in) {
  Heartbeat beat;
  const std::string status = in.matching(
      "status", true, [](std::string_view word) { return place(health_names, word) < health_names.size(); },
      "one of starting, running, degraded, stopping");
  beat.status = static_cast<Health>(place(health_names, status) % health_names.size());
  beat.uptime_seconds = in.whole("uptime_seconds", true, 0, unbounded);
  if (const Json* devices = in.list("devices", true, most_devices))
    for (const auto& device : *devices) {
      if (!device.is_string() || !is_device_id(device.get_ref<const std::string&>()))
        in.wrong("devices", "names something that is no device id");
      else
        beat.devices.push_back(device.get<std::string>());
    }
  beat.free_heap = in.whole("free_heap", true, 0, unbounded);
  beat.wifi_rssi = in.whole("wifi_rssi", true, -127, 0);
  beat.firmware_version = in.text("firmware_version", true, 1, 64);
  for (const std::string_view counter : heartbeat_counters)
    if (in.has(counter)) beat.counters[std::string(counter)] = in.whole(counter, false, 0, unbounded);
  beat.last_error = in.text("last_error", false, 0, 256);
  return beat;
}

CommandRequest read_request(Members& in) {
  CommandRequest request;
  request.device_id = in.matching("device_id", true, is_device_id, "a device id");
  request.command_name = in.text("command_name", true, 1, 256);
  if (const Json* parameters = in.object("parameters", false)) {
    std::string problem;
    if (!any_text(*parameters, "payload.parameters", request.parameters, problem)) in.take(problem);
  }
  if (in.has("timeout_ms")) request.timeout_ms = in.whole("timeout_ms", false, 100, 300000);
  return request;
}

CommandError read_error(const Json& object, std::string& problem) {
  Members in(object, "payload.error", {"code", "message", "details"});
  CommandError error;
  const std::string code = in.matching(
      "code", true, [](std::string_view word) { return place(error_names, word) < error_names.size(); },
      "a code of this format");
  error.code = static_cast<ErrorCode>(place(error_names, code) % error_names.size());
  error.message = in.text("message", true, 0, 512);
  if (const Json* details = in.object("details", false)) {
    std::string bad;
    if (!any_text(*details, "payload.error.details", error.details, bad)) in.take(bad);
  }
  problem = in.problem();
  return error;
}

CommandResponse read_response(const Json& payload, Members& in) {
  CommandResponse response;
  response.device_id = in.matching("device_id", true, is_device_id, "a device id");
  response.command_name = in.text("command_name", true, 1, 256);
  response.success = in.flag("success");
  if (in.has("response") && !payload.at("response").is_null())
    response.response = in.text("response", false, 0, 4096);
  if (in.has("error") && !payload.at("error").is_null()) {
    std::string problem;
    response.error = read_error(payload.at("error"), problem);
    in.take(problem);
  }
  if (in.problem().empty() && response.success == response.error.has_value())
    in.wrong("error", response.success ? "is there although the command succeeded" : "is missing");
  response.duration_ms = in.whole("duration_ms", true, 0, unbounded);
  return response;
}

std::expected<Payload, std::string> read_payload(Kind kind, const Json& payload) {
  Payload made;
  std::string problem;
  const auto use = [&](std::initializer_list<std::string_view> known, auto read) {
    Members in(payload, "payload", known);
    if (in.problem().empty()) made = read(in);
    problem = in.problem();
  };
  switch (kind) {
    case Kind::emergency_stop:
      use({"reason", "description", "initiator"}, read_stop);
      break;
    case Kind::heartbeat:
      use({"status", "uptime_seconds", "devices", "free_heap", "wifi_rssi", "firmware_version",
           "min_free_heap", "wifi_reconnects", "redis_reconnects", "commands_processed", "commands_failed",
           "watchdog_resets", "last_error"},
          read_heartbeat);
      break;
    case Kind::command_request:
      use({"device_id", "command_name", "parameters", "timeout_ms"}, read_request);
      break;
    case Kind::command_response:
      use({"device_id", "command_name", "success", "response", "error", "duration_ms"},
          [&](Members& in) { return read_response(payload, in); });
      break;
    case Kind::ota_request:
      if (!payload.is_object()) problem = "payload is not an object";
      made = OtaRequest{};
      break;
    default:
      problem = "envelope.type is none of format v1.0.0";
  }
  if (!problem.empty()) return std::unexpected(problem);
  return made;
}

}  // namespace

std::string_view name(ErrorCode code) { return error_names.at(static_cast<std::size_t>(code)); }
std::string_view name(Health status) { return health_names.at(static_cast<std::size_t>(status)); }

std::expected<Message, std::string> read_message(std::string_view text) {
  auto parsed = read_outer(text);
  if (!parsed) return std::unexpected(parsed.error());
  auto payload = read_payload(parsed->kind, parsed->payload);
  if (!payload) return std::unexpected(payload.error());
  return Message{std::move(parsed->envelope), std::move(*payload)};
}

HeardStop judge_stop(std::string_view text) {
  if (auto plain = read_plain_stop(text)) return std::move(*plain);
  HeardStop heard;
  auto message = read_message(text);
  const auto* stop = message ? std::get_if<EmergencyStop>(&message->payload) : nullptr;
  if (stop == nullptr) {
    heard.unreadable = message ? "it is no emergency stop" : message.error();
    return heard;
  }
  heard.id = message->envelope.id;
  heard.reason = stop->reason;
  heard.description = stop->description;
  heard.initiator = stop->initiator;
  heard.service = message->envelope.source.service;
  heard.instance = message->envelope.source.instance;
  return heard;
}

std::uint64_t HeardStop::number() const {
  if (id.empty()) return 0;
  std::uint64_t high = 0, low = 0;  // its 32 digits
  for (const char c : id) {
    if (c == '-') continue;
    const auto digit = static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    high = high << 4U | low >> 60U;
    low = low << 4U | (digit & 0xFU);
  }
  const std::uint64_t mixed = high ^ (low << 1U | low >> 63U);
  return mixed == 0 ? 1 : mixed;
}

}  // namespace standstill::estop
