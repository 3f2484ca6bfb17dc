// Walks tests/data/config: every invalid file against the messages that belong to it, every valid one against
// none.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/load.hpp"
#include "support/places.hpp"

namespace standstill::config {
namespace {

namespace fs = std::filesystem;

const fs::path data = fs::path(test::test_data()) / "config";

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> entries(const fs::path& folder, bool (*wanted)(const fs::path&)) {
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator(folder))
    if (wanted(entry.path())) result.push_back(entry.path());
  std::sort(result.begin(), result.end());
  return result;
}

// NAME.toml, or NAME/standstill.toml with its standstill.d.
bool is_case(const fs::path& path) { return path.extension() == ".toml" || fs::is_directory(path); }

fs::path main_file(const fs::path& path) { return fs::is_directory(path) ? path / "standstill.toml" : path; }

// One message a line, with the files named as they are seen from the fixtures' folder.
std::string lines(const std::vector<Problem>& problems, const fs::path& folder) {
  std::string text;
  for (const Problem& problem : problems) text += to_string(problem) + "\n";
  const std::string prefix = folder.string() + "/";
  for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
  return text;
}

TEST(InvalidFixtures, EachGivesExactlyItsMessages) {
  const fs::path folder = data / "invalid";
  std::size_t count = 0;
  for (const fs::path& path : entries(folder, is_case)) {
    SCOPED_TRACE(path.filename().string());
    const Loaded loaded = load(main_file(path), {});
    ++count;
    if (loaded) {
      ADD_FAILURE() << "was accepted";
      continue;
    }
    EXPECT_EQ(lines(loaded.error(), folder), contents(folder / (path.stem().string() + ".expected")));
  }
  EXPECT_GT(count, 100U);
}

TEST(InvalidFixtures, EveryKindOfMessageHasOne) {
  std::set<Fault> seen{Fault::unreadable, Fault::too_large, Fault::warning};  // these have tests of their own
  for (const fs::path& path : entries(data / "invalid", is_case)) {
    const Loaded loaded = load(main_file(path), {});
    if (!loaded)
      for (const Problem& problem : loaded.error()) seen.insert(problem.fault);
  }
  for (std::size_t i = 0; i < fault_count; ++i)
    EXPECT_TRUE(seen.contains(static_cast<Fault>(i))) << "no fixture gives fault number " << i;
}

TEST(InvalidFixtures, NoExpectationIsLeftOver) {
  const fs::path folder = data / "invalid";
  for (const fs::path& path : entries(folder, [](const fs::path& p) { return p.extension() == ".expected"; }))
    EXPECT_TRUE(fs::exists(folder / (path.stem().string() + ".toml")) ||
                fs::is_directory(folder / path.stem()))
        << path;
}

TEST(ValidFixtures, AreAccepted) {
  std::size_t count = 0;
  for (const fs::path& path : entries(data / "valid", is_case)) {
    SCOPED_TRACE(path.filename().string());
    const Loaded loaded = load(main_file(path), {});
    ++count;
    EXPECT_TRUE(loaded) << (loaded ? "" : lines(loaded.error(), data / "valid"));
    if (!loaded) continue;
    EXPECT_EQ(lines(loaded->warnings, data / "valid"), "");
  }
  EXPECT_GE(count, 4U);
}

}  // namespace
}  // namespace standstill::config
