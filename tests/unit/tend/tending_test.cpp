// Another program that fails, in simulated time: it is restarted, and not for ever.
#include "tend/tending.hpp"

#include <gtest/gtest.h>

#include <set>

namespace standstill::tend {
namespace {

struct Rig {
  TendingSettings settings{.check = {"/bin/check", "it"},
                           .devices = {"/dev/serial/by-id/usb-A"},
                           .restart = {"/bin/restart", "it"}};
  bool healthy = true, device = true, restarts_work = true;
  Duration takes{};  // each program
  Instant now = instant_from_ns(1'000'000'000'000);
  std::vector<Instant> restarted;
  std::vector<std::string> said;  // codes
  std::string last;
  std::optional<Tending> tending;

  void begin() {
    Surroundings around;
    around.run = [this](const std::vector<std::string>& command) -> std::expected<void, std::string> {
      now += takes;
      if (command == settings.restart) {
        restarted.push_back(now);
        if (restarts_work) return {};
        return std::unexpected("it ended with exit code 5");
      }
      EXPECT_EQ(command, settings.check);
      if (healthy) return {};
      return std::unexpected("it ended with exit code 3");
    };
    around.exists = [this](const std::string& path) {
      EXPECT_EQ(path, "/dev/serial/by-id/usb-A");
      return device;
    };
    around.say = [this](std::string_view code, const std::string& detail) {
      said.emplace_back(code);
      last = detail;
    };
    tending.emplace(settings, std::move(around), now);
  }
  void pass(Duration length) {
    if (!tending) begin();
    for (const Instant end = now + length; tending->due() <= end;) {
      now = std::max(now, tending->due());
      tending->look([this] { return now; });
    }
  }
  [[nodiscard]] auto count(const std::string& code) const { return std::ranges::count(said, code); }
};

TEST(Tending, what_is_healthy_is_left_alone) {
  Rig rig;
  rig.pass(24h);
  EXPECT_TRUE(rig.restarted.empty());
  EXPECT_TRUE(rig.said.empty());
}

TEST(Tending, one_failed_check_is_said_and_restarts_nothing) {
  Rig rig;
  rig.healthy = false;
  rig.pass(0s);
  rig.healthy = true;
  rig.pass(1h);
  EXPECT_EQ(rig.said, (std::vector<std::string>{"check_failed", "healthy"}));
  EXPECT_TRUE(rig.restarted.empty());
}

TEST(Tending, three_failures_in_a_row_bring_a_restart_a_minute_after_the_first) {
  Rig rig;
  rig.healthy = false;
  const Instant begun = rig.now;
  rig.pass(60s);
  ASSERT_EQ(rig.restarted.size(), 1U);
  EXPECT_EQ(rig.restarted[0] - begun, 60s) << "checked at 0, 30 and 60 s";
  EXPECT_EQ(rig.said,
            (std::vector<std::string>{"check_failed", "check_failed", "check_failed", "restarted"}));
  rig.healthy = true;
  rig.pass(30s);
  EXPECT_EQ(rig.said.back(), "healthy");
}

TEST(Tending, failures_that_are_not_in_a_row_are_not_added_up) {
  Rig rig;
  for (int i = 0; i < 50; ++i) {
    rig.healthy = false;
    rig.pass(30s);
    rig.healthy = true;
    rig.pass(30s);
  }
  EXPECT_TRUE(rig.restarted.empty());
}

TEST(Tending, a_device_that_is_not_there_is_a_failed_check_and_is_named) {
  Rig rig;
  rig.device = false;
  rig.pass(0s);
  EXPECT_EQ(rig.said, std::vector<std::string>{"check_failed"});
  EXPECT_NE(rig.last.find("/dev/serial/by-id/usb-A is not there"), std::string::npos) << rig.last;
  rig.pass(60s);
  EXPECT_EQ(rig.restarted.size(), 1U);
}

TEST(Tending, a_device_alone_may_be_all_that_is_checked) {
  Rig rig;
  rig.settings.check.clear();
  rig.pass(1h);
  EXPECT_TRUE(rig.said.empty());
  rig.device = false;
  rig.pass(90s);
  EXPECT_EQ(rig.restarted.size(), 1U);
}

TEST(Tending, at_most_four_restarts_within_any_hour_and_that_is_said_once) {
  Rig rig;
  rig.healthy = false;
  rig.pass(24h);
  ASSERT_GT(rig.restarted.size(), 4U);
  for (std::size_t i = 4; i < rig.restarted.size(); ++i)
    EXPECT_GE(rig.restarted[i] - rig.restarted[i - 4], 1h) << i;
  EXPECT_GE(rig.restarted.size(), 4U * 23) << "and it goes on trying";
  EXPECT_LE(rig.count("restart_held"), 25) << "once for each time that it has to wait";
  EXPECT_GE(rig.count("restart_held"), 20);
}

TEST(Tending, a_restart_that_fails_is_said_and_counts_like_any_other) {
  Rig rig;
  rig.healthy = rig.restarts_work = false;
  rig.pass(59min);
  EXPECT_EQ(rig.restarted.size(), 4U);
  EXPECT_EQ(rig.count("restart_failed"), 4);
  EXPECT_EQ(rig.count("restarted"), 0);
}

TEST(Tending, checks_that_take_long_do_not_pile_up) {
  Rig rig;
  rig.takes = 20s;
  rig.healthy = false;
  const Instant begun = rig.now;
  rig.pass(120s);
  ASSERT_EQ(rig.restarted.size(), 1U);
  EXPECT_EQ(rig.restarted[0] - begun, 140s)
      << "three checks of 20 s, 30 s between them, and the restart's own";
  EXPECT_EQ(rig.tending->due() - rig.now, 30s) << "from the end of the last one";
}

}  // namespace
}  // namespace standstill::tend
