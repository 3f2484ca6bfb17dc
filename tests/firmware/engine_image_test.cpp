// The engine's own image, instruction by instruction in QEMU, against the same plant as the engine that is
// compiled for this machine: the same decision in every cycle.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/engine_faults.hpp"
#include "support/temporary_folder.hpp"
#include "tests/firmware/pair.hpp"

namespace standstill::firmware {
namespace {

class EngineImage : public testing::Test {
 protected:
  void SetUp() override { blank_flash(folder.path()); }
  test::TemporaryFolder folder;
};

TEST_F(EngineImage, DoesTheSameAsThisMachineInEveryCycleOfEveryScenario) {
  bool to_the_end = true;  // of the sequence; it is the same for all
  for (const test::EngineFault& one : test::engine_faults()) {
    SCOPED_TRACE(one.what);
    blank_flash(folder.path());
    Pair pair(folder.path());
    ASSERT_TRUE(pair.drive(80));
    ASSERT_EQ(pair.native().chain().latch().state(), LatchState::running);
    EXPECT_GT(pair.drove().boiler, 0);
    for (int i = 0; i < 2 && one.cv != 0; ++i)
      pair.rails.first.push_back(dcc::cv_write({3, false}, one.cv, one.value));
    ASSERT_TRUE(pair.run(200ms));
    pair.model.faults = one.faults;
    pair.rails.station = one.station;
    pair.rails.garbage = one.garbage;
    if (one.stands) pair.rails.step = 0;
    const Instant end = pair.now + one.within;
    while (!pair.parked() && pair.now < end) ASSERT_TRUE(pair.cycle());
    ASSERT_TRUE(pair.parked());
    EXPECT_EQ(pair.native().chain().reason().view().substr(0, one.reason.size()), one.reason);
    EXPECT_EQ(pair.drove().boiler, 0);
    EXPECT_GT(pair.drove().servo_tenths, closed);  // it vents
    if (!to_the_end) {
      ASSERT_TRUE(pair.run(200ms));
      EXPECT_TRUE(pair.said_the_same());
      continue;
    }
    to_the_end = false;
    ASSERT_TRUE(pair.run(5s));
    EXPECT_EQ(pair.drove().servo_tenths, closed);
    ASSERT_TRUE(pair.run(600ms));
    EXPECT_EQ(pair.drove().flags & 9, 8);  // asleep, the servo without power
    // It printed why.
    EXPECT_TRUE(pair.machine.says("STATE tripped 2 " + std::string(pair.native().chain().reason().view())))
        << pair.machine.said();
  }
}

TEST_F(EngineImage, DoesTheSameThroughEmergencyStopServiceModeAndVariables) {
  Pair pair(folder.path());
  ASSERT_TRUE(pair.drive(100));
  ASSERT_GT(pair.drove().servo_tenths, closed);
  pair.rails.emergency = true;
  ASSERT_TRUE(pair.run(300ms));
  EXPECT_EQ(pair.drove().servo_tenths, closed);
  EXPECT_EQ(pair.drove().boiler, 0);
  pair.rails.emergency = false;
  ASSERT_TRUE(pair.run(1s));
  EXPECT_EQ(pair.drove().boiler, 0) << "the old speed moves nothing";
  pair.rails.step = 0;
  ASSERT_TRUE(pair.run(3s));
  pair.rails.step = 40;
  ASSERT_TRUE(pair.run(2s));
  EXPECT_EQ(pair.native().chain().latch().state(), LatchState::running);
  for (const auto& [cv, value] : {std::pair{42, 105}, {46, 130}, {44, 3}, {200, 1}})  // taken, and refused
    for (int i = 0; i < 2; ++i)
      pair.rails.first.push_back(
          dcc::cv_write({3, false}, static_cast<std::uint16_t>(cv), static_cast<std::uint8_t>(value)));
  ASSERT_TRUE(pair.run(1s));
  for (int i = 0; i < 3; ++i) pair.rails.first.push_back(dcc::reset());
  for (int i = 0; i < 6; ++i) pair.rails.first.push_back(dcc::service_verify(42, 105));
  ASSERT_TRUE(pair.run(1s));
  EXPECT_TRUE(pair.said_the_same());
}

TEST_F(EngineImage, SilenceOnTheRailsShutsDownAtCv44) {
  for (const int value : {10, 20, 50}) {
    SCOPED_TRACE(value);
    blank_flash(folder.path());
    Pair pair(folder.path());
    ASSERT_TRUE(pair.drive(60));
    for (int i = 0; i < 2; ++i)
      pair.rails.first.push_back(dcc::cv_write({3, false}, 44, static_cast<std::uint8_t>(value)));
    ASSERT_TRUE(pair.run(1s));
    ASSERT_GT(pair.drove().boiler, 0);
    pair.rails.station = false;
    const Instant since = pair.now;
    while (pair.native().outputs().drive.boiler_permille != 0 && pair.now - since < 10s)
      ASSERT_TRUE(pair.cycle());
    const auto silent = to_ms(pair.now - since);
    EXPECT_EQ(pair.drove().boiler, 0);
    EXPECT_GT(silent, value * 100 - 20);  // its last packet may have ended a cycle before
    EXPECT_LE(silent, value * 100 + 40);
    EXPECT_EQ(pair.drove().superheater, 0);
  }
}

TEST_F(EngineImage, NinetyDegreesInTheElectronicsTurnTheHeatersOffWithinThirtyMilliseconds) {
  for (const bool late : {false, true}) {  // just before the reading between two cycles, or just after it
    SCOPED_TRACE(late);
    blank_flash(folder.path());
    Pair pair(folder.path());
    ASSERT_TRUE(pair.drive(60));
    ASSERT_GT(pair.drove().boiler, 0);
    if (late) {
      pair.in_the_middle = [&] { pair.model.electronics = 90; };
    } else {
      pair.model.electronics = 90;
    }
    ASSERT_TRUE(pair.cycle());
    if (late) {
      EXPECT_GT(pair.drove().boiler, 0) << "one reading is noise";
      pair.in_the_middle = nullptr;
      ASSERT_TRUE(pair.cycle());
    }
    EXPECT_EQ(pair.drove().boiler, 0);
    EXPECT_EQ(pair.drove().superheater, 0);
  }
}

TEST_F(EngineImage, TheLogAndTheCvsAreThereAfterAPowerCycle) {
  std::string reason;
  {
    Pair pair(folder.path());
    ASSERT_TRUE(pair.drive(60));
    for (int i = 0; i < 2; ++i) pair.rails.first.push_back(dcc::cv_write({3, false}, 42, 105));
    ASSERT_TRUE(pair.run(1s));
    ASSERT_TRUE(pair.machine.says("Updated CV42 (boiler limit) from 110 to 105 °C"));
    pair.rails.station = false;
    ASSERT_TRUE(pair.run(4s));
    reason = std::string(pair.native().chain().reason().view());
  }  // power goes in the middle of the sequence, after the log was saved
  Machine machine(folder.path(), "loco");
  ASSERT_TRUE(machine.started());
  Plant plant(machine);
  ASSERT_TRUE(plant.drive(std::chrono::seconds(60)));
  sim::loco::Model model;
  Instant now = instant_from_ns(1'000'000'000);
  ASSERT_TRUE(plant.send(now, model.measure(now), {}, {}));
  const std::string typed = "CV42?\nLOG\n";
  ASSERT_TRUE(machine.says("the CVs are as they were stored"));
  ASSERT_TRUE(
      machine.console.send(std::span(reinterpret_cast<const std::uint8_t*>(typed.data()), typed.size())));
  // Until it has answered: how fast bytes come to the board is the host's affair.
  for (int batch = 0; batch < 1000 && machine.said().find("trip dcc-signal") == std::string::npos; ++batch) {
    for (int i = 0; i < 10; ++i) {
      now += loco::cycle;
      ASSERT_TRUE(plant.send_cycle(now, model.measure(now), {}, 20ms));
    }
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(plant.drive(std::chrono::seconds(60)));
    machine.drain();
  }
  EXPECT_TRUE(machine.says("CV42=105")) << machine.said();
  EXPECT_TRUE(machine.says("LOG 2 " + reason)) << machine.said();
  EXPECT_TRUE(machine.says("trip dcc-signal signal_lost")) << machine.said();
}

TEST_F(EngineImage, AHangIsEndedByTheHardwareWatchdogAndItWakesUpParked) {
  Pair pair(folder.path());
  ASSERT_TRUE(pair.drive(60));
  ASSERT_GT(pair.drove().boiler, 0);
  pair.plant.strain = board::Strain::hangs;
  ASSERT_TRUE(pair.plant.send(pair.now + 20ms, pair.model.measure(pair.now), {}, {}));
  // Of the watchdog's first end, and what every start says first.
  for (const char* from : {"the NMI", "the start"}) {
    const auto drove = pair.plant.drive(std::chrono::seconds(120));
    ASSERT_TRUE(drove.has_value()) << from;
    EXPECT_EQ(drove->boiler, 0) << from;
  }
  pair.plant.strain = board::Strain::none;
  pair.plant.boot_reason = static_cast<std::uint8_t>(BootReason::watchdog);
  Instant now = instant_from_ns(1'000'000'000);
  ASSERT_TRUE(pair.plant.send(now, pair.model.measure(now), {}, {}));
  for (int i = 0; i < 200; ++i) {
    now += loco::cycle;
    const auto drove = pair.plant.cycle(now, pair.model.measure(now), {}, 20ms);
    ASSERT_TRUE(drove.has_value());
    ASSERT_EQ(drove->boiler, 0);
    ASSERT_EQ(drove->superheater, 0);
  }
  EXPECT_TRUE(pair.machine.says("RESET_BY_WATCHDOG")) << pair.machine.said();
}

}  // namespace
}  // namespace standstill::firmware
