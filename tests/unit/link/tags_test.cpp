#include "link/tags.hpp"

#include <gtest/gtest.h>

namespace standstill::link {
namespace {

TEST(TagTable, ATagIsFoundByLinkAndNameAndKeepsItsId) {
  TagTable tags;
  const auto counter = tags.declare("press", "counter");
  const auto volts = tags.declare("meter", "volts", "V");
  EXPECT_EQ(tags.declare("press", "counter", "1"), counter);
  EXPECT_EQ(tags.find("press.counter"), counter);
  EXPECT_EQ(tags.find("meter.volts"), volts);
  EXPECT_EQ(tags.find("press"), std::nullopt);
  EXPECT_EQ(tags.get(counter).unit, "1");
  EXPECT_EQ(tags.all().size(), 2U);
}

TEST(TagTable, ATagThatWasNeverReadHasNoLink) {
  TagTable tags;
  const auto id = tags.declare("meter", "volts");
  EXPECT_EQ(tags.get(id).quality, Quality::no_link);
  EXPECT_EQ(tags.get(id).at, Instant{});
}

TEST(TagTable, S7_WhenTheLinkGoesItsTagsKeepValueAndTimeButAreNotGoodAnyMore) {
  TagTable tags;
  const auto volts = tags.declare("meter", "volts");
  const auto other = tags.declare("meter2", "volts");
  tags.set(volts, 230.5, Quality::good, instant_from_ns(5), 7);
  tags.set(other, 1.0, Quality::good, instant_from_ns(6), 8);
  tags.link_gone("meter");
  EXPECT_EQ(tags.get(volts).quality, Quality::no_link);
  EXPECT_EQ(tags.get(volts).value, 230.5);
  EXPECT_EQ(tags.get(volts).at, instant_from_ns(5));
  EXPECT_EQ(tags.get(volts).wall_ns, 7);
  EXPECT_EQ(tags.get(other).quality, Quality::good);
}

}  // namespace
}  // namespace standstill::link
