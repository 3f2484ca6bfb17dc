#include "app/table.hpp"

#include <algorithm>
#include <sstream>

namespace standstill::app {

namespace {

// Columns a terminal needs: continuation bytes of UTF-8 take none.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string Table::text(std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string made;
  for (const auto& row : rows_) {
    if (!made.empty()) made += '\n';
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - columns(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    made += line;
  }
  return made;
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string made, line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!line.empty() && indent + columns(line) + 1 + columns(word) > width) {
      made += std::string(indent, ' ') + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return made + std::string(indent, ' ') + line;
}

}  // namespace standstill::app
