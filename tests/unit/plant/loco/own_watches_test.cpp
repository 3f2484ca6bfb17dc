// The watches without a sensor: signal, track, memory, loop; and what no CV can do to any of them.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <utility>
#include <vector>

#include "plant/loco/watches.hpp"
#include "unit/plant/loco/scene.hpp"

namespace standstill::loco {
namespace {

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

// One packet, and one cycle with power, begin the time anew: neither is less than nothing for having been
// rare.
TEST(LocoWatches, OnePacketOrOneCycleOfPowerBeginsTheTimeAnew) {
  for (const std::uint32_t cv : {44U, 45U}) {
    for (const std::int32_t value : values_of(cv)) {
      SCOPED_TRACE(std::to_string(cv) + " " + std::to_string(value));
      Scene scene;
      ASSERT_TRUE(scene.settings.write(cv, value).done);
      scene.chain.configure(scene.settings);
      scene.boot();
      scene.turns(50);
      for (int i = 0; i < 3; ++i) {
        if (cv == 44)
          scene.signal = false;
        else
          scene.input.track_volts = 0;
        scene.turns(value * 5);
        scene.signal = true;
        scene.input.track_volts = 16;
        scene.turn();
        EXPECT_EQ(scene.finding(cv == 44 ? Watched::signal : Watched::track).standing, Standing::clear);
      }
    }
  }
}

TEST(LocoWatches, S15_NoValueOfAnyCvTurnsAWatchOff) {
  EXPECT_TRUE(
      rc::check("whatever is written by whichever way: at the end of each documented range is a cause", [] {
        const auto writes = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(1, 100), rc::gen::inRange(-300, 2000)));
        Settings settings;
        for (const auto& [cv, value] : writes) {
          (void)settings.write(static_cast<std::uint32_t>(cv), value);
          (void)settings.write_dcc(static_cast<std::uint32_t>(cv), static_cast<std::uint8_t>(value));
        }
        const std::vector<std::pair<Watched, float>> ends{{Watched::logic, 90.0F},
                                                          {Watched::boiler, 130.0F},
                                                          {Watched::superheater, 280.0F},
                                                          {Watched::pressure, 220.0F}};
        const auto begun = [&settings](Scene& scene) {
          scene.noise = 0;
          scene.settings = settings;
          scene.chain.configure(settings);
          scene.boot();
          scene.turns(20);
        };
        for (const auto& [watch, end] : ends) {
          Scene scene;
          begun(scene);
          scene.read(watch, end);
          scene.turns(2);
          RC_ASSERT(scene.finding(watch) == limit);
        }
        Scene scene;
        begun(scene);
        scene.signal = false;
        scene.input.track_volts = 1.4F;
        scene.input.free_memory = 5119;
        scene.input.lateness = 21ms;
        scene.turn();
        RC_ASSERT(scene.finding(Watched::memory).standing == Standing::present);
        RC_ASSERT(scene.finding(Watched::loop).standing == Standing::present);
        scene.turns(251);  // 5 s and a cycle
        RC_ASSERT(scene.finding(Watched::signal).standing == Standing::present);
        RC_ASSERT(scene.finding(Watched::track).standing == Standing::present);
      }));
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

TEST(LocoWatches, MemoryIsBackHalfAKibibyteAboveItsLimitOnly) {
  Scene scene;
  scene.boot();
  scene.input.free_memory = 5119;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::memory).code, CauseCode::memory_low);
  scene.input.free_memory = 5631;
  scene.turns(5);
  EXPECT_EQ(scene.finding(Watched::memory).code, CauseCode::memory_low);
  scene.input.free_memory = 5632;
  scene.turn();
  EXPECT_EQ(scene.finding(Watched::memory), clear);
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

}  // namespace
}  // namespace standstill::loco
