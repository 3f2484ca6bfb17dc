// `alert list|test`: who is told, and whether it works.
#include <nlohmann/json.hpp>

#include "app/ask.hpp"
#include "app/commands.hpp"
#include "app/table.hpp"
#include "config/config.hpp"
#include "terminal/client.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr Duration longest_test = 40s;  // the supervisor itself gives up after 30 s

std::string text_of(const ordered_json& body, const char* name) {
  if (!body.is_object() || !body.contains(name) || body[name].is_null()) return {};
  return body[name].is_string() ? printable(body[name].get<std::string>()) : body[name].dump();
}

}  // namespace

int alert_list(const Context& context) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const auto answer = Ask(config->site.state_dir).get("/api/v1/alerts");
  if (!answer) return answer.error();
  if (context.json) return say(answer->dump()), exit_done;
  Table table({"ALERT", "KIND", "STATE", "TOLD", "WAITING", "DROPPED", "LAST ERROR"});
  for (const auto& one : *answer)
    table.add({text_of(one, "id"), text_of(one, "kind"), one.value("failing", false) ? "FAILING" : "works",
               text_of(one, "delivered"), text_of(one, "pending"), text_of(one, "dropped"),
               text_of(one, "last_error")});
  say(table.empty() ? "nobody is told: there is no [[alert]] in the configuration" : table.text());
  return exit_done;
}

int alert_test(const Context& context, const std::string& id) {
  const auto config = load_config(context);
  if (!config) return config.error();
  const Ask ask(config->site.state_dir);
  std::vector<std::string> ids{id};
  if (id.empty()) {
    const auto known = ask.get("/api/v1/alerts");
    if (!known) return known.error();
    ids.clear();
    for (const auto& one : *known) ids.push_back(text_of(one, "id"));
  }
  if (ids.empty()) return misused("there is no [[alert]] in the configuration");
  int code = exit_done;
  for (const auto& one : ids) {
    const auto answer =
        ask.post("/api/v1/alerts/" + terminal::Client::encoded(one) + "/test", {}, {}, longest_test);
    if (!answer) return answer.error();
    const bool delivered = answer->value("delivered", false);
    if (!delivered) code = exit_no;
    if (context.json)
      say(answer->dump());
    else
      say(one + (delivered ? ": told; look whether it arrived" : ": NOT TOLD: " + text_of(*answer, "error")));
  }
  return code;
}

}  // namespace standstill::app
