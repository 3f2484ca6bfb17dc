#include "app/demo_script.hpp"

#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/context.hpp"
#include "app/demo_keys.hpp"

namespace standstill::app {

std::string DemoOrder::name() const {
  if (kind == Kind::until_whole) return "until-whole";
  for (const auto& one : demo_keys())
    if (one.key == key) return one.name;
  return "sleep";
}

std::expected<std::vector<DemoOrder>, std::string> parse_script(const std::string& text,
                                                                const std::string& name) {
  std::vector<DemoOrder> orders;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string word, more, rest;
    if (!(words >> word) || word.front() == '#') continue;
    words >> more >> rest;
    const auto key = demo_key(word);
    double seconds = -1;
    if (word == "sleep") {
      const auto [end, error] = std::from_chars(more.data(), more.data() + more.size(), seconds);
      if (error != std::errc{} || end != more.data() + more.size()) seconds = -1;
    }
    if (key && more.empty()) {
      orders.push_back({DemoOrder::Kind::key, *key, {}});
    } else if (word == "until-whole" && more.empty()) {
      orders.push_back({DemoOrder::Kind::until_whole, '\0', {}});
    } else if (seconds >= 0 && seconds <= 3600 && rest.empty()) {
      orders.push_back({DemoOrder::Kind::sleep, '\0', Duration(static_cast<std::int64_t>(seconds * 1e9))});
    } else {
      std::string known;
      for (const auto& one : demo_keys()) known += std::string(one.name) + ", ";
      return std::unexpected(name + ":" + std::to_string(number) + ": '" + printable(line) +
                             "' is none of: " + known + "until-whole, sleep SECONDS (0 to 3600)");
    }
  }
  return orders;
}

std::expected<std::vector<DemoOrder>, std::string> read_script(const std::string& file) {
  if (file.empty()) return std::vector<DemoOrder>{};
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return parse_script(text.str(), "standard input");
  }
  std::ifstream from(file, std::ios::binary);
  if (!from || !(text << from.rdbuf()))
    return std::unexpected(file + ": the script cannot be read, or is empty");
  return parse_script(text.str(), file);
}

}  // namespace standstill::app
