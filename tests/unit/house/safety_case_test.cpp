// docs/safety-case.md names tests as proof: each must exist, and no rule may be without one.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "unit/house/tree.hpp"

namespace standstill::house {
namespace {

// "Suite.Name" of every test in the tree; a parametrised one by the names it is written with.
std::set<std::string> tests() {
  std::set<std::string> found;
  const std::regex one(R"(TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  for (const fs::path& path : files({"tests"}, {".cpp"})) {
    const std::string text = read(path);
    for (std::sregex_iterator at(text.begin(), text.end(), one), end; at != end; ++at)
      found.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return found;
}

std::set<std::string> named(const std::string& page) {
  std::set<std::string> found;
  const std::regex code(R"(`([A-Z]\w+\.\w+)`)");
  for (std::sregex_iterator at(page.begin(), page.end(), code), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

// Rules that stand in a test's name: "S9_S10_Many" proves two.
std::set<int> rules(const std::string& test) {
  std::set<int> found;
  const std::regex rule(R"((?:\.|_)S(\d{1,2})(?!\d))");
  for (std::sregex_iterator at(test.begin(), test.end(), rule), end; at != end; ++at)
    found.insert(std::stoi((*at)[1]));
  return found;
}

TEST(SafetyCase, NamesOnlyTestsThatExist) {
  const auto there = tests();
  const auto asked = named(read(root() / "docs/safety-case.md"));
  EXPECT_GT(asked.size(), 20U);
  for (const std::string& test : asked)
    EXPECT_TRUE(there.contains(test))
        << "docs/safety-case.md names " << test << ", which no file of tests/ has";
}

TEST(SafetyCase, LeavesNoRuleWithoutATest) {
  std::set<int> proved;
  for (const std::string& test : named(read(root() / "docs/safety-case.md"))) proved.merge(rules(test));
  for (int rule = 1; rule <= 16; ++rule)
    EXPECT_TRUE(proved.contains(rule)) << "docs/safety-case.md names no test for S" << rule;
}

TEST(SafetyCase, ReaderSeesWhatItShould) {
  EXPECT_EQ(rules("Any.S9_S10_Many"), (std::set<int>{9, 10}));
  EXPECT_EQ(rules("Remote.S11AStation"), (std::set<int>{11}));
  EXPECT_EQ(rules("Any.Other"), (std::set<int>{}));
  EXPECT_EQ(named("see `Suite.Name` and `a.b`, Suite.Other"), (std::set<std::string>{"Suite.Name"}));
}

}  // namespace
}  // namespace standstill::house
