// Every sensor's watch below, at and above its limit, with noise and with a fault, at each CV's ends and
// default. The others: own_watches_test.cpp.
#include "plant/loco/watches.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <functional>
#include <vector>

#include "unit/plant/loco/scene.hpp"

namespace standstill::loco {
namespace {

struct LimitRow {
  Watched watch;
  std::uint32_t cv;
  std::string word;
  std::string unit;
  float hysteresis;
};
const std::vector<LimitRow> limit_rows{{Watched::logic, 41, "THERMAL_LOGIC_LIMIT", "°C", 3},
                                       {Watched::boiler, 42, "THERMAL_BOILER_LIMIT", "°C", 5},
                                       {Watched::superheater, 43, "THERMAL_SUPERHEATER_LIMIT", "°C", 10},
                                       {Watched::pressure, 35, "PRESSURE_LIMIT", "kPa", 10}};

// Warms up to `value` no faster than heat can.
void warm(Scene& scene, Watched watch, float value) {
  float& is = scene.reading(watch).value;
  while (std::fabs(value - is) > 0.4F) {
    is += value > is ? 0.4F : -0.4F;
    scene.turn();
  }
  is = value;
}

TEST(LocoWatches, EveryLimitBelowAtAndAboveAtEachEndOfItsCv) {
  for (const LimitRow& row : limit_rows) {
    for (const std::int32_t value : values_of(row.cv)) {
      Scene scene;
      scene.noise = 0;
      if (row.cv == 35) {
        ASSERT_TRUE(scene.settings.write(32, 70).done);
      }
      ASSERT_TRUE(scene.settings.write(row.cv, value).done);
      scene.chain.configure(scene.settings);
      scene.boot();
      const auto at = static_cast<float>(value);
      warm(scene, row.watch, at - 0.1F);
      EXPECT_EQ(scene.turns(3).heat, false);
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << value;
      scene.read(row.watch, at);
      scene.turn();
      EXPECT_EQ(scene.finding(row.watch), clear) << "one sample is noise";
      scene.turn();
      EXPECT_EQ(scene.finding(row.watch), limit)
          << row.word << value;  // at the limit itself, one cycle later
      const std::string text = std::to_string(value) + row.unit;
      EXPECT_EQ(scene.chain.watches().reason(row.watch).view(), row.word + "(" + text + " >= " + text + ")");
      // above, where the sensor still can measure it
      if (row.watch != Watched::superheater || value != 280) {
        scene.read(row.watch, at + 2);
        scene.turns(2);
        EXPECT_EQ(scene.finding(row.watch), limit);
        EXPECT_EQ(scene.chain.watches().reason(row.watch).view(),
                  row.word + "(" + std::to_string(value + 2) + row.unit + " > " + text + ")");
      }
      // its end: strictly below the hysteresis
      warm(scene, row.watch, at - row.hysteresis);
      scene.turns(3);
      EXPECT_EQ(scene.finding(row.watch), limit) << row.word << value;
      scene.read(row.watch, at - row.hysteresis - 0.2F);
      scene.turns(3);
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << value;
    }
  }
}

TEST(LocoWatches, ReasonsAreTheOnesOfThePage) {
  Scene scene;
  scene.noise = 0;
  scene.boot();
  warm(scene, Watched::boiler, 112);
  scene.turns(3);
  EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(), "THERMAL_BOILER_LIMIT(112°C > 110°C)");
}

// Booted, with the row's limit at `value` and everything below it.
void begin(Scene& scene, const LimitRow& row, std::int32_t value) {
  if (row.cv == 35) {
    ASSERT_TRUE(scene.settings.write(32, 70).done);
  }
  ASSERT_TRUE(scene.settings.write(row.cv, value).done);
  scene.chain.configure(scene.settings);
  scene.boot();
  scene.turns(20);
}

TEST(LocoWatches, OneSampleOfAnythingIsNoiseAtEachEndOfItsCv) {
  for (const LimitRow& row : limit_rows) {
    for (const std::int32_t value : values_of(row.cv)) {
      SCOPED_TRACE(row.word + std::to_string(value));
      Scene scene;
      begin(scene, row, value);
      const float fine = scene.reading(row.watch).value;
      for (const float wild : {-1000.0F, 1e30F, std::numeric_limits<float>::quiet_NaN(), 500.0F, -40.0F,
                               static_cast<float>(value), static_cast<float>(value) + 1}) {
        scene.read(row.watch, wild);
        scene.turn();
        EXPECT_EQ(scene.finding(row.watch), clear) << wild;
        scene.read(row.watch, fine);
        scene.turns(4);
        EXPECT_EQ(scene.finding(row.watch), clear) << wild;
      }
      for (const Rail rail : {Rail::low, Rail::high}) {
        scene.reading(row.watch).rail = rail;
        scene.turn();
        EXPECT_EQ(scene.finding(row.watch), clear);
        scene.reading(row.watch).rail = Rail::none;
        scene.turns(4);
      }
    }
  }
}

TEST(LocoWatches, OfTwoReadingsBesideAWrongOneTheMoreDangerousCounts) {
  for (const LimitRow& row : limit_rows) {
    Scene scene;
    scene.noise = 0;
    begin(scene, row, variables[static_cast<std::size_t>(index_of(row.cv))].initial);
    const auto at = static_cast<float>(scene.settings.values()[static_cast<std::size_t>(index_of(row.cv))]);
    warm(scene, row.watch, at - 1);
    scene.turns(3);
    scene.read(row.watch, at + 0.5F);
    scene.turn();
    EXPECT_EQ(scene.finding(row.watch), clear) << row.word << "one of three";
    scene.read(row.watch, std::nanf(""));
    scene.turn();
    EXPECT_EQ(scene.finding(row.watch), limit) << row.word;
  }
}

// One reading between two cycles and one at each cycle: a real excess has its two readings within 30 ms, in
// whichever phase it comes, and one wild reading of either kind is still noise.
TEST(LocoWatches, AnExcessInAnyPhaseIsSeenWithinThirtyMilliseconds) {
  for (const LimitRow& row : limit_rows) {
    const auto begun = [](Scene& scene) {
      scene.between = true;
      scene.boot();
      scene.turns(20);
    };
    {
      Scene scene;
      begun(scene);
      scene.in_the_middle = [&] { scene.read(row.watch, 500.0F); };
      scene.turn();
      scene.in_the_middle = nullptr;
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << "one reading, at the cycle itself";
      scene.turn();
      EXPECT_NE(scene.finding(row.watch), clear) << row.word << "half a cycle before it, 30 ms ago";
    }
    {
      Scene scene;
      begun(scene);
      scene.read(row.watch, 500.0F);
      scene.turn();
      EXPECT_NE(scene.finding(row.watch), clear) << row.word << "both of this cycle's, 20 ms ago";
    }
    {
      Scene scene;
      begun(scene);
      const float fine = scene.reading(row.watch).value;
      scene.read(row.watch, 500.0F);
      scene.in_the_middle = [&] { scene.read(row.watch, fine); };
      scene.turn();
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << "only the one between two cycles";
      scene.in_the_middle = nullptr;
      scene.turns(4);
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word;
    }
  }
}

// A reading in thousandths, to the nearest: what the board gives as a float must not be a hair off its limit.
TEST(LocoWatches, ReadingsAreRoundedToThousandths) {
  constexpr SensorRules rules{"t", "°C", -100'000, 70'000'000, 70'000'000, 300s, 0, 0, 0};
  const std::pair<float, Milli> rows[]{{0.0F, 0},
                                       {-0.0F, 0},
                                       {0.0004F, 0},
                                       {0.0006F, 1},
                                       {-0.0006F, -1},
                                       {75.0F, 75'000},
                                       {74.9996F, 75'000},
                                       {-7.0F, -7'000},
                                       {109.9994F, 109'999},
                                       {1e-30F, 0},
                                       {65535.0F, 65'535'000},
                                       {0.5F, 500}};
  for (const auto& [value, milli] : rows) {
    Sensor sensor(rules);
    const Instant begun = instant_from_ns(1'000'000'000);
    sensor.update(begun, {value, Rail::none, begun}, {});
    sensor.update(begun + cycle, {value, Rail::none, begun + cycle}, {});
    EXPECT_EQ(sensor.flaw(), Flaw::none) << value;
    EXPECT_EQ(sensor.value(), milli) << value;
  }
}

TEST(LocoWatches, S7_TwoSamplesOfAFaultAreAFaultAtEachEndOfItsCv) {
  const std::vector<std::pair<std::function<void(Reading&)>, std::string>> faults{
      {[](Reading& one) { one.rail = Rail::low; }, "at the low rail"},
      {[](Reading& one) { one.rail = Rail::high; }, "at the high rail"},
      {[](Reading& one) { one.value = std::nanf(""); }, "not a number"},
      {[](Reading& one) { one.value = std::numeric_limits<float>::infinity(); }, "out of range"},
      {[](Reading& one) { one.value = -30; }, "out of range"}};
  for (const LimitRow& row : limit_rows) {
    const std::string name{watch_names[static_cast<std::size_t>(row.watch)]};
    for (const std::int32_t value : values_of(row.cv))
      for (const auto& [breaks, what] : faults) {
        SCOPED_TRACE(row.word + std::to_string(value) + what);
        Scene scene;
        begin(scene, row, value);
        breaks(scene.reading(row.watch));
        scene.turns(2);
        EXPECT_EQ(scene.finding(row.watch), fault);
        EXPECT_EQ(scene.chain.watches().reason(row.watch).view(), "SENSOR_FAULT(" + name + ": " + what + ")");
      }
  }
}

TEST(LocoWatches, ARangeIncludesItsEnds) {
  const std::vector<std::tuple<Watched, float, float>> rows{{Watched::logic, 0.0F, 100.0F},
                                                            {Watched::boiler, 0.0F, 150.0F},
                                                            {Watched::superheater, 0.0F, 280.0F},
                                                            {Watched::pressure, -7.0F, 250.0F}};
  for (const auto& [watch, low, high] : rows) {
    for (const auto& [value, good] :
         {std::pair{low, true}, {low - 0.01F, false}, {high, true}, {high + 0.01F, false}}) {
      Scene scene;
      scene.noise = 0;
      scene.read(watch, value);
      scene.boot();
      scene.turns(4);
      EXPECT_EQ(scene.finding(watch).code != CauseCode::sensor_fault, good)
          << watch_names[static_cast<std::size_t>(watch)] << value;
    }
  }
}

TEST(LocoWatches, S7_AReadingOlderThanAHundredMillisecondsIsAFault) {
  Scene scene;
  scene.boot();
  scene.turns(10);
  scene.fresh = false;
  scene.turns(5);
  EXPECT_EQ(scene.finding(Watched::boiler), clear);  // 100 ms old
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::boiler), fault);  // 120 ms
  EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(), "SENSOR_FAULT(boiler: no new reading)");
}

// A clock that went wrong hides no converter that stopped.
TEST(LocoWatches, S7_AReadingOfTheFutureIsNone) {
  constexpr SensorRules rules{"t", "°C", 0, 150'000, 6'000, 10s, 300, 8'000, 90'000};
  Sensor sensor(rules);
  Instant now = instant_from_ns(1'000'000'000);
  for (int i = 0; i < 10; ++i) {
    sensor.update(now, {80, Rail::none, now}, {});
    now += cycle;
  }
  EXPECT_EQ(sensor.flaw(), Flaw::none);
  for (int i = 0; i < 6; ++i) {
    sensor.update(now, {80, Rail::none, now + 1h}, {});
    now += cycle;
  }
  EXPECT_EQ(sensor.flaw(), Flaw::stale);
}

TEST(LocoWatches, AJumpThatHeatCannotMakeIsAFaultUnlessItIsAnExcess) {
  Scene scene;
  scene.boot();
  scene.turns(20);
  scene.read(Watched::boiler, 25);  // an open thermistor reads cold
  scene.turns(2);
  EXPECT_EQ(scene.finding(Watched::boiler), fault);
  EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(), "SENSOR_FAULT(boiler: jumps)");
  Scene other;
  other.boot();
  other.turns(20);
  other.read(Watched::logic, 90);
  other.turns(2);
  EXPECT_EQ(other.finding(Watched::logic), limit);
}

TEST(LocoWatches, AHeatedSensorThatNeverMovesIsFrozen) {
  Scene scene;
  scene.noise = 0;
  scene.boot();
  scene.input.boiler_permille = 300;
  scene.lasts(9900ms);
  EXPECT_EQ(scene.finding(Watched::boiler), clear);
  scene.lasts(200ms);
  EXPECT_EQ(scene.finding(Watched::boiler), fault);
  EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(),
            "SENSOR_FAULT(boiler: frozen while heated)");
  EXPECT_EQ(scene.finding(Watched::superheater), clear);  // its heater is off
}

// The electronics' has no heater that could excuse it.
TEST(LocoWatches, ASensorWithoutAHeaterThatNeverMovesIsFrozen) {
  Scene scene;
  scene.noise = 0;
  scene.boot();
  scene.lasts(299s);
  EXPECT_EQ(scene.finding(Watched::logic), clear);
  scene.lasts(2s);
  EXPECT_EQ(scene.finding(Watched::logic), fault);
  EXPECT_EQ(scene.finding(Watched::boiler), clear) << "cold, it may stand still";
}

TEST(LocoWatches, ASensorThatDoesNotFollowItsHeaterIsAFault) {
  Scene scene;
  scene.read(Watched::boiler, 25);
  scene.boot();
  scene.input.boiler_permille = 800;
  scene.lasts(19s);
  EXPECT_EQ(scene.finding(Watched::boiler), clear);
  scene.lasts(2s);
  EXPECT_EQ(scene.finding(Watched::boiler), fault);
  EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(),
            "SENSOR_FAULT(boiler: does not follow its heater)");
  Scene warming;
  warming.read(Watched::boiler, 25);
  warming.boot();
  warming.turns(3);
  warming.input.boiler_permille = 800;
  for (int i = 0; i < 3000; ++i) {
    warming.reading(Watched::boiler).value += 0.0005F;  // half a degree in 20 s
    warming.turn();
    ASSERT_EQ(warming.finding(Watched::boiler), clear) << i;
  }
}

// A heater whose switch is welded: off for 20 s by its orders, and its sensor rises all the same.
TEST(LocoWatches, ASensorThatRisesSteeplyWithoutItsHeaterIsAFault) {
  for (const auto& [rise, faulty] : {std::pair{7.5F, false}, {8.5F, true}}) {  // °C in 20 s; 8 is the most
    Scene scene;
    scene.boot();
    scene.input.boiler_permille = 800;
    for (int i = 0; i < 1050; ++i) {
      scene.reading(Watched::boiler).value += 0.001F;
      scene.turn();
    }
    ASSERT_EQ(scene.finding(Watched::boiler), clear);
    scene.input.boiler_permille = 0;
    scene.read(Watched::boiler, 60);
    scene.turns(40);  // over the jump
    scene.lasts(20s);
    ASSERT_EQ(scene.finding(Watched::boiler), clear) << "the heater's own warmth goes on to come";
    for (int i = 0; i < 2100; ++i) {
      scene.reading(Watched::boiler).value += rise / 1000;
      scene.turn();
    }
    EXPECT_EQ(scene.finding(Watched::boiler), faulty ? fault : clear) << rise;
    if (faulty) {
      EXPECT_EQ(scene.chain.watches().reason(Watched::boiler).view(),
                "SENSOR_FAULT(boiler: does not follow its heater)");
    }
  }
}

TEST(LocoWatches, AColdBoilerNeedNoPressureAndABoilingOneDoes) {
  Scene scene;
  scene.read(Watched::pressure, 0);
  scene.input.boiler_permille = 800;
  scene.boot();
  for (int i = 0; i < 1900; ++i) {  // up to where its water boils
    if (scene.reading(Watched::boiler).value < 91) scene.reading(Watched::boiler).value += 0.01F;
    scene.turn();
  }
  EXPECT_EQ(scene.finding(Watched::pressure), clear);
  scene.read(Watched::boiler, 95);
  scene.lasts(21s);
  EXPECT_EQ(scene.finding(Watched::pressure), fault);  // unplugged inside, it reads 0 for ever
}

TEST(LocoWatches, BeforeAnythingIsKnownEverythingIsUnknownOrPresent) {
  Watches watches;
  const Instant now = instant_from_ns(1'000'000);
  const Watches::Findings& findings = watches.judge(now, {});
  for (std::size_t i = 0; i < watch_count; ++i) {  // the loop's own time is known from its first cycle on
    if (static_cast<Watched>(i) != Watched::loop) {
      EXPECT_TRUE(counts_as_present(findings[i].standing)) << i;
    }
  }
}

TEST(LocoWatches, WhateverTheFloatsARealExcessIsSeenWithinTwoCycles) {
  EXPECT_TRUE(rc::check("any history of readings, then two at or above the limit: a cause", [] {
    Scene scene;
    scene.boot();
    const auto bits = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t one : bits) {
      float value = 0;
      static_assert(sizeof value == sizeof one);
      std::memcpy(&value, &one, sizeof value);
      scene.read(Watched::boiler, value);
      scene.turn();
    }
    scene.read(Watched::boiler, 110.5F + static_cast<float>(*rc::gen::inRange(0, 30)));
    scene.turns(2);
    RC_ASSERT(scene.finding(Watched::boiler).standing == Standing::present);
  }));
}

}  // namespace
}  // namespace standstill::loco
