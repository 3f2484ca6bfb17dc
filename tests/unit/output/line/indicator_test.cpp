#include "output/line/indicator.hpp"

#include <gtest/gtest.h>

#include "output/line/gpio_line.hpp"

namespace standstill::output {
namespace {

constexpr Instant at(Duration since_boot) { return Instant(since_boot); }

static_assert(!indicator_light(plan::Pattern::off, at(1h)).lit &&
              indicator_light(plan::Pattern::off, at(1h)).changes == never);
static_assert(indicator_light(plan::Pattern::on, at(1h)).lit &&
              indicator_light(plan::Pattern::on, at(1h)).changes == never);

// Counts what somebody who watches the lamp for ten seconds sees, asking again only when it says so.
int flashes(plan::Pattern pattern, Instant from) {
  int count = 0;
  bool lit = indicator_light(pattern, from).lit;
  for (Instant time = from; time < from + 10s;) {
    const Light light = indicator_light(pattern, time);
    EXPECT_GT(light.changes, time) << "or the loop would spin";
    time = light.changes;
    const bool next = indicator_light(pattern, time).lit;
    EXPECT_NE(next, lit) << "asked again for nothing";
    count += next ? 1 : 0;
    lit = next;
  }
  return count;
}

TEST(Indicator, SlowIsOneHertzAndRapidIsFive) {
  for (const Duration from : {Duration(0), Duration(1h + 123456789ns), Duration(999ms)}) {
    EXPECT_NEAR(flashes(plan::Pattern::slow, at(from)), 10, 1);
    EXPECT_NEAR(flashes(plan::Pattern::rapid, at(from)), 50, 1);
  }
}

TEST(Indicator, AllLampsBlinkTogether) {
  for (Duration time = 0ms; time < 3s; time += 7ms)
    EXPECT_EQ(indicator_light(plan::Pattern::slow, at(time)).lit,
              indicator_light(plan::Pattern::slow, at(time + 5s)).lit);
}

TEST(GpioLine, AChipThatIsNotThereIsNamed) {
  plan::GpioLine where;
  where.chip = "/dev/no-such-gpiochip";
  where.line = 17;
  for (const auto& line :
       {GpioLine::request_output(where, false, "test"), GpioLine::request_input(where, "test")}) {
    ASSERT_FALSE(line);
    EXPECT_NE(line.error().find("/dev/no-such-gpiochip"), std::string::npos) << line.error();
  }
}

TEST(GpioLine, WithoutALineNothingIsSetAndNothingIsKnown) {
  EXPECT_FALSE(GpioLine().set(true));
  EXPECT_EQ(GpioLine().level(), std::nullopt) << "an unknown level is not low";
  EXPECT_FALSE(set_line(-1, false));
}

}  // namespace
}  // namespace standstill::output
