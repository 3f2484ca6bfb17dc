// Columns for people: as wide as their longest entry, two spaces between.
#pragma once

#include <string>
#include <vector>

namespace standstill::app {

class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.size() < 2; }
  // The first row underlined by nothing, in capitals as given; `indent` spaces before each line; no line end
  // at the end.
  [[nodiscard]] std::string text(std::size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Breaks a sentence into lines of at most `width` columns, each behind `indent` spaces; no line end at the
// end.
[[nodiscard]] std::string wrapped(const std::string& text, std::size_t indent, std::size_t width = 100);

}  // namespace standstill::app
