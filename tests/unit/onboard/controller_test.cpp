// An engine whose sensors, heaters, servo and rails are files of a folder that is shaped like the kernel's.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "onboard/flash_file.hpp"
#include "onboard/keeper.hpp"
#include "onboard/sysfs.hpp"
#include "os/clock.hpp"
#include "unit/onboard/machine.hpp"

namespace standstill::onboard {
namespace {

TEST(OnboardSysfs, AWildcardMustFitOneFile) {
  const test::TemporaryFolder folder;
  EXPECT_NE(find_one(folder / "iio:device*/in_raw").error().find("is not there"), std::string::npos);
  for (const char* one : {"a1", "a2"}) std::ofstream(folder / one) << "1\n";
  EXPECT_EQ(*find_one(folder / "a1"), folder / "a1");
  EXPECT_EQ(*find_one(folder / "a1*"), folder / "a1");
  EXPECT_NE(find_one(folder / "a*").error().find("fits 2 files"), std::string::npos);
}

TEST(OnboardSysfs, S7_WhatIsNoWholeNumberIsNoReading) {
  const test::TemporaryFolder folder;
  for (const auto& [text, good] : {std::pair{"48500\n", true},
                                   {"-7", true},
                                   {"", false},
                                   {"nan\n", false},
                                   {"12x\n", false},
                                   {"99999999999999999999\n", false},
                                   {"1.5\n", false}}) {
    std::ofstream(folder / "file") << text;
    const auto file = NumberFile::open(folder / "file");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->read().has_value(), good) << text;
  }
}

// The kernel skips what changes nothing (drivers/pwm/core.c): each time one of the two files must say
// something new, and a duty that is off must be so in both.
TEST(OnboardPwm, S7_WhatIsSaidAgainIsNewsForTheKernel) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  auto pwm = Pwm::open(machine.folder / "pwm/pwmchip*", 0, 20'000'000);
  ASSERT_TRUE(pwm) << pwm.error();
  const auto said = [&] { return std::pair{machine.duty(0), machine.get("pwm/pwmchip0/pwm0/period")}; };
  for (const long duty : {0L, 0L, 7'000'000L, 7'000'000L, 7'000'000L, 20'000'000L, 20'000'000L, 0L, 0L, 0L}) {
    const auto before = said();
    EXPECT_TRUE(pwm->set(static_cast<std::uint32_t>(duty)));
    EXPECT_NE(said(), before) << duty;
    EXPECT_EQ(said().first, duty);
    EXPECT_GE(said().second, 20'000'000);
    EXPECT_LE(said().second, 20'000'001);
  }
  machine.put("pwm/pwmchip0/pwm0/duty_cycle", "9000000");  // somebody else's
  EXPECT_TRUE(pwm->set(0));
  EXPECT_EQ(machine.duty(0), 0);
  EXPECT_TRUE(pwm->set(30'000'000)) << "never more than its period";
  EXPECT_EQ(machine.duty(0), 20'000'000);
}

TEST(OnboardPwm, S7_AnOutputThatRefusesIsToldSo) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  std::filesystem::remove(machine.folder / "pwm/pwmchip0/pwm0/period");
  std::filesystem::create_symlink("/dev/full", machine.folder / "pwm/pwmchip0/pwm0/period");
  const auto pwm = Pwm::open(machine.folder / "pwm/pwmchip*", 0, 20'000'000);
  ASSERT_FALSE(pwm);
  EXPECT_NE(pwm.error().find("/period does not take 20000000"), std::string::npos) << pwm.error();
}

TEST(OnboardController, S4_StartsColdAndClosedWhateverTheOutputsHeld) {
  FileMachine machine;
  for (int i = 0; i < 3; ++i) machine.put("pwm/pwmchip0/pwm" + std::to_string(i) + "/duty_cycle", "15000000");
  ASSERT_EQ(machine.open(), "");
  EXPECT_EQ(machine.duty(0), 0);
  EXPECT_EQ(machine.duty(1), 0);
  EXPECT_EQ(machine.duty(2), 1'000'000 + 1'000'000 * 77 / 180);  // CV46 is 77 °
  EXPECT_EQ(machine.get("pwm/pwmchip0/pwm0/period"), 20'000'000);
  EXPECT_EQ(machine.get("pwm/pwmchip0/pwm0/enable"), 1);
  machine.step = 60;
  machine.run(3s);
  EXPECT_EQ(machine.duty(0), 0);
}

