#include "kernel/watch_limit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace standstill {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Instant start = instant_from_ns(1'000'000'000'000);

constexpr LimitSettings oil() {
  LimitSettings set;
  set.tag = "press.counter";
  set.high = 80000.0;
  set.hysteresis = 500.0;
  set.valid_low = 0.0;
  set.valid_high = 150000.0;
  set.warn_high = 70000.0;
  return set;
}

constexpr LimitSettings lasting(Duration time) {
  LimitSettings set = oil();
  set.lasting = time;
  return set;
}

// A watch and its time; every reading is made at the time it is judged.
struct Scene {
  LimitWatch watch;
  Instant time = start;

  constexpr explicit Scene(const LimitSettings& set = oil()) : watch(set) {}
  constexpr Finding reads(double value) { return watch.judge(time, {value, SampleQuality::good, time}); }
  constexpr bool stands(double value) { return reads(value).standing == Standing::present; }
  [[nodiscard]] std::string words() const { return std::string{watch.detail().view()}; }
};

constexpr Finding clear{Standing::clear, CauseCode::none, false};
constexpr Finding warned{Standing::clear, CauseCode::none, true};
constexpr Finding limit{Standing::present, CauseCode::limit, false};
constexpr Finding fault{Standing::present, CauseCode::sensor_fault, false};

// Scenarios that the compiler runs.
static_assert([] {
  Scene at;
  if (at.reads(79999.0) != warned) return false;
  if (at.reads(80000.0) != limit) return false;  // S7: trips at the limit itself
  if (at.reads(79500.0) != limit) return false;  // gone only below 79500
  return at.reads(79499.0) == warned;
}());
static_assert([] {
  Scene at(lasting(100ms));
  bool fine = !at.stands(80001.0);
  at.time += 99ms;
  fine = fine && !at.stands(80001.0);
  at.time += 1ms;
  return fine && at.stands(80001.0);
}());
static_assert(Scene{}.reads(nan) == fault);

struct Row {
  const char* name;
  double value;
  SampleQuality quality;
  Duration age;
  Finding finding;
};

class LimitTable : public testing::TestWithParam<Row> {};

TEST_P(LimitTable, S7) {
  const Row& row = GetParam();
  LimitSettings set = oil();
  set.low = 10.0;
  LimitWatch watch(set);
  EXPECT_EQ(watch.judge(start, {row.value, row.quality, start - row.age}), row.finding)
      << watch.detail().view();
}

constexpr SampleQuality good = SampleQuality::good;
INSTANTIATE_TEST_SUITE_P(
    Rows, LimitTable,
    testing::Values(Row{"between", 500.0, good, 0ms, clear},
                    Row{"below_high", std::nextafter(80000.0, 0.0), good, 0ms, warned},
                    Row{"at_high", 80000.0, good, 0ms, limit}, Row{"above_high", 80000.5, good, 0ms, limit},
                    Row{"at_warn", 70000.0, good, 0ms, warned}, Row{"below_warn", 69999.9, good, 0ms, clear},
                    Row{"at_low", 10.0, good, 0ms, limit}, Row{"below_low", 9.0, good, 0ms, limit},
                    Row{"above_low", 10.001, good, 0ms, clear}, Row{"at_valid_low", 0.0, good, 0ms, limit},
                    Row{"below_valid", -0.001, good, 0ms, fault},
                    Row{"at_valid_high", 150000.0, good, 0ms, limit},
                    Row{"above_valid", 150000.1, good, 0ms, fault}, Row{"nan", nan, good, 0ms, fault},
                    Row{"infinite", infinity, good, 0ms, fault},
                    Row{"minus_infinite", -infinity, good, 0ms, fault},
                    Row{"as_old_as_allowed", 500.0, good, 1000ms, clear},
                    Row{"too_old", 500.0, good, 1000ms + Duration{1}, fault},
                    Row{"from_the_future", 500.0, good, -1001ms, fault},
                    Row{"younger_than_the_turn", 500.0, good, -2ms, clear},
                    Row{"marked_stale", 500.0, SampleQuality::stale, 0ms, fault},
                    Row{"overflow", 500.0, SampleQuality::overflow, 0ms, fault},
                    Row{"out_of_range", 500.0, SampleQuality::out_of_range, 0ms, fault},
                    Row{"refused", 500.0, SampleQuality::refused, 0ms, fault},
                    Row{"no_link_yet",
                        500.0,
                        SampleQuality::no_link,
                        0ms,
                        {Standing::unknown, CauseCode::sensor_fault, false}}),
    [](const auto& row) { return row.param.name; });

