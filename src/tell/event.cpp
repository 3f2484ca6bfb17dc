#include "tell/event.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"

namespace standstill::tell {
namespace {

constexpr std::array<std::string_view, 9> field_names{"site",   "state", "epoch", "code", "source",
                                                      "detail", "at",    "event", "text"};

std::string what(const AlertEvent& event) {
  if (event.event == "trip") return "TRIPPED";
  if (event.event == "return") return "link returned";
  if (event.event == "lost") return "link lost";
  if (event.event == "ack") return "trip acknowledged";
  if (event.event == "reset") return "reset, ready to start";
  if (event.event == "prooftest_overdue") return "proof test overdue";
  if (event.event == "unacknowledged") return "NOT ACKNOWLEDGED";
  if (event.event == "test") return "test: nothing happened";
  if (event.event == "alert_failing") return "alert cannot be delivered";
  return event.event;
}

}  // namespace

std::string headline(const AlertEvent& event) {
  std::string text = (event.site.empty() ? "Standstill" : event.site) + " " + what(event);
  if (event.epoch != 0) text += " (epoch " + std::to_string(event.epoch) + ")";  // 0: before any is known
  const std::string* separator = nullptr;
  static const std::string colon = ": ";
  static const std::string comma = ", ";
  separator = &colon;
  for (const std::string* part : {&event.source, &event.code}) {
    if (part->empty()) continue;
    text += *separator + *part;
    separator = &comma;
  }
  return text;
}

std::string sentence(const AlertEvent& event) {
  std::string text = headline(event);
  if (!event.detail.empty()) text += ": " + event.detail;
  return text + " (" + os::rfc3339(event.wall_ns) + ")";
}

bool known_field(std::string_view name) {
  return std::find(field_names.begin(), field_names.end(), name) != field_names.end();
}

std::string field(const AlertEvent& event, std::string_view name) {
  if (name == "site") return event.site;
  if (name == "state") return event.state;
  if (name == "epoch") return std::to_string(event.epoch);
  if (name == "code") return event.code;
  if (name == "source") return event.source;
  if (name == "detail") return event.detail;
  if (name == "at") return os::rfc3339(event.wall_ns);
  if (name == "event") return event.event;
  if (name == "text") return sentence(event);
  return {};
}

std::string to_json(const AlertEvent& event) {
  const nlohmann::json json{{"event", event.event},   {"site", event.site},
                            {"state", event.state},   {"epoch", event.epoch},
                            {"code", event.code},     {"source", event.source},
                            {"detail", event.detail}, {"at", os::rfc3339(event.wall_ns)},
                            {"text", sentence(event)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace standstill::tell
