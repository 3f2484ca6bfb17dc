// A command to a station, as the HTTP interface takes it: to the link "bus", as JSON in the command's text.
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "record/event_json.hpp"
#include "supervise/backend.hpp"
#include "supervise/outcome.hpp"
#include "wire/estop/message.hpp"

namespace standstill::supervise {

using nlohmann::json;
using terminal::Outcome;

namespace {

constexpr auto shape =
    R"(send {"station": NAME, "device": NAME, "command": TEXT, "parameters": {}, "timeout_ms": 5000} as text)";
constexpr std::int64_t longest_ms = 30'000;  // somebody waits at the terminal

struct Asked {
  std::string station;
  estop::CommandRequest request;
};

std::expected<Asked, std::string> read(const std::string& command) {
  const json body = json::parse(command, nullptr, false);
  if (!body.is_object()) return std::unexpected("the command is not a JSON object");
  Asked made;
  for (const auto& [name, value] : body.items()) {
    if (name == "timeout_ms" && value.is_number_integer()) {
      made.request.timeout_ms = value.get<std::int64_t>();
    } else if (name == "parameters" && value.is_object()) {
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return std::unexpected("the parameter '" + key + "' is not a text");
        made.request.parameters[key] = text.get<std::string>();
      }
    } else if (value.is_string() && (name == "station" || name == "device" || name == "command")) {
      (name == "station"  ? made.station
       : name == "device" ? made.request.device_id
                          : made.request.command_name) = value.get<std::string>();
    } else {
      return std::unexpected("'" + name + "' is unknown or of the wrong kind");
    }
  }
  if (!estop::is_instance(made.station)) return std::unexpected("'station' is no name of a station");
  if (!estop::is_device_id(made.request.device_id)) return std::unexpected("'device' is no name of a device");
  if (made.request.command_name.empty()) return std::unexpected("'command' is missing");
  if (made.request.timeout_ms < 100 || made.request.timeout_ms > longest_ms)
    return std::unexpected("'timeout_ms' is not from 100 to " + std::to_string(longest_ms));
  return made;
}

}  // namespace

Outcome SupervisorBackend::send_to_station(const std::string& command, const terminal::Caller& caller) {
  const auto asked = read(command);
  if (!asked) return problem(400, asked.error(), shape);
  supervisor_.journal(
      "command", "asked", asked->station,
      asked->request.device_id + " " + asked->request.command_name + " (by " + caller.who() + ")");
  // One at a time: the pool's other thread stays free for everybody else.
  const std::unique_lock turn(command_, std::try_to_lock);
  if (!turn) return problem(503, "another command is under way", "ask again");
  auto promise = std::make_shared<std::promise<estop::CommandResponse>>();
  auto answer = promise->get_future();
  const auto begun = supervisor_.on_loop<bool>([this, promise, asked = *asked] {
    if (supervisor_.bus() == nullptr) return false;
    supervisor_.bus()->send(asked.station, asked.request, [promise](const estop::CommandResponse& response) {
      promise->set_value(response);
    });
    return true;
  });
  const auto patience = std::chrono::milliseconds(asked->request.timeout_ms) + std::chrono::seconds(3);
  if (!begun.value_or(false) || answer.wait_for(patience) != std::future_status::ready)
    return problem(503, "the supervisor does not answer in time", "ask again");
  const estop::CommandResponse response = answer.get();
  json body{{"station", asked->station},
            {"success", response.success},
            {"response", response.response ? json(*response.response) : json(nullptr)},
            {"duration_ms", response.duration_ms}};
  if (!response.error) return ok(body);
  body["error"] = std::string(estop::name(response.error->code)) + ": " + response.error->message;
  return {409, record::dump(body)};
}

}  // namespace standstill::supervise