TEST(LimitWatch, UnknownUntilTheFirstReading) {
  const LimitWatch watch(oil());
  EXPECT_EQ(watch.finding().standing, Standing::unknown);
  EXPECT_EQ(watch.detail().view(), "press.counter has not been read yet");
  EXPECT_EQ(watch.deadline(), never);
}

TEST(LimitWatch, NoiseAroundTheLimitIsOneCause) {
  Scene at;
  EXPECT_EQ(at.reads(80012.0), limit);
  for (const double noise : {79990.0, 80010.0, 79600.0, 79501.0, 80100.0, 79500.0}) {
    at.time += 10ms;
    EXPECT_EQ(at.reads(noise), limit) << noise;
  }
  EXPECT_EQ(at.reads(79499.9), warned);
  // Coming back up into the band is not a new cause
  EXPECT_EQ(at.reads(79900.0), warned);
}

TEST(LimitWatch, WithoutHysteresisItIsGoneJustBelow) {
  LimitSettings set = oil();
  set.hysteresis = 0.0;
  Scene at(set);
  EXPECT_TRUE(at.stands(80000.0));
  EXPECT_FALSE(at.stands(std::nextafter(80000.0, 0.0)));
}

TEST(LimitWatch, DurationStartsAgainWhenItDrops) {
  Scene at(lasting(100ms));
  // Above for 90 ms: shown as abnormal, no cause yet
  EXPECT_EQ(at.reads(80500.0), warned);
  EXPECT_EQ(at.watch.deadline(), start + 100ms);
  at.time += 90ms;
  EXPECT_EQ(at.reads(80500.0), warned);
  // One reading below the limit, still inside the hysteresis
  at.time += 5ms;
  EXPECT_EQ(at.reads(79999.0), warned);
  // Above again: another 100 ms
  at.time += 5ms;
  const Instant again = at.time;
  EXPECT_EQ(at.reads(80500.0), warned);
  at.time = again + 99ms;
  EXPECT_EQ(at.reads(80500.0), warned);
  at.time = again + 100ms;
  EXPECT_EQ(at.reads(80500.0), limit);
  EXPECT_EQ(at.words(), "press.counter is 80500.0, limit 80000.0, for 100 ms");
}

TEST(LimitWatch, FaultsDoNotWaitForTheDuration) {
  Scene at(lasting(10s));
  EXPECT_EQ(at.reads(500.0), clear);
  EXPECT_EQ(at.reads(-1.0), fault);
  EXPECT_EQ(at.words(), "press.counter is -1.0, outside of what its sensor can measure (0.0 to 150000.0)");
}

TEST(LimitWatch, AFaultBreaksTheDurationButEndsNoLimit) {
  Scene at(lasting(100ms));
  // The clock runs, then the sensor fails for a moment: 100 ms without a break have not been seen
  EXPECT_EQ(at.reads(80500.0), warned);
  at.time += 60ms;
  EXPECT_EQ(at.reads(nan), fault);
  at.time += 60ms;
  EXPECT_EQ(at.reads(80500.0), warned);
  at.time += 100ms;
  EXPECT_EQ(at.reads(80500.0), limit);
  // The sensor fails and comes back inside the hysteresis: the limit still stands
  EXPECT_EQ(at.reads(nan), fault);
  EXPECT_EQ(at.reads(79800.0), limit);
}

TEST(LimitWatch, AReadingThatStopsComingIsAFaultByItself) {
  Scene at;
  const Sample last{500.0, SampleQuality::good, start};
  EXPECT_EQ(at.watch.judge(start, last), clear);
  const Instant deadline = at.watch.deadline();
  EXPECT_EQ(at.watch.judge(deadline - Duration{1}, last), clear);
  EXPECT_EQ(at.watch.judge(deadline, last), fault);
  EXPECT_EQ(at.watch.judge(start + 1500ms, last), fault);
  EXPECT_EQ(at.words(), "press.counter was last read 1500 ms ago, at most 1000 ms are allowed");
}

