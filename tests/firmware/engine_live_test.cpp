// The engine's program in QEMU in real time: the board's own timer, the watchdog's real time-out.
//
// A host that stands still makes the emulated board stand still, and the engine parks itself for that. So
// board and plant run in real time where that is permitted, and each test tries again until it was
// undisturbed; what it measures must hold then.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "support/temporary_folder.hpp"
#include "tests/firmware/pair.hpp"

namespace standstill::firmware {
namespace {

using Clock = std::chrono::steady_clock;

class Live {
 public:
  Live(const std::filesystem::path& folder, bool realtime)
      : machine(folder, "loco-live", realtime), plant_(machine) {}

  Machine machine;
  Rails rails;
  BootReason reason = BootReason::power_on;
  board::DriveFrame drove;        // the newest
  std::uint64_t drives = 0;       // frames that the board has sent
  Clock::time_point off_at;       // when the boiler's heater went off the last time
  std::uint16_t most_boiler = 0;  // since it was cleared
  [[nodiscard]] double ms_since(Clock::time_point when) const {
    return std::chrono::duration<double, std::milli>(off_at - when).count();
  }

  // The plant goes on in steps of 10 ms, by this machine's clock. False: it was not so within the time.
  template <class Condition>
  bool until(Condition&& condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    for (const auto end = Clock::now() + limit; Clock::now() < end;) {
      advance();
      take();
      if (condition()) return true;
      ::usleep(300);
    }
    return false;
  }
  void lasts(std::chrono::milliseconds time) {
    (void)until([] { return false; }, time);
  }
  [[nodiscard]] bool says(const std::string& text,
                          std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return until(
        [&] {
          machine.drain();
          return machine.said().find(text) != std::string::npos;
        },
        limit);
  }
  void type(const std::string& line) {
    const std::string text = line + "\n";
    (void)machine.console.send(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  // What the sensor says from now on, by the board's second serial line.
  void inject(std::uint8_t sensor, std::uint8_t value) {
    const std::array<std::uint8_t, 4> bytes{0xA5, sensor, value,
                                            static_cast<std::uint8_t>(0xA5 + sensor + value)};
    (void)machine.sensors.send(bytes);
  }
  void suffer(board::Strain strain) { plant_.strain = strain; }

  // False: the host stood still, and the engine parked itself.
  [[nodiscard]] bool runs() {
    if (!machine.started()) return false;
    model_.preheat();
    began_ = Clock::now();
    rails.begin(at_);
    if (!until([this] { return drives > 10; })) return false;
    lasts(std::chrono::milliseconds(2600));
    rails.step = 60;
    return until([this] { return drove.boiler > 0; }, std::chrono::seconds(5));
  }

 private:
  void advance() {
    while (at_ - start + 10ms <= Clock::now() - began_) {
      at_ += 10ms;
      const std::vector<Duration> halves = rails.until(at_);
      const Duration tail = rails.last() < at_ && !halves.empty() ? at_ - rails.last() : Duration{};
      plant_.boot_reason = static_cast<std::uint8_t>(reason);
      if (!plant_.send(at_, model_.measure(at_), halves, tail)) return;
      plant_.strain = board::Strain::none;
      Outputs is;
      is.drive.boiler_permille = drove.boiler;
      is.drive.superheater_permille = drove.superheater;
      is.drive.servo_tenths = drove.servo_tenths;
      is.drive.servo_power = (drove.flags & 1U) != 0;
      model_.step(10ms, is, closed, 1280);
    }
  }
  void take() {
    while (machine.mailbox().board_sent != machine.mailbox().board_taken) {
      const auto frame = plant_.drive(std::chrono::milliseconds(10));
      if (!frame) return;
      ++drives;
      if (drove.boiler != 0 && frame->boiler == 0) off_at = Clock::now();
      most_boiler = std::max(most_boiler, frame->boiler);
      drove = *frame;
    }
  }

  static constexpr Instant start = instant_from_ns(1'000'000'000);
  Plant plant_;
  sim::loco::Model model_;
  Instant at_ = start;
  Clock::time_point began_;
};

class EngineLive : public testing::Test {
 protected:
  void SetUp() override {
    const sched_param lowest{.sched_priority = 1};
    realtime = ::sched_setscheduler(0, SCHED_RR, &lowest) == 0;
  }
  void TearDown() override {
    const sched_param none{};
    (void)::sched_setscheduler(0, SCHED_OTHER, &none);
  }
  static constexpr int attempts = 12;
  // Calls measure(live) on running engines until it says that it is content.
  template <class Measure>
  void once(Measure&& measure) {
    std::string said;
    for (int attempt = 0; attempt < attempts && !HasFailure(); ++attempt) {
      blank_flash(folder.path());
      Live live(folder.path(), realtime);
      if (live.runs() && measure(live)) return;
      said = live.machine.said();
    }
    if (!realtime && !HasFailure())
      GTEST_SKIP() << "the host stood still in each of " << attempts
                   << " attempts: this needs the right to real-time scheduling, or a host with time";
    ADD_FAILURE() << "not once in " << attempts << " attempts; the last one said\n" << said;
  }
  bool realtime = false;
  test::TemporaryFolder folder;
};

// Two readings decide, so that one wrong one is noise; they come every 10 ms, and a decision every 20.
// Whatever the phase, counted from a decision: 30 ms, and what the line and the cycle itself take.
TEST_F(EngineLive, NinetyDegreesByUartTurnTheHeatersOffWithinFortyMilliseconds) {
  for (const int phase : {0, 5, 10, 15}) {
    SCOPED_TRACE(phase);
    once([phase](Live& live) {
      const std::uint64_t before = live.drives;
      if (!live.until([&] { return live.drives > before; })) return false;
      live.lasts(std::chrono::milliseconds(phase));
      const auto injected = Clock::now();
      live.inject(0, 90);
      if (!live.until([&] { return live.drove.boiler == 0; })) return false;
      const double ms = live.ms_since(injected);
      EXPECT_EQ(live.drove.superheater, 0);
      std::printf("heaters off %.1f ms after 90 °C, said %d ms after a decision\n", ms, phase);
      return ms <= 40 && live.says("THERMAL_LOGIC_LIMIT(90°C > 75°C)");
    });
  }
}

TEST_F(EngineLive, SilenceOnTheRailsShutsDownAtCv44) {
  once([](Live& live) {
    live.type("CV44=10");
    if (!live.says("Updated CV44")) return false;
    live.lasts(std::chrono::milliseconds(100));
    if (live.drove.boiler == 0) return false;
    const auto silent = Clock::now();
    live.rails.station = false;
    if (!live.until([&] { return live.drove.boiler == 0; })) return false;
    const double ms = live.ms_since(silent);
    std::printf("heaters off %.1f ms after the last packet; CV44 is 1000 ms\n", ms);
    EXPECT_GT(live.drove.servo_tenths, closed) << "it vents";
    return ms >= 980 && ms <= 1060 && live.says("DCC_TIMEOUT(10");
  });
}

TEST_F(EngineLive, AHangIsEndedByTheWatchdogSafeThroughTheResetWithItsReasonInTheLog) {
  once([](Live& live) {
    live.lasts(std::chrono::milliseconds(200));
    if (live.drove.boiler == 0) return false;
    live.reason = BootReason::watchdog;
    live.suffer(board::Strain::hangs);
    const auto hung = Clock::now();
    if (!live.until([&] { return live.drove.boiler == 0; })) return false;
    const double ms = live.ms_since(hung);
    const std::uint64_t before = live.drives;
    live.most_boiler = 0;
    if (!live.says("RESET_BY_WATCHDOG")) return false;
    std::printf("heaters off %.1f ms after the loop stood still\n", ms);
    live.rails.step = 0;
    live.lasts(std::chrono::milliseconds(2600));
    live.rails.step = 60;  // no command moves it: it needs a power cycle
    live.lasts(std::chrono::milliseconds(500));
    EXPECT_GT(live.drives, before + 100) << "it runs again";
    EXPECT_EQ(live.most_boiler, 0) << "cold through the reset and after it";
    EXPECT_EQ(live.drove.servo_tenths, closed);
    live.type("LOG");
    EXPECT_TRUE(live.says("LOG ")) << live.machine.said();
    EXPECT_TRUE(live.says("EVENT ")) << live.machine.said();
    const std::string& said = live.machine.said();
    EXPECT_NE(said.find("RESET_BY_WATCHDOG", said.find("LOG ")), std::string::npos) << said;
    return ms <= 150;
  });
}

// The two watches of the firmware itself, provoked in the processor: neither is the hardware watchdog's
// affair.
TEST_F(EngineLive, ALateCycleAndAStackThatWentTooDeepPark) {
  for (const auto& [strain, reason] : {std::pair{board::Strain::slow, "LOOP_OVERRUN("},
                                       {board::Strain::deep, "MEMORY_EXHAUSTION(4096 bytes free)"}}) {
    SCOPED_TRACE(reason);
    once([&](Live& live) {
      if (live.drove.boiler == 0) return false;
      live.suffer(strain);
      const auto since = Clock::now();
      if (!live.until([&] { return live.drove.boiler == 0; })) return false;
      const double ms = live.ms_since(since);
      std::printf("heaters off %.1f ms after it\n", ms);
      const bool vents = live.drove.servo_tenths > closed;
      // On a host that stood still for longer the hardware watchdog may have come first.
      return live.says(reason, std::chrono::seconds(2)) &&
             live.machine.said().find("RESET_BY_WATCHDOG") == std::string::npos && vents && ms <= 120;
    });
  }
}

}  // namespace
}  // namespace standstill::firmware
