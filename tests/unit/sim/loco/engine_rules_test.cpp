// What single CVs and self-checks change in an engine on simulated rails.
#include <gtest/gtest.h>

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
  rig.type("CV1=4");  // from now on the packets are for somebody else
  rig.run(900ms);
  EXPECT_GT(rig.opening(), 0.3);
  rig.run(400ms);
  EXPECT_EQ(rig.opening(), 0.0);
  EXPECT_EQ(rig.engine().chain().latch().state(), LatchState::running) << "it stops, and is not parked";
  // A shutdown whistles all the same.
  rig.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
  rig.run(1s);
  EXPECT_NEAR(rig.opening(), 0.3, 0.01);
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
