#include "app/demo_view.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/context.hpp"
#include "app/demo_keys.hpp"
#include "app/state_text.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// Red: look here. Blue: a person must do something. Green: confirmed. Each with its word, for those who see
// none.
const char* colour_of(const std::string& word) {
  if (word == "running") return "\x1b[1;30;42m";
  if (word == "ready") return "\x1b[1;37;44m";
  if (word == "tripped") return "\x1b[1;37;41m";
  return "\x1b[1;30;47m";
}

std::string on_off(bool on) { return on ? "ON " : "OFF"; }

std::string member(const ordered_json& object, const char* name) {
  return object.is_object() ? printable(text_of(object, name)) : std::string();
}

// "layout lost": what the first cause of a trip is called in a sentence.
std::string spoken(const std::string& code) {
  static constexpr std::array<std::array<const char*, 2>, 8> known{
      {{"link_lost", "lost"},
       {"no_record", "has no record of a trip"},
       {"output_failed", "does not obey"},
       {"power_lost", "has lost track power"},
       {"supervisor_lost", "is gone"},
       {"guard_lost", "was lost"},
       {"button_press", "pressed the stop button"},
       {"unclean_end", "ended while running"}}};
  for (const auto& one : known)
    if (code == one[0]) return one[1];
  return code;
}

}  // namespace

std::string fitted(std::string_view text, std::size_t columns) {
  std::string made;
  std::size_t used = 0;
  for (const char c : text) {
    if (begins_character(c) && ++used > columns) break;
    made += c;
  }
  if (used < columns) made.append(columns - used, ' ');
  return made;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < most) {
    if (width(text) <= columns) {
      lines.emplace_back(text);
      break;
    }
    std::size_t end = 0, blank = 0, used = 0;
    for (; end < text.size(); ++end) {
      if (begins_character(text[end]) && ++used > columns + 1) break;
      if (text[end] == ' ') blank = end;
    }
    if (blank == 0) {  // one long word, such as a path: it is cut where the line ends
      for (end = 0, used = 0; end < text.size(); ++end)
        if (begins_character(text[end]) && ++used > columns) break;
      blank = end;
    }
    lines.emplace_back(text.substr(0, blank));
    text.remove_prefix(blank);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return lines;
}

void take_state(DemoPicture& picture, const ordered_json& state) {
  picture.word = member(state, "state");
  picture.epoch = member(state, "epoch");
  picture.acknowledged = member(state, "acknowledged") == "true";
  picture.first_out.clear();
  if (state.contains("first_out") && state["first_out"].is_object()) {
    const auto& first = state["first_out"];
    const std::string at = member(first, "at");
    picture.first_out = member(first, "source") + " " + spoken(member(first, "code")) + " at " +
                        (at.size() > 19 ? at.substr(11, 8) : at) + " UTC: " + member(first, "detail");
  }
  picture.links.clear();
  if (state.contains("links"))
    for (const auto& link : state["links"])
      picture.links += (picture.links.empty() ? "" : " · ") + member(link, "id") + " " +
                       member(link, "state") +
                       (member(link, "state") == "online" || member(link, "last_error").empty()
                            ? ""
                            : " (" + member(link, "last_error") + ")");
  picture.outputs.clear();
  if (state.contains("outputs"))
    for (const auto& output : state["outputs"])
      picture.outputs.push_back(fitted(member(output, "id"), 12) + " told " +
                                fitted(member(output, "commanded"), 5) +
                                " read-back: " + member(output, "readback"));
  if (state.contains("guard"))
    picture.processes = "guard " + member(state["guard"], "pid") + ", cutters " +
                        member(state["guard"], "cutters") + " of 2, permit " +
                        member(state["guard"], "permit_age_ms") + " ms old";
}

std::string way_text(const std::vector<DemoEvent>& events) {
  std::string text;
  std::int64_t tripped = 0;
  for (const auto& event : events) {
    if (event.kind == "trip" && tripped == 0) tripped = event.boot_ns;
    if (tripped != 0 && event.kind == "start") break;  // from here on it is about energising
    if (tripped == 0) continue;
    char at[32];
    std::snprintf(at, sizeof at, " %.1f ms", static_cast<double>(event.boot_ns - tripped) / 1e6);
    if (event.kind == "output_confirmed") text += " · " + event.source + " confirmed" + at;
    if (event.kind == "output_failed") text += " · " + event.source + " NOT CONFIRMED" + at;
    if (event.kind == "escalated") text += " · escalated to " + event.source + at;
  }
  return text.empty() ? text : "after the trip" + text;
}

std::vector<std::string> draw(const DemoPicture& picture, int rows, int columns, bool colour) {
  const auto wide = static_cast<std::size_t>(std::clamp(columns, 40, 200));
  const auto high = static_cast<std::size_t>(std::clamp(rows, 12, 100));
  std::vector<std::string> top, bottom;
  const auto add = [wide](std::vector<std::string>& to, const std::string& text) {
    to.push_back(fitted(text, wide));
  };
  const std::string seen = picture.acknowledged        ? ", acknowledged"
                           : picture.word == "tripped" ? ", NOT acknowledged"
                                                       : "";
  std::string head = fitted(
      "  " + upper(picture.word) + "   epoch " + (picture.epoch.empty() ? "?" : picture.epoch) + seen, wide);
  top.push_back(colour ? colour_of(picture.word) + head + "\x1b[0m" : head);
  for (const auto& line :
       wrapped(picture.first_out.empty() ? "nothing has tripped it" : picture.first_out, wide, 2))
    add(top, line);
  add(top, picture.way);
  add(top, "Link     " + picture.links);
  add(top, "Process  " + picture.processes);
  for (const auto& output : picture.outputs) add(top, "Output   " + output);
  const DemoPlantNow& plant = picture.plant;
  add(top, "Seen     at the relays themselves: track " + on_off(plant.relay_on) + "  mains " +
               on_off(plant.mains_on) + (plant.relay_plugged ? "" : "  UNPLUGGED") +
               (plant.relay_mute ? "  MUTE" : ""));
  add(top, "Server   " + plant.server + (plant.station ? "" : ", its command station is gone") +
               (plant.collisions == 0 ? "" : ", collisions: " + std::to_string(plant.collisions)));
  for (const auto& train : plant.trains)
    add(top, "Train    " + fitted(train.id, 10) +
                 fitted(train.block + (train.entering.empty() ? "" : " > " + train.entering), 16) +
                 (plant.supplied()  ? "speed " + std::to_string(train.speed)
                  : train.speed > 0 ? "stands (its decoder wants " + std::to_string(train.speed) + ")"
                                    : "stands"));
  for (const auto& line : wrapped(picture.text, wide - 2, 4)) add(bottom, "> " + line);
  for (const auto& line : keys_text(wide, picture.guided)) add(bottom, line);
  add(bottom, picture.url);
  std::vector<std::string> lines = std::move(top);
  if (lines.size() + bottom.size() > high) lines.resize(high - std::min(high, bottom.size()));
  std::size_t room = high - std::min(high, lines.size() + bottom.size());
  room = std::min(room, picture.journal.size());
  for (std::size_t i = picture.journal.size() - room; i < picture.journal.size(); ++i)
    add(lines, "Journal  " + picture.journal[i]);
  while (lines.size() + bottom.size() < high) add(lines, "");
  lines.insert(lines.end(), bottom.begin(), bottom.end());
  lines.resize(std::min(lines.size(), high));
  return lines;
}

}  // namespace standstill::app
