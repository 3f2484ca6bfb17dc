// The engine's own image, instruction by instruction in QEMU, against the same plant as the engine that is
// compiled for this machine: the same decision in every cycle.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim/loco/flash.hpp"
#include "sim/loco/model.hpp"
#include "support/temporary_folder.hpp"
#include "tests/firmware/machine.hpp"
#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/encoder.hpp"

namespace standstill::firmware {
namespace {

using namespace standstill::loco;

constexpr std::uint16_t closed = 770;

// The rails, half by half: what ends within a cycle belongs to it.
class Rails {
 public:
  bool station = true;
  std::uint8_t step = 0;
  bool emergency = false;
  std::vector<dcc::Packet> first;  // before the next refresh

  std::vector<Duration> until(Instant end) {
    std::vector<Duration> halves;
    if (!station) {
      at_ = end;
      waiting_.clear();
      return halves;
    }
    for (;;) {
      if (waiting_.empty()) {
        dcc::Packet packet =
            ++turn_ % 2 == 0 ? dcc::idle() : dcc::speed126({3, false}, step, true, emergency);
        if (!first.empty()) {
          packet = first.front();
          first.erase(first.begin());
        }
        dcc::send(packet, {}, [this](Duration half) { waiting_.push_back(half); });
      }
      if (at_ + waiting_.front() > end) return halves;
      at_ += waiting_.front();
      halves.push_back(waiting_.front());
      waiting_.erase(waiting_.begin());
    }
  }
  void begin(Instant at) { at_ = at; }
  [[nodiscard]] Instant last() const { return at_; }

 private:
  Instant at_{};
  std::vector<Duration> waiting_;
  std::uint32_t turn_ = 0;
};

struct Silent final : Lines {
  void say(std::string_view) override {}
};

// Image and native engine at one plant, whose drivers the image moves.
class Pair {
 public:
  explicit Pair(const std::filesystem::path& folder)
      : machine(folder, "loco"), plant(machine), folder_(folder) {}

