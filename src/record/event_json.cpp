#include "record/event_json.hpp"

#include <nlohmann/json.hpp>

#include "os/clock.hpp"

namespace standstill::record {

nlohmann::json to_json(const StoredEvent& stored) {
  const Event& event = stored.event;
  nlohmann::json json{{"id", stored.id},          {"at", os::rfc3339(event.wall_ns)},
                      {"kind", event.kind},       {"code", event.code},
                      {"source", event.source},   {"detail", event.detail},
                      {"epoch", event.epoch},     {"boot_ns", event.boot_ns},
                      {"wall_ns", event.wall_ns}, {"boot_id", event.boot_id}};
  if (event.guard_seq != 0) json["guard_seq"] = event.guard_seq;
  if (!event.data.empty()) {
    nlohmann::json data = nlohmann::json::parse(event.data, nullptr, false);
    json["data"] = data.is_discarded() ? nlohmann::json(event.data) : std::move(data);
  }
  return json;
}

std::string to_line(const StoredEvent& stored) {
  const Event& event = stored.event;
  std::string line = os::rfc3339(event.wall_ns) + "  " + event.kind;
  if (event.kind.size() < 8) line.append(8 - event.kind.size(), ' ');
  if (!event.code.empty()) line += "  " + event.code;
  if (!event.source.empty()) line += "  " + event.source;
  if (!event.detail.empty()) line += (event.source.empty() ? "  " : ": ") + event.detail;
  if (event.epoch != 0) line += "  (epoch " + std::to_string(event.epoch) + ')';
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = ' ';  // an event is one line and steers no terminal
  return line;
}

std::string dump(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace standstill::record
