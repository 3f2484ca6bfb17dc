// Habits of the house that a compiler does not check.
#include <gtest/gtest.h>

#include <regex>

#include "unit/house/tree.hpp"

namespace standstill::house {
namespace {

constexpr std::size_t usual_lines = 300;  // most files stay below; noted, not failed
constexpr std::size_t most_lines = 450;

TEST(Sources, FitOneIdea) {
  std::size_t long_files = 0;
  for (const fs::path& path : cpp_files()) {
    const std::size_t count = lines(read(path)).size();
    EXPECT_LE(count, most_lines) << shown(path) << " has " << count << " lines: split it by idea";
    if (count > usual_lines) ++long_files;
  }
  RecordProperty("files_over_300_lines", static_cast<int>(long_files));
}

TEST(Sources, HeadersAreGuarded) {
  for (const fs::path& path : cpp_files()) {
    if (path.extension() != ".hpp") continue;
    const auto text = lines(read(path));
    EXPECT_NE(std::find(text.begin(), text.end(), "#pragma once"), text.end())
        << shown(path) << " lacks #pragma once";
  }
}

TEST(Sources, LeaveNothingForLater) {
  // Spelled apart, so that this file passes its own test.
  const std::regex unfinished(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|place"
      "holder)\\b",
      std::regex::icase);
  auto all = cpp_files();
  for (const fs::path& path : files({"docs", "packaging", "cmake", ".ci"}, {".md", ".cmake", ".service", ""}))
    all.push_back(path);
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt", "dev"})
    all.push_back(root() / name);
  for (const fs::path& path : all) {
    std::size_t number = 0;
    for (const std::string& line : lines(read(path))) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, unfinished)) << shown(path) << ":" << number << ": " << line;
    }
  }
}

TEST(Sources, NameNobodysMachine) {
  const std::regex machine(R"((^|[^\w./])/(home|Users|work|root)/\w)");
  auto all = cpp_files();
  for (const fs::path& path : files({"docs", "packaging", "cmake"}, {".md", ".cmake", ".service"}))
    all.push_back(path);
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt", "dev"})
    all.push_back(root() / name);
  for (const fs::path& path : all) {
    for (const std::string& line : lines(read(path)))
      EXPECT_FALSE(std::regex_search(line, machine)) << shown(path) << ": " << line;
  }
}

TEST(Sources, SpeakTheWordsOfTheChain) {
  // Class names that say nothing about what the class does.
  const std::regex vague(R"(\b(class|struct)\s+\w*(Manager|Helper|Utils?|Handler)\b)");
  for (const fs::path& path : cpp_files()) {
    const std::string text = read(path);
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, vague)) << shown(path) << ": " << match.str();
  }
}

}  // namespace
}  // namespace standstill::house
