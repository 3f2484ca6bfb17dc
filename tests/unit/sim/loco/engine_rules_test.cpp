// What single CVs and self-checks change in an engine on simulated rails.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/loco/rig.hpp"

namespace standstill::loco {
namespace {

using sim::loco::MemoryFlash;
using sim::loco::Rig;

TEST(LocoEngineRules, Cv11ClosesTheRegulatorWhenOnlyOthersAreSpokenTo) {
  Rig rig;
  ASSERT_TRUE(rig.drive(80));
  rig.type("CV11=1");
  rig.run(5s);
  EXPECT_GT(rig.opening(), 0.3) << "it is spoken to";
  rig.track.silent = true;  // from now on nobody speaks to it
  rig.run(900ms);
  EXPECT_GT(rig.opening(), 0.3);
  rig.run(400ms);
  EXPECT_EQ(rig.opening(), 0.0);
  EXPECT_EQ(rig.engine().chain().latch().state(), LatchState::running) << "it stops, and is not parked";
  for (int i = 0; i < 5; ++i) rig.track.send(dcc::functions0({3, false}, 1));
  rig.run(900ms);
  EXPECT_EQ(rig.opening(), 0.0) << "a lamp is switched on: no speed was commanded";
  rig.track.silent = false;
  rig.run(1s);
  EXPECT_GT(rig.opening(), 0.3) << "it was";
  rig.track.silent = true;
  rig.run(2s);
  EXPECT_EQ(rig.opening(), 0.0);
  // A shutdown whistles all the same.
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  rig.run(1s);
  EXPECT_NEAR(rig.opening(), 0.3, 0.01);
}

// The station goes on with the old address, and nobody could stop what was begun under it.
TEST(LocoEngineRules, AnotherAddressClosesTheRegulator) {
  const std::vector<std::vector<std::string>> ways{{"CV1=4"}, {"CV29=38"}, {"CV17=193", "CV18=7", "CV29=38"}};
  for (const auto& lines : ways) {
    SCOPED_TRACE(lines.back());
    Rig rig;
    ASSERT_TRUE(rig.drive(80));
    rig.run(5s);
    ASSERT_GT(rig.opening(), 0.3);
    for (const std::string& line : lines) rig.type(line);
    rig.run(1s);
    EXPECT_EQ(rig.opening(), 0.0);
    EXPECT_EQ(rig.engine().chain().latch().state(), LatchState::running);
    rig.run(20s);
    EXPECT_EQ(rig.model.speed, 0.0);
  }
  Rig rig;
  ASSERT_TRUE(rig.drive(80));
  rig.run(5s);
  for (const char* line : {"CV17=193", "CV1=3", "CV29=2"}) rig.type(line);  // not of the address it has
  rig.run(1s);
  EXPECT_GT(rig.opening(), 0.3);
}

TEST(LocoEngineRules, AnEncoderThatFallsSilentOpensNoRegulator) {
  Rig rig;
  ASSERT_TRUE(rig.drive(40));
  rig.type("CV52=1");
  rig.run(30s);
  ASSERT_GT(rig.model.speed, 0.1);
  rig.model.faults.encoder_dead = true;
  rig.run(4s);
  for (int i = 0; i < 600; ++i) {
    rig.run(100ms);
    ASSERT_LE(rig.opening(), 40.0 / 126 + 0.01) << i;
  }
  rig.model.faults.encoder_dead = false;
  rig.run(60s);
  EXPECT_NEAR(rig.model.speed, 0.742 * 40 / 126, 0.06) << "it holds the speed again";
}

// On a board whose processor stands still while flash is erased, 21 ms a sector.
TEST(LocoEngineRules, AnEraseOfItsOwnFlashParksNoStoppedEngine) {
  Rig rig;
  ASSERT_TRUE(rig.drive(40));
  rig.track.emergency = true;
  rig.run(1s);
  int standstills = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t before = rig.flash.erases;
    rig.type("CV88=" + std::to_string(10 + i % 20));
    rig.cycle();
    rig.execution = 1ms + (rig.flash.erases - before) * 21ms;
    standstills += rig.execution > cycle ? 1 : 0;
    rig.cycle();
    rig.execution = 1ms;
    ASSERT_FALSE(rig.engine().chain().sequence().running()) << i;
  }
  EXPECT_GT(standstills, 1);
  rig.execution = 43ms;  // its own doing, and nobody else's
  rig.cycle();
  EXPECT_TRUE(rig.engine().chain().sequence().running());
}

TEST(LocoEngineRules, MoreVariablesUnderWayThanFlashHasRoomForAreToldAndKeptOnceItIsSafe) {
  Rig rig;
  ASSERT_TRUE(rig.drive(40));
  const auto told = [&rig] {
    return std::ranges::count_if(
        rig.said, [](const std::string& line) { return line.starts_with("the flash is full"); });
  };
  int room = 0;
  for (; told() == 0 && room < 100; ++room) {
    rig.type("CV88=" + std::to_string(10 + room % 20));
    rig.cycle();
  }
  EXPECT_GT(room, 4);
  EXPECT_LT(room, 100);
  EXPECT_EQ(rig.flash.erases, 0U) << "never while it runs";
  ASSERT_EQ(rig.engine().chain().latch().state(), LatchState::running);
  rig.run(5s);
  EXPECT_EQ(told(), 1) << "once";
  const auto values = rig.engine().settings().values();
  rig.track.station = false;
  rig.run(8s);
  ASSERT_TRUE(rig.outputs().asleep);
  rig.track.station = true;
  rig.power_up();
  EXPECT_EQ(rig.engine().settings().values(), values);
}

// Whoever wrote often before has room again when it wakes up.
TEST(LocoEngineRules, APowerUpMakesRoomForVariables) {
  Rig rig;
  ASSERT_TRUE(rig.drive(40));
  for (int i = 0; i < 27; ++i) {
    rig.type("CV88=" + std::to_string(10 + i % 20));
    rig.cycle();
  }
  ASSERT_EQ(rig.flash.erases, 0U);
  ASSERT_TRUE(rig.drive(40));
  EXPECT_EQ(rig.flash.erases, 2U) << "both copies, one after the other";
  EXPECT_EQ(rig.engine().settings()[Cv::degraded_time], 16);
  rig.said.clear();
  for (int i = 0; i < 20; ++i) {
    rig.type("CV88=" + std::to_string(10 + i % 20));
    rig.cycle();
  }
  for (const std::string& line : rig.said) EXPECT_FALSE(line.starts_with("the flash")) << line;
  ASSERT_TRUE(rig.drive(40));
  EXPECT_EQ(rig.engine().settings()[Cv::degraded_time], 29);
}

TEST(LocoEngineRules, WithCv30At0ItClosesAtOnce) {
  Rig rig;
  ASSERT_TRUE(rig.drive(80));
  rig.type("CV30=0");
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  rig.run(1s);
  EXPECT_TRUE(rig.engine().chain().sequence().running());
  EXPECT_EQ(rig.opening(), 0.0);
}

TEST(LocoEngineRules, Cv31MovesEveryPositionOfTheServo) {
  for (const int offset : {-20, 0, 5}) {
    Rig rig;
    ASSERT_TRUE(rig.drive(80));
    rig.type("CV31=" + std::to_string(offset));
    rig.track.station = false;
    rig.run(3s);
    EXPECT_EQ(rig.outputs().drive.servo_tenths, 770 + (1280 - 770) * 30 / 100 + offset * 10) << "the whistle";
    rig.run(5s);
    EXPECT_EQ(rig.outputs().drive.servo_tenths, 770 + offset * 10) << "closed";
  }
}

TEST(LocoEngineRules, WithCv84At2ItSlowsDownBitByBit) {
  Rig rig;
  ASSERT_TRUE(rig.drive(126));
  rig.type("CV84=2");
  rig.run(10s);
  rig.model.faults.sensors[2] = sim::loco::Faults::Sensor::shorted;
  rig.run(200ms);
  double before = rig.opening();
  EXPECT_GT(before, 0.7);
  for (int i = 0; i < 4; ++i) {
    rig.run(1s);
    EXPECT_LT(rig.opening(), before - 0.05) << i;
    EXPECT_GT(rig.opening(), before - 0.25) << i;
    before = rig.opening();
    EXPECT_EQ(rig.outputs().drive.boiler_permille, 0);
  }
}

TEST(LocoEngineRules, TheValveGearIsNotThrownOverWhileTheWheelsTurn) {
  Rig rig;
  ASSERT_TRUE(rig.drive(80));
  rig.run(10s);
  ASSERT_GT(rig.model.speed, 0.1);
  rig.track.forward = false;
  rig.run(2s);
  EXPECT_TRUE(rig.outputs().drive.forward);
  EXPECT_GT(rig.model.speed, 0.0);
  rig.track.step = 0;
  rig.run(20s);
  EXPECT_FALSE(rig.outputs().drive.forward);
}

TEST(LocoEngineRules, NobodyIsAcknowledgedOnTheMainLine) {
  Rig rig;
  ASSERT_TRUE(rig.drive(20));
  rig.track.emergency = true;  // cold, so that no heater hides the pulse
  rig.run(1s);
  ASSERT_EQ(rig.outputs().drive.boiler_permille, 0);
  rig.track.send(dcc::cv_write({3, false}, 42, 120));
  rig.track.send(dcc::cv_write({3, false}, 42, 120));
  for (int i = 0; i < 20; ++i) {
    rig.cycle();
    EXPECT_FALSE(rig.outputs().acknowledge);
  }
  EXPECT_EQ(rig.engine().settings()[Cv::boiler_limit], 120);
}

// A bit of memory that changes by itself: the limit is not what anybody wrote.
TEST(LocoEngineRules, VariablesThatChangeByThemselvesParkItAndStarveTheWatchdog) {
  Rig rig;
  ASSERT_TRUE(rig.drive(80));
  ASSERT_TRUE(rig.outputs().feed);
  auto& memory = const_cast<Settings&>(rig.engine().settings());
  ASSERT_TRUE(memory.write(42, 126).done);
  rig.cycle();
  EXPECT_FALSE(rig.outputs().feed);
  EXPECT_EQ(rig.outputs().drive.boiler_permille, 0);
  EXPECT_TRUE(rig.engine().chain().sequence().running());
  EXPECT_EQ(rig.engine().chain().reason().view(), "SELF_CHECK(the CVs in memory changed by themselves)");
}

TEST(LocoEngineRules, ACycleThatWasNotInTimeFeedsNoWatchdog) {
  struct Quiet final : Lines {
    void say(std::string_view) override {}
  } quiet;
  MemoryFlash flash;
  Engine engine(flash, quiet);
  Instant now = instant_from_ns(1'000'000'000);
  engine.boot(now, BootReason::power_on);
  const auto fed = [&](Duration execution, Duration lateness) {
    now += cycle;
    Measured measured;
    measured.watch.execution = execution;
    measured.watch.lateness = lateness;
    return engine.decide(now, measured).feed;
  };
  EXPECT_TRUE(fed(20ms, 20ms));
  EXPECT_FALSE(fed(20ms + Duration{1}, 0ms));
  EXPECT_FALSE(fed(1ms, 20ms + Duration{1}));
  EXPECT_TRUE(fed(1ms, 0ms));
}

}  // namespace
}  // namespace standstill::loco