TEST(OnboardController, DrivesTheEngineByItsFiles) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  ASSERT_TRUE(machine.drive(60)) << machine.reason();
  machine.run(60s);
  EXPECT_EQ(machine.controller().engine().chain().latch().state(), LatchState::running) << machine.reason();
  EXPECT_GT(machine.duty(0), 1'000'000);
  EXPECT_GT(machine.duty(2), 1'500'000);
  EXPECT_GT(machine.model.way, 1.0) << "it moved";
  EXPECT_TRUE(machine.fit);
}

// Cycles of a real machine are never exactly 20 ms, which is as long as service mode lasts.
TEST(OnboardController, ServiceModeOutlivesACycleThatIsALittleLate) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  machine.late = 400us;
  machine.run(1s);
  for (std::uint8_t value = 100; value < 120; ++value) {
    for (int i = 0; i < 3; ++i) machine.first.push_back(dcc::reset());
    for (int i = 0; i < 5; ++i) machine.first.push_back(dcc::service_write(42, value));
    for (int i = 0; i < 6; ++i) machine.first.push_back(dcc::reset());
    machine.run(300ms);
    ASSERT_TRUE(machine.first.empty());
    EXPECT_EQ(machine.controller().engine().settings()[loco::Cv::boiler_limit], value);
  }
}

TEST(OnboardController, EachFaultOfAFileParksIt) {
  struct Row {
    const char* what;
    std::function<void(FileMachine&)> breaks;
    std::string reason;
    Duration within;
  };
  const std::vector<Row> rows{
      {"converter at its rail",
       [](FileMachine& is) { is.model.faults.sensors[1] = sim::loco::Faults::Sensor::open; },
       "SENSOR_FAULT(boiler: at the low rail)", 60ms},
      {"converter at the other rail",
       [](FileMachine& is) { is.model.faults.sensors[2] = sim::loco::Faults::Sensor::shorted; },
       "SENSOR_FAULT(superheater: at the high rail)", 60ms},
      {"reads hang", [](FileMachine& is) { is.reading = false; }, "SENSOR_FAULT(logic: no new reading)",
       140ms},
      {"rails silent", [](FileMachine& is) { is.station = false; }, "DCC_TIMEOUT(20", 2100ms},
      {"hot", [](FileMachine& is) { is.model.electronics = 90; }, "THERMAL_LOGIC_LIMIT(90", 60ms},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    FileMachine machine;
    ASSERT_EQ(machine.open(), "");
    ASSERT_TRUE(machine.drive(60)) << machine.reason();
    ASSERT_GT(machine.duty(0) + machine.duty(1), 0);
    row.breaks(machine);
    machine.run(row.within);
    EXPECT_EQ(machine.duty(0), 0);
    EXPECT_EQ(machine.duty(1), 0);
    EXPECT_EQ(machine.reason().substr(0, row.reason.size()), row.reason);
    machine.run(6s);
    EXPECT_EQ(machine.duty(2), 0) << "the servo gets no pulses";
  }
}

TEST(OnboardController, S7_AFileThatIsNoNumberAnyMoreIsAFault) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  ASSERT_TRUE(machine.drive(60));
  machine.measuring = false;
  machine.put("iio/iio:device3/in_voltage0_raw", "?");
  machine.run(160ms);
  EXPECT_EQ(machine.reason(), "SENSOR_FAULT(boiler: no new reading)");
  EXPECT_EQ(machine.duty(0), 0);
}

TEST(OnboardController, AnOutputThatDoesNotObeyParksItAndStarvesTheWatchdog) {
  FileMachine machine;
  ASSERT_EQ(machine.open(), "");
  ASSERT_TRUE(machine.drive(60));
  ASSERT_TRUE(machine.fit);
  Hardware broken;  // descriptors that take nothing: the chip is gone
  auto sampler = Sampler::open(machine.set);
  ASSERT_TRUE(sampler);
  struct Quiet final : loco::Lines {
    void say(std::string_view) override {}
  } quiet;
  sim::loco::MemoryFlash flash;
  Controller controller(machine.set, std::move(broken), **sampler, flash, quiet);
  controller.boot(machine.now, loco::BootReason::power_on);
  (*sampler)->round(machine.now + 20ms);
  EXPECT_FALSE(controller.cycle(machine.now + 20ms, 1ms, Duration::zero(), 1 << 20));
  (void)controller.cycle(machine.now + 40ms, 1ms, Duration::zero(), 1 << 20);
  EXPECT_TRUE(controller.engine().chain().sequence().running()) << "parked until the next power cycle";
}