TEST(LimitWatch, ALostLinkIsPresentAfterItWasRead) {
  Scene at;
  EXPECT_EQ(at.reads(500.0), clear);
  EXPECT_EQ(at.watch.judge(at.time, {500.0, SampleQuality::no_link, at.time}), fault);
  EXPECT_EQ(at.words(), "press.counter cannot be read: its link is not online");
}

TEST(LimitWatch, BandsThatOverlapStillEnd) {
  LimitSettings set;
  set.tag = "room.temperature";
  set.unit = "°C";
  set.high = 20.0;
  set.low = 10.0;
  set.hysteresis = 8.0;
  Scene at(set);
  EXPECT_TRUE(at.stands(20.0));
  EXPECT_TRUE(at.stands(12.0));
  EXPECT_FALSE(at.stands(11.9));
  EXPECT_TRUE(at.stands(10.0));
  EXPECT_EQ(at.words(), "room.temperature is 10.0 °C, limit 10.0 °C");
  EXPECT_TRUE(at.stands(18.0));
  EXPECT_EQ(at.words(), "room.temperature is 18.0 °C, limit 10.0 °C, gone only above 18.0 °C");
  EXPECT_FALSE(at.stands(18.1));
}

TEST(LimitWatch, WordsSayValueLimitAndUnit) {
  Scene at;
  (void)at.reads(80012.0);
  EXPECT_EQ(at.words(), "press.counter is 80012.0, limit 80000.0");
  (void)at.reads(79800.0);
  EXPECT_EQ(at.words(), "press.counter is 79800.0, limit 80000.0, gone only below 79500.0");
  (void)at.reads(1.0);
  const Verdict quiet = at.watch.update(at.time, {1.0, good, at.time});
  EXPECT_TRUE(quiet.detail.empty());
  const Verdict loud = at.watch.update(at.time, {70001.0, good, at.time});
  EXPECT_TRUE(loud.warn);
  EXPECT_EQ(loud.detail.view(), "press.counter is 70001.0, abnormal from 70000.0");
}

TEST(LimitWatch, ALimitThatIsNoNumberTripsInsteadOfNever) {
  LimitSettings set = oil();
  set.high = nan;
  Scene at(set);
  EXPECT_TRUE(at.stands(1.0));
}

TEST(LimitWatch, WarningHasTheSameHysteresis) {
  Scene at;
  EXPECT_TRUE(at.reads(70000.0).warn);
  EXPECT_TRUE(at.reads(69500.0).warn);
  EXPECT_FALSE(at.reads(69499.0).warn);
  EXPECT_FALSE(at.reads(69999.0).warn);
}

// Whatever came before: a reading at or above the limit, or one that is no good, is never clear (for lasting
// = 0).
TEST(LimitWatch, S7NothingBadIsEverClear) {
  EXPECT_TRUE(rc::check([] {
    Scene at;
    const auto values = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-2000, 160000));
    for (const int value : values) {
      at.time += 10ms;
      const bool stands = at.stands(value);
      if (value >= 80000 || value < 0) RC_ASSERT(stands);
      if (value >= 0 && value < 79500) RC_ASSERT(!stands);
    }
  }));
}

TEST(LimitWatch, S7_AReadingThatNeverCameIsASensorFaultOnceItIsOverdue) {
  Scene at;
  const auto nothing = [&](Instant awaited) { return at.watch.judge(at.time, {.awaited = awaited}); };
  at.time += 1h;
  EXPECT_EQ(nothing({}).standing, Standing::unknown) << "its link could not bring it yet";
  const Instant online = at.time;
  EXPECT_EQ(nothing(online).standing, Standing::unknown);
  EXPECT_EQ(at.watch.deadline(), online + 5s);
  at.time += 4999ms;
  EXPECT_EQ(nothing(online).standing, Standing::unknown);
  at.time += 1ms;
  EXPECT_EQ(nothing(online), fault);
  EXPECT_EQ(
      at.words(),
      "press.counter has never been read, although its link could for 5000 ms: does it have a value of that "
      "name?");
  EXPECT_EQ(at.reads(1.0), clear);
}

}  // namespace
}  // namespace standstill
