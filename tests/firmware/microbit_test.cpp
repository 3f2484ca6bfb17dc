// The images for a micro:bit, on QEMU's model of its chip: pins are set and read from outside, its line is
// this test. The external guard has no relays: what has current and does not follow is the expected fault.
// The engine has no converter, because the model has none: that must keep it parked.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/places.hpp"
#include "support/temporary_folder.hpp"
#include "tests/firmware/machine.hpp"
#include "wire/permit/board.hpp"
#include "wire/permit/serial_frame.hpp"

extern char** environ;

namespace standstill::firmware {
namespace {

using namespace std::chrono_literals;
using permit::Want;

class Microbit : public testing::Test {
 protected:
  // Pins of the chip: docs/external-guard.md.
  static constexpr unsigned relay_1 = 3, relay_2 = 2, contact_1 = 18, contact_2 = 20, button = 16;

  explicit Microbit(std::string image = "guard") : image_(std::move(image)) {}

  void SetUp() override {
    std::vector<std::string> words{"qemu-system-arm",
                                   "-M",
                                   "microbit",
                                   "-accel",
                                   "tcg",
                                   "-kernel",
                                   test::source_folder() + "/build/firmware/microbit/" + image_ + ".elf",
                                   "-display",
                                   "none",
                                   "-monitor",
                                   "none",
                                   "-chardev",
                                   "socket,id=c0,path=" + line.path().string(),
                                   "-serial",
                                   "chardev:c0",
                                   "-qtest",
                                   "unix:" + pins.path().string(),
                                   "-qtest-log",
                                   "/dev/null"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ASSERT_EQ(::posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ), 0);
    ASSERT_TRUE(pins.accept(60s));
    ASSERT_TRUE(line.accept(60s));
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string ask(const std::string& words) {
    const std::string text = words + "\n";
    EXPECT_TRUE(pins.send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    std::string answer;
    while (!answer.ends_with('\n')) {
      const auto bytes = pins.receive(60s);
      if (bytes.empty()) break;
      answer.append(bytes.begin(), bytes.end());
    }
    return answer;
  }
  void set(unsigned pin, bool high) {
    const std::string words = "set_irq_in /machine/nrf51 unnamed-gpio-in ";
    EXPECT_TRUE(ask(words + std::to_string(pin) + (high ? " 1" : " 0")).starts_with("OK"));
  }
  [[nodiscard]] bool has_current(unsigned pin) {
    const std::string answer = ask("readl 0x50000504");  // GPIO OUT
    return answer.size() > 3 && (std::stoull(answer.substr(3), nullptr, 16) >> pin & 1U) != 0;
  }

  // Answers every status with a new permit, until one fits.
  [[nodiscard]] bool until(const std::function<bool(const permit::BoardStatus&)>& fits) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < end)
      for (const std::uint8_t byte : line.receive(100ms)) {
        if (!reader_.take(byte)) continue;
        const auto status = permit::status_in(reader_.payload());
        if (!status) continue;
        last = *status;
        if (fits(last)) return true;
        permit::Order order{.want = want,
                            .epoch = epoch.value_or(last.epoch),
                            .host = 1,
                            .session = last.session,
                            .heard_us = last.now_us,
                            .sequence = ++sequence_,
                            .sent_ns = static_cast<std::int64_t>(sequence_),
                            .plan_hash = 1,
                            .timeout_ms = 2000};
        (void)line.send(permit::framed(packed(order)));
      }
    return false;
  }

  test::TemporaryFolder folder;
  Line line{folder / "line"}, pins{folder / "pins"};
  permit::BoardStatus last;
  Want want = Want::trip;
  std::optional<Epoch> epoch;

