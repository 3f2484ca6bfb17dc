// Every watch below, at and above its limit, with noise and with a fault, at each CV's ends and default.
#include "plant/loco/watches.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <vector>

#include "unit/plant/loco/scene.hpp"

namespace standstill::loco {
namespace {

constexpr Finding clear{Standing::clear, CauseCode::none, false};
constexpr Finding limit{Standing::present, CauseCode::limit, false};
constexpr Finding fault{Standing::present, CauseCode::sensor_fault, false};

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

std::vector<std::int32_t> values_of(std::uint32_t cv) {
  const Variable& one = variables[static_cast<std::size_t>(index_of(cv))];
  return {one.low, one.initial, one.high};
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

TEST(LocoWatches, OneSampleOfAnythingIsNoise) {
  for (const LimitRow& row : limit_rows) {
    Scene scene;
    scene.boot();
    scene.turns(20);
    const float fine = scene.reading(row.watch).value;
    for (const float wild : {-1000.0F, 1e30F, std::numeric_limits<float>::quiet_NaN(), 500.0F, -40.0F}) {
      scene.read(row.watch, wild);
      scene.turn();
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << wild;
      scene.read(row.watch, fine);
      scene.turns(4);
      EXPECT_EQ(scene.finding(row.watch), clear) << row.word << wild;
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

TEST(LocoWatches, S7_TwoSamplesOfAFaultAreAFault) {
  for (const LimitRow& row : limit_rows) {
    const auto becomes = [&](auto&& breaks) {
      Scene scene;
      scene.boot();
      scene.turns(20);
      breaks(scene.reading(row.watch));
      scene.turns(2);
      EXPECT_EQ(scene.finding(row.watch), fault) << row.word;
      return std::string{scene.chain.watches().reason(row.watch).view()};
    };
    const std::string name{watch_names[static_cast<std::size_t>(row.watch)]};
    EXPECT_EQ(becomes([](Reading& one) { one.rail = Rail::low; }),
              "SENSOR_FAULT(" + name + ": at the low rail)");
    EXPECT_EQ(becomes([](Reading& one) { one.rail = Rail::high; }),
              "SENSOR_FAULT(" + name + ": at the high rail)");
    EXPECT_EQ(becomes([](Reading& one) { one.value = std::nanf(""); }),
              "SENSOR_FAULT(" + name + ": not a number)");
    EXPECT_EQ(becomes([](Reading& one) { one.value = std::numeric_limits<float>::infinity(); }),
              "SENSOR_FAULT(" + name + ": out of range)");
    EXPECT_EQ(becomes([](Reading& one) { one.value = -30; }), "SENSOR_FAULT(" + name + ": out of range)");
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

TEST(LocoWatches, TimeoutsAtEachEndOfTheirCv) {
  for (const std::uint32_t cv : {44U, 45U}) {
    for (const std::int32_t value : values_of(cv)) {
      Scene scene;
      ASSERT_TRUE(scene.settings.write(cv, value).done);
      scene.chain.configure(scene.settings);
      scene.boot();
      scene.turns(50);
      const Watched watch = cv == 44 ? Watched::signal : Watched::track;
      EXPECT_EQ(scene.finding(watch), clear);
      if (cv == 44)
        scene.signal = false;
      else
        scene.input.track_volts = 1.49F;
      // The last packet came in the cycle before; a low voltage counts from the first cycle that sees it.
      const int at_limit = value * 5 + (cv == 44 ? 0 : 1);
      scene.turns(at_limit);
      EXPECT_EQ(scene.finding(watch).standing, Standing::clear) << cv << " " << value;
      scene.turn();
      EXPECT_EQ(scene.finding(watch).standing, Standing::present) << cv << " " << value;
      EXPECT_EQ(scene.finding(watch).code, cv == 44 ? CauseCode::signal_lost : CauseCode::power_lost);
      EXPECT_EQ(scene.chain.watches().reason(watch).view(),
                (cv == 44 ? "DCC_TIMEOUT(" : "POWER_LOSS(") + std::to_string(value * 100 + 20) + "ms)");
    }
  }
}

TEST(LocoWatches, TrackPowerIsBackAtTwoVoltsOnly) {
  Scene scene;
  scene.boot();
  scene.input.track_volts = std::nanf("");
  scene.lasts(4s);
  EXPECT_EQ(scene.finding(Watched::track).standing, Standing::present);
  scene.input.track_volts = 1.9F;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::track).standing, Standing::present);
  scene.input.track_volts = 2.0F;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::track).standing, Standing::clear);
}

TEST(LocoWatches, MemoryAndLoopAtTheirLimits) {
  Scene scene;
  scene.boot();
  scene.input.free_memory = 5120;
  scene.input.execution = 20ms;
  scene.input.lateness = 20ms;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::memory), clear);
  EXPECT_EQ(scene.finding(Watched::loop), clear);
  scene.input.free_memory = 4900;
  scene.input.execution = 25ms;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::memory).code, CauseCode::memory_low);
  EXPECT_EQ(scene.chain.watches().reason(Watched::memory).view(), "MEMORY_EXHAUSTION(4900 bytes free)");
  EXPECT_EQ(scene.finding(Watched::loop).code, CauseCode::loop_overrun);
  EXPECT_EQ(scene.chain.watches().reason(Watched::loop).view(), "LOOP_OVERRUN(25ms > 20ms)");
  scene.input.execution = 1ms;
  scene.input.lateness = 21ms;
  scene.turn();
  EXPECT_EQ(scene.chain.watches().reason(Watched::loop).view(), "LOOP_OVERRUN(21ms > 20ms)");
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
