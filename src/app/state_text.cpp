#include "app/state_text.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "app/context.hpp"
#include "app/table.hpp"
#include "record/calendar.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

const ordered_json& list_of(const ordered_json& object, const char* name) {
  static const ordered_json none = ordered_json::array();
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_array() ? *found : none;
}

std::string age(const ordered_json& object, const char* name, std::int64_t now) {
  const std::string at = text_of(object, name);
  const auto wall = record::parse_since(at, now);
  if (at.empty() || !wall) return "";
  return age_text(std::max<std::int64_t>(0, (now - *wall) / 1'000'000)) + " ago";
}

std::string coloured(const std::string& text, const std::string& state, bool colour) {
  if (!colour) return text;
  const char* code = state == "running" ? "\x1b[1;32m" : state == "ready" ? "\x1b[1;34m" : "\x1b[1;31m";
  return code + text + "\x1b[0m";
}

std::string capitals(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string in_words(const ordered_json& cause, std::int64_t now) {
  const std::string when = age(cause, "at", now);
  return text_of(cause, "code") + " of " + text_of(cause, "source") + (when.empty() ? "" : ", " + when) +
         ": " + printable(text_of(cause, "detail"));
}

}  // namespace

std::string text_of(const ordered_json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string dumped(const ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

std::string state_text(const ordered_json& state, std::int64_t now, bool colour) {
  const std::string word = text_of(state, "state");
  std::string made = coloured(word.empty() ? "?" : capitals(word), word, colour) + "  " +
                     text_of(state, "site") + ", epoch " + text_of(state, "epoch");
  if (word == "tripped")
    made += text_of(state, "acknowledged") == "true" ? ", acknowledged" : ", not acknowledged";
  const std::string plant = plant_text(state, now);
  return plant.empty() ? made : made + "\n\n" + plant;
}

std::string plant_text(const ordered_json& state, std::int64_t now) {
  const std::string word = text_of(state, "state");
  std::string made;
  const auto first = state.find("first_out");
  if (word != "running" && first != state.end() && first->is_object())
    made += "\nfirst cause  " + in_words(*first, now);
  std::string causes;
  for (const auto& cause : list_of(state, "causes"))
    causes += "\n  " + std::string(text_of(cause, "present") == "true" ? "present  " : "gone     ") +
              in_words(cause, now);
  if (word != "running" && !causes.empty()) made += "\ncauses" + causes;
  for (const auto& warning : list_of(state, "warnings"))
    made += "\nwarning      " + text_of(warning, "watch") + ": " + printable(text_of(warning, "detail"));
  const auto sequence = state.find("sequence");
  if (sequence != state.end() && sequence->is_object())
    made += "\nsequence     stage " + text_of(*sequence, "stage") + " of " + text_of(*sequence, "of");

  Table links({"LINK", "KIND", "STATE", "SINCE", "RTT", "LAST ERROR"});
  for (const auto& link : list_of(state, "links")) {
    std::string rtt = text_of(link, "rtt_ms");
    if (const auto point = rtt.find('.'); point != std::string::npos)
      rtt.resize(std::min(rtt.size(), point + 2));
    links.add({text_of(link, "id"), text_of(link, "kind"), text_of(link, "state"), age(link, "since", now),
               rtt.empty() ? "-" : rtt + " ms",
               text_of(link, "state") == "online" ? "" : printable(text_of(link, "last_error"))});
  }
  if (!links.empty()) made += "\n\n" + links.text();
  Table outputs({"OUTPUT", "KIND", "COMMANDED", "READ-BACK"});
  for (const auto& output : list_of(state, "outputs"))
    outputs.add({text_of(output, "id"), text_of(output, "kind"), text_of(output, "commanded"),
                 text_of(output, "readback")});
  if (!outputs.empty()) made += "\n\n" + outputs.text();
  const auto guard = state.find("guard");
  if (guard != state.end() && guard->is_object()) {
    const std::string pid = text_of(*guard, "pid"), permit = text_of(*guard, "permit_age_ms");
    made += "\n\nguard        " +
            (pid.empty() || pid == "0" ? std::string("does not answer") : "process " + pid) + ", permit " +
            (permit.empty() ? "none" : permit + " ms old") +
            (text_of(*guard, "realtime") == "true" ? ", in real time" : ", not in real time");
  }
  return made.substr(std::min(made.find_first_not_of('\n'), made.size()));
}

}  // namespace standstill::app
