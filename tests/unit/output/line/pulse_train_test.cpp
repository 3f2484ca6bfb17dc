// The pulses of a charge-pump relay.
#include "output/line/pulse_train.hpp"

#include <gtest/gtest.h>

namespace standstill::output {
namespace {

constexpr Instant start = instant_from_ns(5'000'000'000);

TEST(PulseTrain, ChangesTheLevelOnceAHalfPeriod) {
  PulseTrain pulses;
  int edges = 0;
  bool level = false;
  for (Instant now = start; now < start + 1s; now += 1ms)
    if (const auto high = pulses.due(now, 10ms)) {
      EXPECT_NE(*high, level) << "a level set again is no edge";
      level = *high;
      ++edges;
    }
  EXPECT_EQ(edges, 100);
}

TEST(PulseTrain, ALoopThatStoodStillGivesOneEdgeAndNoBurst) {
  PulseTrain pulses;
  EXPECT_TRUE(pulses.due(start, 10ms));
  int edges = 0;
  for (Instant now = start + 500ms; now < start + 510ms; now += 100us) edges += pulses.due(now, 10ms) ? 1 : 0;
  EXPECT_EQ(edges, 1);
}

TEST(PulseTrain, SaysWhenTheNextOneIsDue) {
  PulseTrain pulses;
  EXPECT_TRUE(pulses.due(start, 25ms));
  EXPECT_EQ(pulses.next(), start + 25ms);
  EXPECT_FALSE(pulses.due(start + 24ms, 25ms));
  EXPECT_TRUE(pulses.due(start + 25ms, 25ms));
}

}  // namespace
}  // namespace standstill::output
