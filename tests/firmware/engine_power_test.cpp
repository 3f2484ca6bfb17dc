// Power that goes: at every stage of a shutdown and in the middle of every write to flash. What is found
// afterwards is the old or the new, whole.
#include <gtest/gtest.h>

#include <string>

#include "support/temporary_folder.hpp"
#include "tests/firmware/pair.hpp"

namespace standstill::firmware {
namespace {

// The board after power came back: what it says of its flash and what it drives.
class AfterPowerCut {
 public:
  AfterPowerCut(const std::filesystem::path& folder, BootReason reason) : machine_(folder, "loco") {
    plant_.boot_reason = static_cast<std::uint8_t>(reason);
  }
  // Commanded nothing, the engine must stay cold and closed.
  [[nodiscard]] testing::AssertionResult stays_safe() {
    if (!machine_.started() || !plant_.drive(std::chrono::seconds(60)) ||
        !plant_.send(now_, model_.measure(now_), {}, {}))
      return testing::AssertionFailure() << "the board does not start again";
    const std::string typed = "CV42?\nLOG\n";
    if (!machine_.console.send(std::span(reinterpret_cast<const std::uint8_t*>(typed.data()), typed.size())))
      return testing::AssertionFailure() << "no console";
    // At least four seconds, and until it has answered: how fast bytes come to the board is the host's
    // affair.
    for (int batch = 0; batch < 20 || (batch < 1000 && !answered()); ++batch) {
      for (int i = 0; i < 10; ++i) {
        now_ += loco::cycle;
        if (!plant_.send_cycle(now_, model_.measure(now_), {}, 20ms))
          return testing::AssertionFailure() << "it takes nothing";
      }
      for (int i = 0; i < 10; ++i) {
        const auto drove = plant_.drive(std::chrono::seconds(60));
        if (!drove) return testing::AssertionFailure() << "no answer";
        if (drove->boiler != 0 || drove->superheater != 0 || drove->servo_tenths != closed)
          return testing::AssertionFailure() << "it drives " << drove->boiler << " " << drove->servo_tenths;
      }
    }
    return testing::AssertionSuccess();
  }
  [[nodiscard]] bool says(const std::string& text) { return machine_.says(text); }
  [[nodiscard]] std::string said() {
    machine_.drain();
    return machine_.said();
  }

 private:
  [[nodiscard]] bool answered() {
    const std::string text = said();
    return text.find("CV42=") != std::string::npos &&
           (text.find("LOG none") != std::string::npos || text.find("EVENT ") != std::string::npos);
  }

  Machine machine_;
  Plant plant_{machine_};
  sim::loco::Model model_;
  Instant now_ = instant_from_ns(1'000'000'000);
};

class EnginePower : public testing::Test {
 protected:
  test::TemporaryFolder folder;
};

TEST_F(EnginePower, S13_PowerThatGoesInAnyWriteToFlashLeavesWholeVariablesAndAWholeLogOrNone) {
  bool log_seen = false;
  bool none_seen = false;
  for (std::uint32_t write = 1;; ++write) {
    SCOPED_TRACE("write " + std::to_string(write));
    ASSERT_LT(write, 40U) << "it writes more often than it can need to";
    blank_flash(folder.path());
    bool gone = false;
    {
      Pair pair(folder.path());
      ASSERT_TRUE(pair.drive(60));
      pair.machine.mailbox().power_after = write;
      for (int i = 0; i < 2; ++i) pair.rails.first.push_back(dcc::cv_write({3, false}, 42, 105));
      for (int i = 0; i < 15 && !gone; ++i) gone = !pair.cycle();
      pair.rails.station = false;
      for (int i = 0; i < 140 && !gone; ++i) gone = !pair.cycle();
      gone = gone || !pair.caught_up();
      if (gone) {
        ASSERT_EQ(pair.machine.mailbox().power_gone, 1U) << "it died of something else";
      }
    }
    AfterPowerCut after(folder.path(), BootReason::brown_out);
    ASSERT_TRUE(after.stays_safe());
    // The first write is the main copy of the variables, the second the spare.
    ASSERT_TRUE(after.says(write == 1 ? "CV42=110" : "CV42=105")) << after.said();
    ASSERT_TRUE(after.says("LOG ")) << after.said();
    const std::string said = after.said();
    EXPECT_NE(said.find("STATE tripped"), std::string::npos) << said;
    if (said.find("LOG none") != std::string::npos) {
      none_seen = true;
      EXPECT_TRUE(gone) << "nothing was lost, and there is no log: " << said;
    } else {
      log_seen = true;
      EXPECT_NE(said.find("LOG 2 DCC_TIMEOUT(20"), std::string::npos) << said;
      EXPECT_NE(said.find("EVENT "), std::string::npos) << said;
    }
    if (!gone) break;
  }
  EXPECT_TRUE(log_seen);
  EXPECT_TRUE(none_seen);
}

TEST_F(EnginePower, PowerThatGoesInAnyStageOfAShutdownComesBackColdAndClosed) {
  for (const Duration after_trip : {0ms, 20ms, 2500ms, 5000ms, 5200ms, 5500ms, 6000ms}) {
    SCOPED_TRACE(to_ms(after_trip));
    blank_flash(folder.path());
    std::string reason;
    {
      Pair pair(folder.path());
      ASSERT_TRUE(pair.drive(60));
      pair.model.faults.sensors[1] = sim::loco::Faults::Sensor::open;
      while (!pair.parked()) ASSERT_TRUE(pair.cycle());
      ASSERT_TRUE(pair.run(after_trip));
      reason = std::string(pair.native().chain().reason().view());
    }
    AfterPowerCut after(folder.path(), BootReason::power_on);
    ASSERT_TRUE(after.stays_safe());
    ASSERT_TRUE(after.says("LOG "));
    // 11 slices, one a cycle: after a quarter of a second it is saved.
    EXPECT_TRUE(after.says(after_trip < 300ms ? "LOG none" : "LOG 2 " + reason)) << after.said();
  }
}

}  // namespace
}  // namespace standstill::firmware
