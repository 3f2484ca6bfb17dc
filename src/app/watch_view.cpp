#include "app/watch_view.hpp"

#include <algorithm>
#include <ctime>
#include <sstream>

#include "app/context.hpp"
#include "app/state_text.hpp"
#include "app/table.hpp"
#include "record/calendar.hpp"

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t fewest_events = 4;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// At most so many characters; filled up with blanks where `whole`.
std::string cut(const std::string& text, std::size_t columns, bool whole = false) {
  std::string made;
  std::size_t count = 0;
  for (const char c : text) {
    if (begins_character(c) && ++count > columns) break;
    made += c;
  }
  if (whole && count < columns) made.append(columns - count, ' ');
  return made;
}

std::string coloured(const char* code, const std::string& text, bool colour) {
  return colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

const char* field_of(const std::string& word) {
  if (word == "RUNNING") return "1;37;42";
  if (word == "READY") return "1;37;44";
  return word == "TRIPPED" ? "1;37;41" : "1;30;43";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void add(std::vector<std::string>& into, const std::vector<std::string>& more) {
  into.insert(into.end(), more.begin(), more.end());
}

std::vector<std::string> reasons(const ordered_json& why, std::size_t columns) {
  std::vector<std::string> lines;
  if (!why.is_object() || !why.contains("blockers") || !why["blockers"].is_array()) return lines;
  for (const auto& one : why["blockers"]) {
    const std::string age = text_of(one, "age_ms");
    add(lines, lines_of(wrapped(text_of(one, "source") + ": " + printable(text_of(one, "text")) +
                                    (age.empty() ? "" : " (for " + age_text(std::atoll(age.c_str())) + ")"),
                                2, columns - 2)));
    if (const std::string advice = text_of(one, "advice"); !advice.empty())
      add(lines, lines_of(wrapped("→ " + advice, 4, columns - 4)));
  }
  return lines;
}

std::vector<std::string> history(const ordered_json& events) {
  std::vector<std::string> lines;
  if (!events.is_object() || !events.contains("events") || !events["events"].is_array()) return lines;
  for (const auto& one : events["events"]) {
    const std::string at = text_of(one, "at");
    const auto wall_ns = record::parse_since(at, 0);  // the clock above it is local too
    lines.push_back(printable((wall_ns ? clock_text(*wall_ns) : at) + "  " + text_of(one, "kind") + " " +
                              text_of(one, "code") + "  " + text_of(one, "source") + "  " +
                              text_of(one, "detail")));
  }
  std::ranges::reverse(lines);  // the newest first
  return lines;
}

}  // namespace

std::string clock_text(std::int64_t wall_ns) {
  char text[32];
  const std::time_t seconds = wall_ns / 1'000'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

std::vector<std::string> watch_lines(const WatchPicture& picture, std::size_t rows, std::size_t columns,
                                     bool colour) {
  const bool known = picture.state.is_object();
  std::string word = known ? text_of(picture.state, "state") : "unknown";
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
  std::string head = " " + word;
  if (known) {
    head += "   " + text_of(picture.state, "site") + ", epoch " + text_of(picture.state, "epoch");
    if (word == "TRIPPED")
      head += text_of(picture.state, "acknowledged") == "true" ? ", acknowledged" : ", NOT ACKNOWLEDGED";
  } else {
    head += "   nothing heard for " + age_text(to_ms(picture.unheard));
  }
  const std::string clock = picture.clock + " ";
  const std::size_t room = columns > clock.size() ? columns - clock.size() : 0;
  std::vector<std::string> lines{
      coloured(field_of(word), cut(cut(head, room, true) + clock, columns), colour), ""};
  if (!known) {
    add(lines, lines_of(wrapped(printable(picture.trouble), 0, columns)));
    add(lines,
        {"", "Nothing is known of the plant. Look at the plant itself; use the red button if in doubt."});
  } else {
    if (const auto blockers = reasons(picture.why, columns); !blockers.empty()) {
      lines.push_back(coloured("1", "Why it is not running", colour));
      add(lines, blockers);
      lines.emplace_back();
    }
    add(lines, lines_of(plant_text(picture.state, picture.now_wall_ns)));
  }
  const std::string foot = picture.told.empty()
                               ? "s stops the plant · q leaves · a release: standstill ack, reset, start"
                               : printable(picture.told);
  // What is in the way stands first, so that a low window loses the rest; a few events and the keys are
  // always there.
  const auto events = known ? history(picture.events) : std::vector<std::string>{};
  const std::size_t kept = std::min(events.size(), fewest_events) + (events.empty() ? 0 : 2);
  const std::size_t most = rows > kept + 2 ? rows - kept - 2 : 1;
  if (lines.size() > most) lines.resize(most);
  if (!events.empty() && rows > lines.size() + 4) {
    lines.emplace_back();
    lines.push_back(coloured("1", "What happened last", colour));
    for (const auto& event : events)
      if (lines.size() + 2 < rows) lines.push_back(event);
  }
  lines.emplace_back();
  lines.push_back(foot);
  // A line with colour in it was cut before it got it.
  for (auto& line : lines)
    if (line.find('\x1b') == std::string::npos) line = cut(line, columns);
  if (lines.size() > rows) lines.resize(rows);
  return lines;
}

}  // namespace standstill::app
