// The table of keys against itself: what one row names, another one describes.
#include "config/keys.hpp"

#include <gtest/gtest.h>

namespace standstill::config {
namespace {

// The readers of the table follow these names without looking: a missing row would end every command.
TEST(Keys, EverySectionThatARowNamesIsDescribed) {
  for (const Key& key : keys()) {
    const std::string row = std::string(key.section) + "." + std::string(key.name);
    EXPECT_NE(find_section(key.section), nullptr) << row << " stands in a section without a row of its own";
    if (key.nested.empty()) continue;
    EXPECT_NE(find_section(key.nested), nullptr) << row << " holds a section without a row: " << key.nested;
    EXPECT_TRUE(key.type == Type::table || key.type == Type::tables) << row << " is no table, but names one";
  }
  for (const Kind& kind : kinds())
    EXPECT_NE(find_section(kind.section), nullptr) << "kind " << kind.name << " of " << kind.section;
}

}  // namespace
}  // namespace standstill::config
