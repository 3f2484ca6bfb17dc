// What a person types → a command.
#include <algorithm>
#include <array>
#include <vector>

#include "wire/rocrail/characters.hpp"
#include "wire/rocrail/command.hpp"
#include "wire/rocrail/frame.hpp"
#include "wire/rocrail/xml.hpp"

namespace standstill::rocrail {

namespace {

constexpr std::string_view examples =
    "try: go, stop, ebreak, auto off, lc ID V=0, fn ID 1 on, sw ID straight, or an element such as "
    "<lc id=\"ID\" V=\"0\"/>";

constexpr std::array<std::string_view, 9> system_words{"go",    "stop",  "ebreak", "shutdown", "save",
                                                       "query", "reset", "sod",    "eod"};
constexpr std::array<std::string_view, 11> questions{"plan",   "lclist",  "swlist", "fblist",
                                                     "bklist", "sglist",  "colist", "stlist",
                                                     "sclist", "carlist", "fstat"};
// which attribute a bare word fills, for each kind of object that is named by an id
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> word_attribute{{{"lc", "cmd"},
                                                                                        {"sw", "cmd"},
                                                                                        {"sg", "cmd"},
                                                                                        {"st", "cmd"},
                                                                                        {"co", "cmd"},
                                                                                        {"bk", "cmd"},
                                                                                        {"fb", "state"},
                                                                                        {"car", "cmd"},
                                                                                        {"operator", "cmd"},
                                                                                        {"powercmd", "cmd"},
                                                                                        {"vr", "value"}}};

struct Word {
  std::string text;
  bool quoted = false;
};

std::expected<std::vector<Word>, std::string> split(std::string_view text) {
  std::vector<Word> words;
  std::size_t i = 0;
  while (i < text.size()) {
    if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
      ++i;
      continue;
    }
    Word word;
    bool open = false;
    for (; i < text.size() &&
           (open || (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r'));
         ++i) {
      if (text[i] == '"') {
        open = !open;
        word.quoted = true;
      } else if (text[i] == '\\' && open && i + 1 < text.size()) {
        word.text += text[++i];
      } else {
        word.text += text[i];
      }
    }
    if (open) return std::unexpected("a double quote is not closed in: " + std::string(text));
    words.push_back(std::move(word));
  }
  return words;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) && std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

class Body {
 public:
  explicit Body(std::string_view element) : element_(element), text_("<" + std::string(element)) {}
  void add(std::string_view name, std::string_view value) {
    text_.append(" ").append(name).append("=\"");
    append_escaped(text_, value);
    text_.append("\"");
  }
  [[nodiscard]] Command finish() {
    Command made;
    made.body = text_ + "/>";
    made.frame = frame(element_, made.body);
    made.may_energise = may_energise(made.body);
    return made;
  }

 private:
  std::string element_;
  std::string text_;
};

// Checked, then written anew, so that nothing but one well-formed, escaped element can reach the server.
std::expected<Command, std::string> from_element(std::string_view text) {
  XmlReader xml(text);
  std::string root;
  std::string body;
  bool tag_open = false;
  for (;;) {
    switch (xml.next()) {
      case XmlReader::Event::failed:
        return std::unexpected("not one well-formed element: " + xml.error());
      case XmlReader::Event::finished: {
        if (root == "xmlh" || root == "xml")
          return std::unexpected("the header is added by itself: leave <xmlh> out");
        Command made;
        made.frame = frame(root, body);
        made.may_energise = may_energise(body);
        made.body = std::move(body);
        return made;
      }
      case XmlReader::Event::start:
        if (tag_open) body += '>';
        if (root.empty()) root = xml.name();
        body.append("<").append(xml.name());
        for (const auto& attribute : xml.attributes()) {
          body.append(" ").append(attribute.name).append("=\"");
          append_escaped(body, attribute.value);
          body += '"';
        }
        tag_open = true;
        break;
      case XmlReader::Event::end:
        if (tag_open)
          body += "/>";
        else
          body.append("</").append(xml.name()).append(">");
        tag_open = false;
        break;
    }
  }
}

std::expected<Command, std::string> function_from(const std::vector<Word>& words) {
  if (words.size() != 4 || (words[3].text != "on" && words[3].text != "off"))
    return std::unexpected("a function needs a loco, a number and on or off: fn ID 1 on");
  const auto& digits = words[2].text;
  const bool number = !digits.empty() && digits.size() <= 2 &&
                      std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!number || std::stoul(digits) > 31)
    return std::unexpected("a function number is 0 to 31, not " + digits);
  return commands::function(words[1].text, static_cast<unsigned>(std::stoul(digits)), words[3].text == "on");
}

}  // namespace

std::expected<Command, std::string> parse_command(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::unexpected("an empty command; " + std::string(examples));
  if (text[first] == '<') return from_element(text);
  const auto words = split(text);
  if (!words) return std::unexpected(words.error());
  const std::string& head = words->front().text;
  if (words->size() == 1) {
    if (std::ranges::find(system_words, head) != system_words.end()) return commands::system(head);
    if (std::ranges::find(questions, head) != questions.end()) return commands::list(head);
    if (head == "ping") return commands::ping();
  }
  if (head == "fn") return function_from(*words);
  if (head == "text" && words->size() == 3) return commands::text((*words)[1].text, (*words)[2].text);
  const auto* kind =
      std::ranges::find(word_attribute, head, &std::pair<std::string_view, std::string_view>::first);
  const bool has_name = kind != word_attribute.end();
  const bool unnamed = head == "sys" || head == "auto" || head == "clock" || head == "model";
  if (!has_name && !unnamed)
    return std::unexpected("\"" + std::string(text) + "\" is no command; " + std::string(examples));
  if (words->size() < (has_name ? 3U : 2U))
    return std::unexpected("\"" + std::string(text) + "\" says not " +
                           (has_name ? "which one or what to do" : "what to do") + "; " +
                           std::string(examples));
  Body body(head);
  if (has_name) body.add("id", (*words)[1].text);
  bool word_used = false;
  for (std::size_t i = has_name ? 2 : 1; i < words->size(); ++i) {
    const std::string_view word = (*words)[i].text;
    const auto equals = word.find('=');
    if (equals != std::string_view::npos && is_name(word.substr(0, equals))) {
      body.add(word.substr(0, equals), word.substr(equals + 1));
      continue;
    }
    if (word_used)
      return std::unexpected("\"" + std::string(word) + "\" is one word too many; write name=value");
    word_used = true;
    if (head == "bk" && (word == "open" || word == "closed"))
      body.add("state", word);
    else if (head == "fb" && (word == "on" || word == "off"))
      body.add("state", word == "on" ? "true" : "false");
    else
      body.add(has_name ? kind->second : "cmd", word);
  }
  return body.finish();
}

}  // namespace standstill::rocrail
