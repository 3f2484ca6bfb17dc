// The chain is readable from the folders only as long as includes point one way: src/modules.txt says which.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "unit/house/tree.hpp"

namespace standstill::house {
namespace {

using Table = std::map<std::string, std::set<std::string>>;  // folder → what it may include, itself included

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

Table parse(const std::string& text) {
  Table table;
  for (const std::string& line : lines(text)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream row(line);
    std::string folder, dependencies, one;
    std::getline(row, folder, '|');
    std::getline(row, dependencies, '|');
    std::set<std::string>& allowed = table[trimmed(folder)];
    allowed.insert(trimmed(folder));
    for (std::istringstream words(dependencies); words >> one;) allowed.insert(one);
  }
  return table;
}

Table modules() { return parse(read(root() / "src/modules.txt")); }

// "link/session.hpp" → "link"; the longest folder of the table wins ("wire/rocrail", not "wire").
std::optional<std::string> module_of(const std::string& path, const Table& table) {
  for (std::string folder = path; folder.find('/') != std::string::npos;) {
    folder.resize(folder.rfind('/'));
    if (table.contains(folder)) return folder;
  }
  return std::nullopt;
}

// What is wrong with one quoted include of a file; empty when nothing is.
std::string complaint(const std::string& file, const std::string& included, const Table& table) {
  if (included.starts_with("standstill/")) {  // the public API: only its own implementation and users of it
    return module_of(file, table) == "kernel" ? "the kernel knows no public API" : "";
  }
  if (included == "version.hpp") return "";  // one constant, the only header outside every folder
  const auto from = module_of(file, table);
  if (!from) return "lies in no folder of src/modules.txt";
  const auto to = module_of(included, table);
  if (!to) return "names no folder of src/modules.txt (write paths from src/)";
  if (!table.at(*from).contains(*to)) return *from + " may not include " + *to;
  return "";
}

TEST(Includes, FollowTheModuleTable) {
  const Table table = modules();
  const std::regex quoted(R"re(^\s*#\s*include\s+"([^"]+)")re");
  std::size_t seen = 0;
  for (const fs::path& path : files({"src", "sim"}, {".cpp", ".hpp"})) {
    std::string file = shown(path);
    if (file.starts_with("src/")) file.erase(0, 4);
    std::size_t number = 0;
    for (const std::string& line : lines(read(path))) {
      ++number;
      std::smatch match;
      if (!std::regex_search(line, match, quoted)) continue;
      ++seen;
      const std::string wrong = complaint(file, match[1], table);
      EXPECT_TRUE(wrong.empty()) << shown(path) << ":" << number << ": #include \"" << match[1].str()
                                 << "\": " << wrong;
    }
  }
  EXPECT_GT(seen, 10U);
}

TEST(Includes, TableHasNoCircle) {
  // A row may name only rows above it, so the listing itself is an order from the bottom up.
  const std::string text = read(root() / "src/modules.txt");
  std::set<std::string> above;
  for (const std::string& line : lines(text)) {
    if (line.empty() || line[0] == '#') continue;
    const Table row = parse(line);
    ASSERT_EQ(row.size(), 1U);
    const auto& [folder, allowed] = *row.begin();
    EXPECT_TRUE(above.insert(folder).second) << "two rows for " << folder;
    for (const std::string& one : allowed)
      EXPECT_TRUE(above.contains(one)) << folder << " names " << one << ", not above it";
  }
}

TEST(Includes, KernelUsesNoOperatingSystem) {
  // It also runs on a microcontroller: no heap, no threads, no streams, no clock, no libm.
  const std::set<std::string> banned{"chrono_io",     "cmath",   "condition_variable",
                                     "filesystem",    "fstream", "functional",
                                     "iostream",      "map",     "memory",
                                     "mutex",         "ostream", "regex",
                                     "sstream",       "string",  "thread",
                                     "unordered_map", "vector",  "math.h",
                                     "unistd.h",      "ctime",   "format",
                                     "future",        "list",    "deque"};
  const std::regex angled(R"(^\s*#\s*include\s+<([^>]+)>)");
  for (const fs::path& path : files({"src/kernel"}, {".cpp", ".hpp"})) {
    for (const std::string& line : lines(read(path))) {
      std::smatch match;
      if (!std::regex_search(line, match, angled)) continue;
      EXPECT_FALSE(banned.contains(match[1].str()) || match[1].str().starts_with("sys/"))
          << shown(path) << " includes <" << match[1].str() << ">";
    }
  }
}

// The rule itself, on invented files, so that a slip in the checker does not pass as order in the house.
TEST(Includes, CheckerSeesWhatItShould) {
  const Table table =
      parse("# a comment\nkernel | |\nwire/rocrail | kernel |\nlink | kernel | lib\napp | link kernel |\n");
  EXPECT_EQ(complaint("link/dial.cpp", "kernel/time.hpp", table), "");
  EXPECT_EQ(complaint("link/dial.cpp", "link/session.hpp", table), "");
  EXPECT_EQ(complaint("wire/rocrail/frame.cpp", "wire/rocrail/frame.hpp", table), "");
  EXPECT_EQ(complaint("kernel/latch.hpp", "link/session.hpp", table), "kernel may not include link");
  EXPECT_EQ(complaint("app/run.cpp", "wire/rocrail/frame.hpp", table), "app may not include wire/rocrail");
  EXPECT_NE(complaint("link/dial.cpp", "session.hpp", table), "");
  EXPECT_NE(complaint("stray/file.cpp", "kernel/time.hpp", table), "");
  EXPECT_EQ(complaint("app/run.cpp", "version.hpp", table), "");
}

}  // namespace
}  // namespace standstill::house