 private:
  std::string image_;
  pid_t pid_ = -1;
  std::uint64_t sequence_ = 0;
  permit::SerialReader<permit::BoardStatus::size> reader_;
};

TEST_F(Microbit, S7_UnwiredItShowsClosedRelaysAndAPressedButtonAndCannotBeStarted) {
  want = Want::run;
  ASSERT_TRUE(
      until([](const auto& is) { return is.permit_good && is.faulty && is.refusal != Refusal::none; }));
  EXPECT_TRUE(last.closed[0] && last.closed[1] && last.button_open);
  EXPECT_EQ(last.state, LatchState::tripped);
  EXPECT_EQ(last.first_out, CauseCode::no_record);
  EXPECT_FALSE(has_current(relay_1) || has_current(relay_2));
}

TEST_F(Microbit, S12_WiredItGivesCurrentOnAStartAndTakesItAwayWhenNoRelayFollows) {
  for (const unsigned pin : {contact_1, contact_2, button}) set(pin, false);
  want = Want::release;
  ASSERT_TRUE(until([](const auto& is) { return is.state == LatchState::ready && !is.faulty; }));
  EXPECT_FALSE(last.closed[0] || last.closed[1] || last.button_open);
  EXPECT_FALSE(has_current(relay_1) || has_current(relay_2));
  epoch = last.epoch;
  want = Want::run;
  ASSERT_TRUE(until([](const auto& is) { return is.state == LatchState::running && is.closed_ordered; }));
  ASSERT_TRUE(until([](const auto& is) { return is.state == LatchState::tripped; }));
  EXPECT_EQ(last.first_out, CauseCode::output_failed);
  EXPECT_EQ(last.epoch, *epoch + 1);
  EXPECT_FALSE(has_current(relay_1) || has_current(relay_2));
  // The same start again closes nothing.
  ASSERT_TRUE(until([](const auto& is) { return is.refusal == Refusal::wrong_epoch; }));
  EXPECT_FALSE(has_current(relay_1) || has_current(relay_2));
}

class MicrobitLoco : public Microbit {
 protected:
  // Pins of the chip: firmware/microbit/loco.cpp.
  static constexpr unsigned boiler = 23, superheater = 22, servo = 21, servo_power = 16;
  MicrobitLoco() : Microbit("loco") {}

  void type(const std::string& words) {
    const std::string text = words + "\n";
    EXPECT_TRUE(line.send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  }
  // Until it has said this. Never is a heater on meanwhile.
  [[nodiscard]] bool says(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (said.find(text) == std::string::npos && std::chrono::steady_clock::now() < end) {
      const auto bytes = line.receive(50ms);
      said.append(bytes.begin(), bytes.end());
      EXPECT_FALSE(has_current(boiler) || has_current(superheater));
    }
    return said.find(text) != std::string::npos;
  }
  std::string said;
};

TEST_F(MicrobitLoco, S7_WithoutAConverterItStaysColdAndAnswers) {
  ASSERT_TRUE(says("STATE tripped 1 POWER_UP(no cause since)\n")) << said;
  ASSERT_TRUE(says("SPD:0.0|PSI:0.0|TB:0.0|TS:0.0|TL:0.0|SRV:77\n")) << said;
  type("CV42=105");
  ASSERT_TRUE(says("Updated CV42 (boiler limit) from 110 to 105 °C\n")) << said;
  type("CV42?");
  ASSERT_TRUE(says("CV42=105\n")) << said;
  type("STOP");
  ASSERT_TRUE(says("STATE tripped")) << said;
  type("STATE");
  ASSERT_TRUE(says("\nSPD")) << said;
}

TEST_F(MicrobitLoco, TheServoHasPowerAndGetsPulses) {
  ASSERT_TRUE(says("STATE tripped 1")) << said;
  // How long a pulse is, is the host's affair here: it may let the emulator stand still in one.
  int high = 0;
  int low = 0;
  const auto end = std::chrono::steady_clock::now() + 60s;
  // Its power comes with the first cycle: where closed is, is not known before.
  while (!has_current(servo_power) && std::chrono::steady_clock::now() < end) ::usleep(3100);
  while ((high < 10 || low < 10) && std::chrono::steady_clock::now() < end) {
    ::usleep(3100);  // asked without a pause, the emulator does nothing else
    ++(has_current(servo) ? high : low);
    EXPECT_TRUE(has_current(servo_power));
  }
  EXPECT_GE(high, 10);
  EXPECT_GE(low, 10);
}

}  // namespace
}  // namespace standstill::firmware
