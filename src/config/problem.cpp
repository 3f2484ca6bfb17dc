#include "config/problem.hpp"

namespace standstill::config {

std::string to_string(const SourceLocation& where) {
  if (where.line == 0) return where.file;
  return where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

std::string to_string(const Problem& problem) {
  std::string text = to_string(problem.where) + ": " + problem.message;
  if (!problem.hint.empty()) text += ": " + problem.hint;
  return text;
}

}  // namespace standstill::config