  Machine machine;
  Plant plant;
  sim::loco::Model model;
  Rails rails;
  Instant now = instant_from_ns(1'000'000'000);
  board::DriveFrame drove;
  std::uint64_t cycles = 0;

  [[nodiscard]] testing::AssertionResult boot(BootReason reason = BootReason::power_on) {
    if (!machine.started()) return testing::AssertionFailure() << "QEMU did not start";
    if (!plant.drive(std::chrono::seconds(60))) return testing::AssertionFailure() << "no first frame";
    plant.boot_reason = static_cast<std::uint8_t>(reason);
    native_ = std::make_unique<Engine>(flash_, lines_);
    decoder_ = {};
    native_->boot(now, reason);
    rails.begin(now);
    if (!plant.send(now, model.measure(now), {}, {}))
      return testing::AssertionFailure() << "the image is gone";
    return testing::AssertionSuccess();
  }

  [[nodiscard]] testing::AssertionResult cycle() {
    now += loco::cycle;
    ++cycles;
    std::vector<Duration> halves = rails.until(now);
    Instant at = rails.last();
    for (const Duration half : halves) at -= half;
    Measured measured = model.measure(now);
    for (const Duration half : halves) {
      at += half;
      if (const auto packet = decoder_.edge(at)) native_->packet(*packet, at);
    }
    const auto answer = plant.cycle(now, measured, halves, now - rails.last());
    if (!answer) return testing::AssertionFailure() << "no answer in cycle " << cycles;
    drove = *answer;
    const Outputs& is = native_->decide(now, measured);
    native_->finish(now);
    const std::uint8_t flags =
        static_cast<std::uint8_t>((is.drive.servo_power ? 1 : 0) | (is.drive.forward ? 2 : 0) |
                                  (is.acknowledge ? 4 : 0) | (is.asleep ? 8 : 0));
    if (drove.boiler != is.drive.boiler_permille || drove.superheater != is.drive.superheater_permille ||
        drove.servo_tenths != is.drive.servo_tenths || drove.flags != flags ||
        drove.lamp != static_cast<std::uint8_t>(is.lamp))
      return testing::AssertionFailure()
             << "cycle " << cycles << ": the image says " << drove.boiler << " " << drove.superheater << " "
             << drove.servo_tenths << " " << int{drove.flags} << " " << int{drove.lamp} << ", this machine "
             << is.drive.boiler_permille << " " << is.drive.superheater_permille << " "
             << is.drive.servo_tenths << " " << int{flags} << " " << static_cast<int>(is.lamp) << "; "
             << native_->chain().reason().view();
    // What the image drives moves the plant.
    Outputs obeyed = is;
    obeyed.drive.boiler_permille = drove.boiler;
    model.step(loco::cycle, obeyed, closed, 1280);
    return testing::AssertionSuccess();
  }
  [[nodiscard]] testing::AssertionResult run(Duration time) {
    for (const Instant end = now + time; now < end;)
      if (const auto one = cycle(); !one) return one;
    return testing::AssertionSuccess();
  }
  [[nodiscard]] testing::AssertionResult drive(std::uint8_t step) {
    model.preheat();
    if (const auto booted = boot(); !booted) return booted;
    if (const auto stood = run(3s); !stood) return stood;
    rails.step = step;
    return run(2s);
  }
  [[nodiscard]] const Engine& native() const { return *native_; }
  [[nodiscard]] bool parked() const { return native_->chain().sequence().running(); }

 private:
  std::filesystem::path folder_;
  sim::loco::MemoryFlash flash_;
  Silent lines_;
  dcc::EdgeDecoder decoder_;
  std::unique_ptr<Engine> native_;
};

class EngineImage : public testing::Test {
 protected:
  void SetUp() override { blank_flash(folder.path()); }
  test::TemporaryFolder folder;
};

TEST_F(EngineImage, DoesTheSameAsThisMachineInEveryCycleOfEveryScenario) {
  using S = sim::loco::Faults::Sensor;
  struct Scenario {
    const char* what;
    std::function<void(Pair&)> breaks;
    Duration within;
    bool to_the_end = false;  // of the sequence; it is the same for all
  };
  const std::vector<Scenario> scenarios{
      {"boiled dry", [](Pair& is) { is.model.faults.leak = true; }, 60s, true},
      {"sensor unplugged", [](Pair& is) { is.model.faults.sensors[1] = S::open; }, 1s},
      {"sensor off and moist", [](Pair& is) { is.model.faults.sensors[2] = S::leaks; }, 1s},
      {"not a number", [](Pair& is) { is.model.faults.sensors[3] = S::nonsense; }, 1s},
      {"converter stops", [](Pair& is) { is.model.faults.sensors[0] = S::silent; }, 1s},
      {"station silent", [](Pair& is) { is.rails.station = false; }, 3s},
      {"track dead",
       [](Pair& is) {
         is.rails.station = false;
         is.model.faults.track_dead = true;
       },
       3s},
  };
  for (const Scenario& one : scenarios) {
    SCOPED_TRACE(one.what);
    blank_flash(folder.path());
    Pair pair(folder.path());
    ASSERT_TRUE(pair.drive(80));
    ASSERT_EQ(pair.native().chain().latch().state(), LatchState::running);
    EXPECT_GT(pair.drove.boiler, 0);
    one.breaks(pair);
    const Instant end = pair.now + one.within;
    while (!pair.parked() && pair.now < end) ASSERT_TRUE(pair.cycle());
    ASSERT_TRUE(pair.parked());
    EXPECT_EQ(pair.drove.boiler, 0);
    EXPECT_GT(pair.drove.servo_tenths, closed);  // it vents
    if (!one.to_the_end) {
      ASSERT_TRUE(pair.run(200ms));
      continue;
    }
    ASSERT_TRUE(pair.run(5s));
    EXPECT_EQ(pair.drove.servo_tenths, closed);
    ASSERT_TRUE(pair.run(600ms));
    EXPECT_EQ(pair.drove.flags & 9, 8);  // asleep, the servo without power
    // It printed why.
    EXPECT_TRUE(pair.machine.says("STATE tripped 2 " + std::string(pair.native().chain().reason().view())))
        << pair.machine.said();
  }
}

TEST_F(EngineImage, NinetyDegreesInTheElectronicsTurnTheHeatersOffWithinFortyMilliseconds) {
  Pair pair(folder.path());
  ASSERT_TRUE(pair.drive(60));
  ASSERT_GT(pair.drove.boiler, 0);
  pair.model.electronics = 90;
  ASSERT_TRUE(pair.cycle());
  ASSERT_TRUE(pair.cycle());
  EXPECT_EQ(pair.drove.boiler, 0);
  EXPECT_EQ(pair.drove.superheater, 0);
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
  for (const char c : typed) {  // one byte a cycle: the emulated UART holds one
    ASSERT_TRUE(machine.console.send(std::span(reinterpret_cast<const std::uint8_t*>(&c), 1)));
    now += loco::cycle;
    ASSERT_TRUE(plant.cycle(now, model.measure(now), {}, 20ms));
  }
  for (int i = 0; i < 60; ++i) {
    now += loco::cycle;
    ASSERT_TRUE(plant.cycle(now, model.measure(now), {}, 20ms));
  }
  EXPECT_TRUE(machine.says("CV42=105")) << machine.said();
  EXPECT_TRUE(machine.says("LOG 2 " + reason)) << machine.said();
  EXPECT_TRUE(machine.says("trip dcc-signal signal_lost")) << machine.said();
}

TEST_F(EngineImage, AHangIsEndedByTheHardwareWatchdogAndItWakesUpParked) {
  Pair pair(folder.path());
  ASSERT_TRUE(pair.drive(60));
  ASSERT_GT(pair.drove.boiler, 0);
  pair.plant.hang = true;
  ASSERT_TRUE(pair.plant.send(pair.now + 20ms, pair.model.measure(pair.now), {}, {}));
  const auto first = pair.plant.drive(std::chrono::seconds(120));  // what every start says first
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->boiler, 0);
  pair.plant.hang = false;
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
