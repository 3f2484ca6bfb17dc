#include "app/demo_operator.hpp"

#include <nlohmann/json.hpp>

#include "app/context.hpp"
#include "app/state_text.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

ordered_json parsed(const std::string& body) { return ordered_json::parse(body, nullptr, false); }

DemoSaid said(const std::expected<terminal::Response, terminal::ClientError>& answer) {
  if (!answer) return {false, {answer.error().text}, false};
  if (answer->status == 200) return {true, {}, true};
  DemoSaid refused;
  refused.heard = answer->status == 409;  // else: too many are asking, or who asks is not known
  const ordered_json body = parsed(answer->body);
  if (body.is_object() && body.contains("reasons"))
    for (const auto& reason : body["reasons"])
      if (reason.is_string()) refused.reasons.push_back(reason.get<std::string>());
  if (refused.reasons.empty() && body.is_object()) refused.reasons.push_back(text_of(body, "error"));
  return refused;
}

}  // namespace

ordered_json DemoOperator::get(const std::string& path) const {
  const auto answer = client_.request("GET", path, {}, {}, patience_);
  if (!answer || answer->status != 200) return {ordered_json::value_t::discarded};
  return parsed(answer->body);
}

std::optional<ordered_json> DemoOperator::state() const {
  ordered_json body = get("/api/v1/state");
  if (!body.is_object()) return std::nullopt;
  return body;
}

std::vector<DemoEvent> DemoOperator::events(std::optional<std::uint64_t> epoch, int limit) const {
  std::vector<DemoEvent> found;
  const ordered_json body = get("/api/v1/journal?limit=" + std::to_string(limit) +
                                (epoch ? "&epoch=" + std::to_string(*epoch) : ""));
  if (!body.is_object() || !body.contains("events")) return found;
  for (const auto& one : body["events"]) {
    DemoEvent event;
    event.id = one.value("id", std::int64_t{0});
    event.boot_ns = one.value("boot_ns", std::int64_t{0});
    event.epoch = one.value("epoch", std::uint64_t{0});
    if (one.contains("data") && one["data"].is_object())
      event.value = one["data"].value("value", std::int64_t{-1});
    event.kind = text_of(one, "kind");
    event.code = text_of(one, "code");
    event.source = text_of(one, "source");
    event.detail = printable(text_of(one, "detail"));
    const std::string at = text_of(one, "at");
    event.clock = at.size() > 19 ? at.substr(11, 8) : at;
    found.push_back(std::move(event));
  }
  return found;
}

std::vector<std::string> DemoOperator::why() const {
  std::vector<std::string> reasons;
  const ordered_json body = get("/api/v1/why");
  if (!body.is_object() || !body.contains("blockers")) return {"the supervisor does not answer"};
  for (const auto& one : body["blockers"])
    reasons.push_back(
        printable(text_of(one, "source") + ": " + text_of(one, "text") + "; " + text_of(one, "advice")));
  return reasons;
}

std::string DemoOperator::newest_snapshot() const {
  const ordered_json body = get("/api/v1/snapshots");
  if (!body.is_object() || !body.contains("snapshots") || body["snapshots"].empty()) return {};
  std::string newest;  // their names begin with the time
  for (const auto& one : body["snapshots"]) {
    const std::string id = text_of(one, "id");
    if (text_of(one, "kind") == "emergency" && id > newest) newest = id;
  }
  return newest;
}

std::optional<std::vector<DemoDifference>> DemoOperator::compare(std::string& why) const {
  const std::string id = newest_snapshot();
  if (id.empty()) {
    why = "there is no snapshot yet: break something first";
    return std::nullopt;
  }
  const auto answer =
      client_.request("GET", "/api/v1/compare?snapshot=" + terminal::Client::encoded(id), {}, {}, patience_);
  if (!answer) {
    why = answer.error().text;
    return std::nullopt;
  }
  const ordered_json body = parsed(answer->body);
  if (answer->status != 200 || !body.is_object() || !body.contains("differences")) {
    why = body.is_object() ? text_of(body, "error") : "the supervisor's answer cannot be read";
    return std::nullopt;
  }
  std::vector<DemoDifference> differences;
  for (const auto& one : body["differences"])
    differences.push_back({text_of(one, "kind"), text_of(one, "id"), text_of(one, "field"),
                           text_of(one, "before"), text_of(one, "now"), text_of(one, "advice")});
  return differences;
}

DemoSaid DemoOperator::word(const char* name) const {
  const auto now = state();
  if (!now || !now->contains("epoch")) return {false, {"the supervisor does not answer"}, false};
  return said(client_.request("POST", std::string("/api/v1/") + name,
                              ordered_json{{"epoch", (*now)["epoch"]}}.dump(), bearer_, patience_));
}

DemoSaid DemoOperator::stop(const std::string& description) const {
  return said(client_.request("POST", "/api/v1/stop",
                              ordered_json{{"reason", "button_press"}, {"description", description}}.dump(),
                              {}, patience_));
}

}  // namespace standstill::app