TEST(OnboardFlash, SurvivesItsProcessAndRefusesAForeignFile) {
  const test::TemporaryFolder folder;
  const std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  {
    auto flash = FlashFile::open(folder / "flash");
    ASSERT_TRUE(flash) << flash.error();
    EXPECT_TRUE((*flash)->program(1, 8, bytes));
    EXPECT_FALSE((*flash)->program(1, 8, std::array<std::uint8_t, 4>{0xFF, 2, 3, 4})) << "zeros stay zeros";
    EXPECT_TRUE((*flash)->program(2, 0, bytes));
    EXPECT_TRUE((*flash)->erase(2));
  }
  auto flash = FlashFile::open(folder / "flash");
  ASSERT_TRUE(flash) << flash.error();
  std::array<std::uint8_t, 4> back{};
  (*flash)->read(1, 8, back);
  EXPECT_EQ(back, bytes);
  (*flash)->read(2, 0, back);
  EXPECT_EQ(back[0], 0xFF);
  std::ofstream(folder / "other") << "something else";
  EXPECT_FALSE(FlashFile::open(folder / "other"));
}

class OnboardKeeper : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 6; ++i) {
      std::ofstream(folder / std::to_string(i)) << "15000000\n";
      files[i] = os::Fd(::open((folder / std::to_string(i)).c_str(), O_WRONLY | O_CLOEXEC));
    }
    const auto output = [this](int i) {
      return SafeOutputs::Output{files[i].get(), files[i + 3].get(), 20'000'000};
    };
    safe = {output(0), output(1), output(2), 1'400'000};
  }
  [[nodiscard]] long value(int i) const {
    std::ifstream in(folder / std::to_string(i));
    long number = -1;
    in >> number;
    return number;
  }
  test::TemporaryFolder folder;
  os::Fd files[6];  // three duties, three periods
  SafeOutputs safe;
};

// What its loop said last may never have reached the chip, and the kernel would skip it.
TEST_F(OnboardKeeper, S7_WhatItMakesSafeIsNewsForTheKernel) {
  for (int i = 3; i < 6; ++i) std::ofstream(folder / std::to_string(i)) << "20000001\n";
  EXPECT_TRUE(make_safe(safe));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(value(i), 0) << i;
  for (int i = 3; i < 6; ++i) EXPECT_EQ(value(i), 20'000'000) << i;
  safe.superheater.period = -1;
  EXPECT_FALSE(make_safe(safe));
  EXPECT_EQ(value(0), 0);
}

void beats(Heartbeat& beat, int count) {
  for (int i = 0; i < count; ++i) {
    beat.at_ns = to_ns(os::now());
    ::usleep(5000);
  }
}

TEST_F(OnboardKeeper, S2_ALoopThatIsKilledLeavesItsOutputsSafe) {
  const auto code = keep(safe, [](Heartbeat& beat) {
    beats(beat, 10);
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(value(i), 0) << i;
}

TEST_F(OnboardKeeper, S2_ALoopThatIsStoppedIsEndedAndItsOutputsAreSafe) {
  const auto code = keep(safe, [](Heartbeat& beat) {
    beats(beat, 10);
    ::raise(SIGSTOP);
    return 0;
  });
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(value(i), 0) << i;
}

TEST_F(OnboardKeeper, S2_ALoopThatStandsStillIsEndedAndItsOutputsAreSafe) {
  const auto code = keep(safe, [](Heartbeat& beat) {
    beats(beat, 10);
    for (;;) ::pause();
    return 0;
  });
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(value(i), 0) << i;
}

TEST_F(OnboardKeeper, ALoopThatEndedInOrderIsLeftAlone) {
  const auto code = keep(safe, [](Heartbeat& beat) {
    beat.ended = true;
    return 7;
  });
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 7);
  EXPECT_EQ(value(0), 15000000) << "not its to touch";
}

}  // namespace
}  // namespace standstill::onboard
