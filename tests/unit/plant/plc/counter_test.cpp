#include "plant/plc/counter.hpp"

#include <gtest/gtest.h>

#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::Wire;

class PlcCounter : public testing::Test {
 protected:
  Counter counter(const std::string& address, Duration every = 500ms) {
    return {wire.session, s7::parse_address(address).value(), every,
            [this](const std::string& trouble) { told.push_back(trouble); }};
  }
  std::string value(const std::string& address) { return wire.cpu.memory().get(address).value_or("?"); }

  Wire wire;
  std::vector<std::string> told;
};

TEST_F(PlcCounter, CountsUpOnItsBeatAndNeverTwiceInOne) {
  wire.connect();
  auto beat = counter("DB10.DBW0:INT");
  beat.online(wire.now);
  beat.turn(wire.now);
  wire.exchange();
  EXPECT_EQ(value("DB10.DBW0:INT"), "1");
  beat.turn(wire.now + 499ms);
  wire.exchange();
  EXPECT_EQ(value("DB10.DBW0:INT"), "1");
  EXPECT_EQ(beat.due(), wire.now + 500ms);
  wire.now += 2200ms;  // a loop that stood still makes nothing up
  beat.turn(wire.now);
  beat.turn(wire.now);
  wire.exchange();
  EXPECT_EQ(value("DB10.DBW0:INT"), "2");
  EXPECT_EQ(told, (std::vector<std::string>{"", ""}));
}

TEST_F(PlcCounter, NeverGoesBackToZeroAndFitsItsType) {
  wire.connect();
  auto beat = counter("DB10.DBB0:SINT", 1ms);
  beat.online(wire.now);
  std::string largest;
  for (int i = 1; i <= 127; ++i, wire.now += 1ms) {
    beat.turn(wire.now);
    wire.exchange();
  }
  EXPECT_EQ(value("DB10.DBB0:SINT"), "127");
  beat.turn(wire.now);
  wire.exchange();
  EXPECT_EQ(value("DB10.DBB0:SINT"), "1");
}

TEST_F(PlcCounter, ASlowPlcGetsNoQueueOfOldCounts) {
  wire.connect();
  auto beat = counter("DB10.DBW0:UINT");
  beat.online(wire.now);
  const auto before = wire.session.requests();
  for (int i = 0; i < 5; ++i, wire.now += 100ms) beat.turn(wire.now);
  wire.now += 500ms;
  beat.turn(wire.now);
  EXPECT_EQ(wire.session.requests(), before + 1) << "the first was not answered yet";
  wire.exchange();
  wire.now += 500ms;
  beat.turn(wire.now);
  wire.exchange();
  EXPECT_EQ(value("DB10.DBW0:UINT"), "2");
}

TEST_F(PlcCounter, ARefusalIsToldAndALossIsTheLinks) {
  wire.connect();
  auto beat = counter("DB99.DBW0:INT");
  beat.online(wire.now);
  beat.turn(wire.now);
  wire.exchange();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("plc:102: DB99.DBW0:INT: the PLC has no such block")) << told[0];
  wire.now += 500ms;
  beat.turn(wire.now);
  wire.carry_out();
  wire.end();
  EXPECT_EQ(told.size(), 1U);
  // The next connection goes on where this one was.
  wire.connect();
  beat.online(wire.now);
  beat.turn(wire.now);
  EXPECT_EQ(beat.value(), 3U);
}

TEST_F(PlcCounter, OnlyAWholeNumberCanBeCounted) {
  const auto largest = [](const char* address) {
    return s7::largest_count(s7::parse_address(address).value());
  };
  EXPECT_EQ(largest("MB1"), 255U);
  EXPECT_EQ(largest("MW2:INT"), 32767U);
  EXPECT_EQ(largest("DB1.DBD0"), 4294967295U);
  EXPECT_EQ(largest("DB1.DBD0:DINT"), 2147483647U);
  EXPECT_EQ(largest("DB1.DBB0:ULINT"), 18446744073709551615U);
  for (const char* none :
       {"M1.0", "MD4:REAL", "DB1.DBW0:INT[2]", "DB2.DBB0:STRING[20]", "DB1.DBD0:TIME", "T5"})
    EXPECT_FALSE(largest(none)) << none;
}

}  // namespace
}  // namespace standstill::plc
