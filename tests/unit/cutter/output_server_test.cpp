// Two cutters' servers of one serial relay, in threads, with the shared pages and without a guard.
#include "cutter/output_server.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <array>
#include <deque>
#include <functional>
#include <thread>

#include "os/clock.hpp"
#include "support/pty_relay.hpp"

namespace standstill::cutter {
namespace {

// Server threads never end: everything they look at is made once and stays.
class Servers : public testing::Test {
 protected:
  Servers() {
    inner->magic_number = cuts->magic_number = pages::magic;
    auto& output = inner->plan.outputs[0];
    output.kind = plan::OutputKind::serial;
    output.device.assign(relay.device());
    output.safe_bytes = "RELAY_OFF\n";
    output.run_bytes = "RELAY_ON\n";
    output.reply = output.reply_run = "OK";
    output.timeout_ms = 1000;
    inner->plan.output_count = 1;
    for (std::uint32_t self = 0; self < 2; ++self) {
      static auto& all = *new std::deque<Shared>;
      auto& shared = *(shares[self] = &all.emplace_back());
      shared.inner = inner;
      shared.cuts = cuts;
      shared.self = self;
      shared.notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
      shared.share = [](std::uint8_t, int) {};
    }
  }
  void serve(std::uint32_t self) {
    auto* server = new OutputServer(*shares[self], 0);
    std::thread([server] { server->serve(); }).detach();
  }
  // As the guard does it: the armed word is told before it becomes true.
  void energise() {
    std::uint32_t word = cuts->words[0].load();
    inner->armed[0].store(word + 1);
    inner->run[0].store(1);
    ASSERT_TRUE(cuts->words[0].compare_exchange_strong(word, word + 1));
    os::futex_wake_all(cuts->words[0]);
  }
  void cut() { pages::cut(*cuts, 1, 1); }
  bool until(const std::function<bool()>& condition, Duration limit = 10s) {
    for (const Instant end = os::now() + limit; os::now() < end; std::this_thread::sleep_for(1ms))
      if (condition()) return true;
    return false;
  }
  test::PtyRelay& relay = *new test::PtyRelay;
  pages::InnerPage* inner = new pages::InnerPage{};
  pages::CutPage* cuts = new pages::CutPage{};
  std::array<Shared*, 2> shares{};
};

TEST_F(Servers, S4_ABirthMakesSafeAndOnlyAnArmedWordRuns) {
  serve(0);
  EXPECT_TRUE(until([&] { return !relay.energised() && relay.safe_commands() == 1; }));
  EXPECT_FALSE(until([&] { return relay.run_commands() > 0; }, 100ms));
  energise();
  EXPECT_TRUE(until([&] { return relay.energised(); }));
  const auto& report = inner->cutters[0].outputs[0];
  EXPECT_TRUE(until([&] {
    return report.deed.load() == pages::Deed::run && report.good.load() && report.word.load() == 1;
  }));
}

TEST_F(Servers, S1_WhoeverAddsToTheWordCuts) {
  serve(0);
  ASSERT_TRUE(until([&] { return relay.safe_commands() == 1; }));
  energise();
  ASSERT_TRUE(until([&] { return relay.energised(); }));
  cut();
  EXPECT_TRUE(until([&] { return !relay.energised(); }));
  EXPECT_FALSE(until([&] { return relay.energised(); }, 50ms));
}

TEST_F(Servers, S4_AnOldOrderThatIsStillWrittenDownDoesNotRunAgain) {
  serve(0);
  ASSERT_TRUE(until([&] { return relay.safe_commands() == 1; }));
  energise();
  ASSERT_TRUE(until([&] { return relay.energised(); }));
  cut();
  ASSERT_TRUE(until([&] { return !relay.energised(); }));
  // run and armed still say what they said; no number of cuts brings the armed word back.
  for (int i = 0; i < 20; ++i) cut();
  EXPECT_FALSE(until([&] { return relay.energised(); }, 50ms));
  EXPECT_EQ(relay.run_commands(), 1);
}

TEST_F(Servers, S2_WithoutTheGuardNothingRuns) {
  serve(0);
  ASSERT_TRUE(until([&] { return relay.safe_commands() == 1; }));
  shares[0]->guard_lost = true;
  energise();
  EXPECT_FALSE(until([&] { return relay.run_commands() > 0; }, 100ms));
}

TEST_F(Servers, S2_TheStandbyMakesSafeWhatTheActiveOneDoesNot) {
  inner->active.store(0);  // the active one is not there at all
  serve(1);
  EXPECT_TRUE(until([&] { return relay.safe_commands() >= 1 && !relay.energised(); }));
  energise();
  EXPECT_FALSE(until([&] { return relay.run_commands() > 0; }, 300ms)) << "a standby never energises";
}

TEST_F(Servers, S12_SafeIsSaidUntilItIsConfirmedAndRunOnlyOnce) {
  inner->plan.outputs[0].timeout_ms = 30;
  relay.answer_with(false);
  serve(0);
  EXPECT_TRUE(until([&] { return relay.safe_commands() >= 3; }));
  relay.answer_with(true);
  const auto& report = inner->cutters[0].outputs[0];
  EXPECT_TRUE(until([&] { return report.good.load() && report.deed.load() == pages::Deed::safe; }));
  relay.answer_with(false);
  energise();
  EXPECT_TRUE(until([&] { return relay.run_commands() == 1; }));
  EXPECT_FALSE(until([&] { return relay.run_commands() > 1; }, 700ms));
}

}  // namespace
}  // namespace standstill::cutter
