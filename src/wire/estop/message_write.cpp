// Writing: what we send is read by the strict reader first, so that it cannot be wrong.
#include "wire/estop/envelope.hpp"
#include "wire/estop/message.hpp"
#include "wire/estop/plain.hpp"

namespace standstill::estop {

namespace {

using nlohmann::ordered_json;

struct Write {
  std::pair<Kind, ordered_json> operator()(const EmergencyStop& stop) const {
    ordered_json made{{"reason", name(stop.reason)}};
    if (!stop.description.empty()) made["description"] = stop.description;
    if (!stop.initiator.empty()) made["initiator"] = stop.initiator;
    return {Kind::emergency_stop, made};
  }
  std::pair<Kind, ordered_json> operator()(const Heartbeat& beat) const {
    ordered_json made{{"status", name(beat.status)}, {"uptime_seconds", beat.uptime_seconds},
                      {"devices", beat.devices},     {"free_heap", beat.free_heap},
                      {"wifi_rssi", beat.wifi_rssi}, {"firmware_version", beat.firmware_version}};
    for (const auto& [counter, value] : beat.counters) made[counter] = value;
    if (!beat.last_error.empty()) made["last_error"] = beat.last_error;
    return {Kind::heartbeat, made};
  }
  std::pair<Kind, ordered_json> operator()(const CommandRequest& request) const {
    ordered_json made{{"device_id", request.device_id}, {"command_name", request.command_name}};
    if (!request.parameters.empty()) made["parameters"] = request.parameters;
    made["timeout_ms"] = request.timeout_ms;
    return {Kind::command_request, made};
  }
  std::pair<Kind, ordered_json> operator()(const CommandResponse& response) const {
    ordered_json made{{"device_id", response.device_id},
                      {"command_name", response.command_name},
                      {"success", response.success}};
    made["response"] = response.response ? ordered_json(*response.response) : ordered_json(nullptr);
    if (response.error) {
      made["error"] = {{"code", name(response.error->code)}, {"message", response.error->message}};
      if (!response.error->details.empty()) made["error"]["details"] = response.error->details;
    }
    made["duration_ms"] = response.duration_ms;
    return {Kind::command_response, made};
  }
  std::pair<Kind, ordered_json> operator()(const OtaRequest&) const {
    return {Kind::ota_request, ordered_json::object()};
  }
};

}  // namespace

std::expected<std::string, std::string> write_message(const Message& message) {
  if (const auto* stop = std::get_if<EmergencyStop>(&message.payload))
    if (std::string text = write_plain_stop(message.envelope, *stop); !text.empty()) return text;
  auto [kind, payload] = std::visit(Write{}, message.payload);
  ordered_json whole;
  whole["envelope"] = write_envelope(kind, message.envelope);
  whole["payload"] = std::move(payload);
  std::string text = whole.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (const auto read = read_message(text); !read) return std::unexpected(read.error());
  return text;
}

}  // namespace standstill::estop
