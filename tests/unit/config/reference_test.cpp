// The documents that are written from the table of keys, and the table itself.
#include "config/reference.hpp"
#include "support/places.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "config/build.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"

namespace standstill::config {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

constexpr const char* how = "the table of keys has changed: run this program once with UPDATE_REFERENCE=1";

TEST(Reference, CommittedFilesAreWhatTheTableSays) {
  if (std::getenv("UPDATE_REFERENCE") != nullptr) {
    const auto written = write_reference(test::source_folder());
    ASSERT_TRUE(written) << written.error();
  }
  EXPECT_TRUE(contents(test::source_folder() + "/docs/configuration.md") == reference_markdown()) << how;
  EXPECT_TRUE(contents(test::source_folder() + "/packaging/standstill.schema.json") == reference_schema())
      << how;
}

TEST(Reference, NamesEveryKeyAndKind) {
  const std::string text = reference_markdown();
  for (const Key& key : keys())
    EXPECT_NE(text.find("`" + std::string(key.name) + "`"), std::string::npos) << key.name;
  for (const Kind& kind : kinds())
    EXPECT_NE(text.find("`" + std::string(kind.name) + "`"), std::string::npos);
}

TEST(Reference, ItsFirstExampleIsAccepted) {
  const std::string text = reference_markdown();
  const std::size_t begin = text.find("```toml\n") + 8;
  const Loaded loaded = load_text(text.substr(begin, text.find("```", begin) - begin));
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(Table, IsConsistent) {
  std::set<std::string> seen;
  for (const Key& key : keys()) {
    SCOPED_TRACE(std::string(key.section) + "." + std::string(key.name));
    ASSERT_NE(find_section(key.section), nullptr);
    EXPECT_FALSE(key.meaning.empty());
    EXPECT_FALSE(key.example.empty());
    EXPECT_FALSE(key.required && !key.initial.empty()) << "a required key needs no default";
    const bool holds_tables = key.type == Type::table || key.type == Type::tables;
    EXPECT_EQ(holds_tables, find_section(key.nested) != nullptr);
    for (const std::string_view kind : split(key.kinds))
      EXPECT_NE(find_kind(key.section, kind), nullptr) << kind;
    for (const Kind* kind : kinds_of(key.section)) {
      if (!applies(key, kind->name)) continue;
      EXPECT_TRUE(
          seen.insert(std::string(key.section) + "." + std::string(key.name) + "@" + std::string(kind->name))
              .second)
          << "two rows for kind " << kind->name;
    }
  }
}

// Every example and every default must itself pass the check of its row.
TEST(Table, ExamplesAndDefaultsAreValid) {
  for (const Key& key : keys()) {
    for (const std::string_view written : {key.example, key.initial}) {
      if (written.empty()) continue;
      SCOPED_TRACE(std::string(key.section) + "." + std::string(key.name) + " = " + std::string(written));
      const auto parsed = parse_toml("v = " + std::string(written), "");
      ASSERT_TRUE(parsed) << parsed.error().message;
    }
    if (key.example.empty() || key.section.find('.') != std::string_view::npos || key.name == "kind")
      continue;
    // alone in its section: whatever else is missing, nothing may be said about this key
    const std::vector<std::string_view> own = split(key.kinds);
    const Section& section = *find_section(key.section);
    std::string text = key.section == "site" ? "" : "[site]\nname = \"x\"\n";
    text += section.repeated ? "[[" + std::string(section.name) + "]]\n"
                             : "[" + std::string(section.name) + "]\n";
    const std::vector<const Kind*> all = kinds_of(key.section);
    if (!all.empty())
      text += "kind = \"" + std::string(own.empty() ? all.front()->name : own.front()) + "\"\n";
    const std::string place = "t:" + std::to_string(std::count(text.begin(), text.end(), '\n') + 1) + ":";
    text += std::string(key.name) + " = " + std::string(key.example) + "\n";
    const Loaded loaded = load_text(text, "t");
    if (loaded) continue;
    for (const Problem& problem : loaded.error()) {
      const bool incomplete = problem.fault == Fault::unknown_reference || problem.fault == Fault::one_of ||
                              problem.fault == Fault::contradiction;
      EXPECT_TRUE(incomplete || !to_string(problem).starts_with(place)) << to_string(problem);
    }
  }
}

}  // namespace
}  // namespace standstill::config
