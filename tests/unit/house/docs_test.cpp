// A link in the documentation that leads nowhere, or a page nobody can reach, is a fault like any other.
#include <gtest/gtest.h>

#include <cctype>
#include <regex>
#include <set>

#include "unit/house/tree.hpp"

namespace standstill::house {
namespace {

std::vector<fs::path> pages() {
  auto all = files({"docs", "packaging"}, {".md"});
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}) all.push_back(root() / name);
  return all;
}

// Markdown without its code blocks and code spans: an example is no link.
std::string prose(const std::string& markdown) {
  std::string kept;
  bool code = false;
  for (const std::string& line : lines(markdown)) {
    if (line.starts_with("```")) code = !code;
    if (!code) kept += std::regex_replace(line, std::regex("`[^`]*`"), "") + '\n';
  }
  return kept;
}

// The anchor a heading gets: lower case, blanks to dashes, punctuation dropped.
std::string anchor(const std::string& heading) {
  std::string made;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || byte >= 0x80)
      made += static_cast<char>(std::tolower(byte));
    if (c == ' ') made += '-';
  }
  return made;
}

std::set<std::string> anchors(const fs::path& page) {
  std::set<std::string> found;
  bool code = false;
  for (const std::string& line : lines(read(page))) {
    if (line.starts_with("```")) code = !code;
    const auto text = line.find_first_not_of('#');
    if (!code && text != std::string::npos && text > 0 && line[text] == ' ')
      found.insert(anchor(line.substr(text + 1)));
  }
  return found;
}

TEST(Docs, LinksLeadSomewhere) {
  const std::regex link(R"(\]\(([^)\s]+)[^)]*\))");
  std::size_t seen = 0;
  for (const fs::path& page : pages()) {
    const std::string text = prose(read(page));
    EXPECT_FALSE(text.empty()) << shown(page) << " is missing or empty";
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (target.starts_with("http://") || target.starts_with("https://") || target.starts_with("mailto:"))
        continue;
      ++seen;
      const auto hash = target.find('#');
      const fs::path file = hash == 0 ? page : page.parent_path() / target.substr(0, hash);
      ASSERT_TRUE(fs::exists(file)) << shown(page) << " links to " << target;
      if (hash == std::string::npos) continue;
      EXPECT_TRUE(anchors(file).contains(target.substr(hash + 1))) << shown(page) << " links to " << target;
    }
  }
  EXPECT_GT(seen, 5U);
}

TEST(Docs, EveryPageIsInTheIndex) {
  const std::string index = read(root() / "docs/README.md");
  for (const fs::path& page : files({"docs"}, {".md"})) {
    const std::string name = fs::relative(page, root() / "docs").generic_string();
    if (name == "README.md") continue;
    EXPECT_NE(index.find("(" + name), std::string::npos) << "docs/README.md does not name " << name;
  }
}

TEST(Docs, VersionIsOneNumber) {
  std::smatch build, code;
  const std::string list = read(root() / "CMakeLists.txt"), header = read(root() / "src/version.hpp");
  ASSERT_TRUE(std::regex_search(list, build, std::regex(R"(VERSION (\d+\.\d+\.\d+))")));
  ASSERT_TRUE(std::regex_search(header, code, std::regex(R"(\d+\.\d+\.\d+)")));
  EXPECT_EQ(build[1].str(), code[0].str());
  EXPECT_NE(read(root() / "CHANGELOG.md").find("## " + code[0].str()), std::string::npos);
}

TEST(Docs, PicturesHaveWords) {
  for (const fs::path& picture : files({"docs/pictures"}, {".svg"})) {
    const std::string text = read(picture);
    EXPECT_NE(text.find("<title"), std::string::npos)
        << shown(picture) << " has no title for those who cannot see it";
    EXPECT_EQ(text.find("<script"), std::string::npos) << shown(picture);
    EXPECT_EQ(text.find("href=\"http"), std::string::npos)
        << shown(picture) << " loads something from elsewhere";
  }
}

}  // namespace
}  // namespace standstill::house
