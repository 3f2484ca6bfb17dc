// `standstill loco` on real drivers: temperatures through lm75 (hwmon), converters through ti-ads1015 (IIO),
// heaters and servo through pwm-pca9685, rails through GPIO interrupts. What an output does is read from the
// chip's own registers, past the driver.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "hil/guest/chain.hpp"
#include "hil/guest/engine.hpp"
#include "hil/guest/line_record.hpp"

namespace standstill::hil {
namespace {

constexpr int closed_us = 1427,
              vent_us = 1512;  // CV46 = 77°, CV46 + (CV47 − CV46) × CV48 %: of 180°, from 1000 to 2000 µs

// The chip has 4096 steps of 4.9 µs.
bool near(int pulse, int wanted) { return pulse >= wanted - 6 && pulse <= wanted + 6; }

// From now until the heaters' outputs are off, in ms of guest time.
std::int64_t ms_to_cold(const Engine& engine, std::int64_t from_us) {
  while (!engine.cold() && boot_us() - from_us < 20'000'000) ::usleep(1'000);
  return (boot_us() - from_us) / 1000;
}

TEST(Engine, S4_ItIsColdUntilASpeedIsCommandedAndThenRuns) {
  Engine engine;
  EXPECT_TRUE(until([&] { return engine.state() == "ready"; }, 30s)) << engine.about();
  EXPECT_TRUE(engine.cold()) << engine.about();
  EXPECT_TRUE(near(engine.pulse(), closed_us)) << engine.about();
  ASSERT_TRUE(engine.drive()) << engine.about();
  EXPECT_GT(engine.pwm.duty(Engine::superheater_heater), 0);
  engine.end();
  EXPECT_TRUE(engine.cold()) << engine.about();
  EXPECT_EQ(engine.pulse(), 0) << engine.about();
}

TEST(Engine, S7_AnExcessTurnsTheHeatersOffAndParksTheEngine) {
  Engine engine;
  ASSERT_TRUE(engine.drive()) << engine.about();
  const std::int64_t hot = boot_us();
  engine.logic.set(90);
  EXPECT_LE(ms_to_cold(engine, hot), 40) << engine.about();
  EXPECT_TRUE(until([&] { return near(engine.pulse(), vent_us); }, 1s)) << engine.about();
  EXPECT_TRUE(stays([&] { return near(engine.pulse(), vent_us); }, 4s))
      << "it vents for 5 s: " << engine.about();
  EXPECT_TRUE(until([&] { return near(engine.pulse(), closed_us); }, 2s)) << engine.about();
  EXPECT_TRUE(until([&] { return engine.pulse() == 0; }, 2s)) << engine.about();
  EXPECT_EQ(engine.reason(), "THERMAL_LOGIC_LIMIT(90°C > 75°C)") << engine.about();
}

TEST(Engine, S8_ASilentStationParksIt) {
  Engine engine;
  ASSERT_TRUE(engine.drive()) << engine.about();
  const std::int64_t silent = boot_us();
  engine.station.fall_silent();
  const std::int64_t took = ms_to_cold(engine, silent);
  EXPECT_GT(took, 1700) << engine.about();
  EXPECT_LE(took, 2100) << "CV44 is 2 s: " << engine.about();
  EXPECT_TRUE(until([&] { return engine.reason().starts_with("DCC_TIMEOUT(20"); })) << engine.about();
}

TEST(Engine, S7_ASensorThatIsGoneIsAFault) {
  for (const bool converter : {false, true}) {
    Engine engine;
    ASSERT_TRUE(engine.drive()) << engine.about();
    const std::int64_t gone = boot_us();
    converter ? engine.superheater.unplug() : engine.boiler.unplug();
    EXPECT_LE(ms_to_cold(engine, gone), 200) << "stale after 100 ms: " << engine.about();
    EXPECT_TRUE(until([&] { return engine.reason().starts_with("SENSOR_FAULT("); })) << engine.about();
  }
}

TEST(Engine, S2_WhicheverProcessDiesTheOutputsAreSafe) {
  struct Blow {
    const char* name;
    bool keeper;
    int signal;
    int within_ms;
  };
  for (const Blow& blow :
       {Blow{"loop killed", false, SIGKILL, 130}, Blow{"loop stopped", false, SIGSTOP, 130},
        Blow{"keeper killed", true, SIGKILL, 60}}) {
    SCOPED_TRACE(blow.name);
    Engine engine;
    ASSERT_TRUE(engine.drive()) << engine.about();
    const std::int64_t struck = boot_us();
    ::kill(blow.keeper ? engine.keeper() : engine.loop(), blow.signal);
    EXPECT_LE(ms_to_cold(engine, struck), blow.within_ms) << engine.about();
    EXPECT_TRUE(until([&] { return engine.pulse() == 0; }, 3s)) << engine.about();
    EXPECT_TRUE(stays([&] { return engine.cold() && engine.pulse() == 0; }, 500ms)) << engine.about();
  }
}

// The kernel skips what it believes the chip to have, and this driver tells of no write that was lost: the
// off of a heater must reach the chip again and again, and so must the pulse that keeps the regulator closed.
TEST(Engine, S7_AnOutputThatDidNotHearIsToldAgain) {
  Engine engine;
  ASSERT_TRUE(until([&] { return engine.state() == "ready"; }, 30s)) << engine.about();
  for (const int output : {Engine::boiler_heater, Engine::superheater_heater}) {
    const std::int64_t lost = boot_us();
    engine.pwm.forget(output, 2048);
    ASSERT_FALSE(engine.cold());
    EXPECT_LE(ms_to_cold(engine, lost), 45) << output << engine.about();
  }
  engine.pwm.forget(Engine::servo, 400);
  EXPECT_TRUE(until([&] { return near(engine.pulse(), closed_us); }, 1s)) << engine.about();
  // And the keeper's, whose loop said the same before it died.
  ::kill(engine.loop(), SIGKILL);
  engine.pwm.forget(Engine::boiler_heater, 2048);
  EXPECT_TRUE(until([&] { return engine.cold() && engine.pulse() == 0; }, 3s)) << engine.about();
  EXPECT_TRUE(stays([&] { return engine.cold() && engine.pulse() == 0; }, 200ms)) << engine.about();
}

TEST(Engine, APwmChipThatIsGoneParksIt) {
  Engine engine;
  ASSERT_TRUE(engine.drive()) << engine.about();
  engine.pwm.unplug();
  EXPECT_TRUE(until([&] { return engine.reason().starts_with("OUTPUT_FAILED("); })) << engine.about();
}

TEST(Engine, S9_WhatIsTypedReachesIt) {
  Engine engine;
  ASSERT_TRUE(engine.drive()) << engine.about();
  EXPECT_TRUE(engine.answers("CV42=120", "Updated CV42 (boiler limit) from 110 to 120 °C")) << engine.about();
  const std::int64_t typed = boot_us();
  EXPECT_TRUE(engine.answers("STOP", "stopping"));
  EXPECT_LE(ms_to_cold(engine, typed), 60) << engine.about();
  EXPECT_TRUE(until([&] { return near(engine.pulse(), closed_us); }, 1s)) << "no whistle: " << engine.about();
}

}  // namespace
}  // namespace standstill::hil
