// How a checklist looks on paper and as JSON.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "record/recovery_checklist.hpp"

namespace standstill::record {

namespace {

// Columns as a terminal counts the usual ones: a UTF-8 character each.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Wraps at blanks; a word longer than a line stands alone. Control characters become blanks: names come from
// peers.
void put(std::string& page, std::string_view first, std::string_view rest, std::string_view text,
         std::size_t width) {
  std::string line(first);
  bool empty = true;
  std::size_t at = 0;
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  while (at < text.size()) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    const std::string_view word = text.substr(begin, at - begin);
    if (word.empty()) break;
    if (!empty && columns(line) + 1 + columns(word) > width) {
      page += line + '\n';
      line = rest;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  page += line + '\n';
}

}  // namespace

std::string to_text(const Checklist& list, std::size_t width) {
  width = std::max<std::size_t>(width, 40);
  std::string page;
  put(page, "", "", list.title, width);
  page += std::string(std::min(columns(list.title), width), '=') + '\n';
  for (const std::string& line : list.preface) put(page, "", "  ", line, width);
  for (const ChecklistStep& step : list.steps) {
    page += '\n';
    put(page, std::to_string(step.number) + ". ", "   ", step.title, width);
    put(page, "   ", "   ", "Look at: " + step.look_at, width);
    if (!step.command.empty()) put(page, "   ", "     ", "Type: " + step.command, width);
    for (const ChecklistItem& item : step.items) {
      put(page, item.needs_attention ? "   [ ] ! " : "   [ ]   ", "         ", item.text, width);
      if (!item.system_says.empty())
        put(page, "         ", "           ",
            '(' + std::string(name(item.known)) + ": " + item.system_says + ')', width);
    }
    if (step.items.empty()) put(page, "   [ ]   ", "         ", "Done.", width);
  }
  page += "\nDone by ____________________   date and time ____________________\n";
  return page;
}

nlohmann::json to_json(const Checklist& list) {
  nlohmann::json steps = nlohmann::json::array();
  for (const ChecklistStep& step : list.steps) {
    nlohmann::json items = nlohmann::json::array();
    for (const ChecklistItem& item : step.items)
      items.push_back({{"text", item.text},
                       {"system_says", item.system_says},
                       {"known", name(item.known)},
                       {"needs_attention", item.needs_attention}});
    steps.push_back({{"number", step.number},
                     {"title", step.title},
                     {"look_at", step.look_at},
                     {"command", step.command},
                     {"items", std::move(items)}});
  }
  return {{"title", list.title}, {"preface", list.preface}, {"steps", std::move(steps)}};
}

}  // namespace standstill::record
