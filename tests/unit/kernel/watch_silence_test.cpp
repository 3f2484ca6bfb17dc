#include "kernel/watch_silence.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace standstill {
namespace {

using enum LinkStanding;

constexpr Finding after(std::initializer_list<LinkStanding> steps, bool critical = true) {
  SilenceWatch watch{SilenceSettings{"layout", critical}};
  Finding finding = watch.finding();
  Instant time = instant_from_ns(1'000'000'000);
  for (const LinkStanding step : steps) finding = watch.judge(time += 10ms, step);
  return finding;
}

constexpr Finding unknown{Standing::unknown, CauseCode::link_lost, false};
constexpr Finding clear_now{Standing::clear, CauseCode::none, false};
constexpr Finding present{Standing::present, CauseCode::link_lost, false};
constexpr Finding goodbye{Standing::closed, CauseCode::none, false};

static_assert(after({}) == unknown);
static_assert(after({online}) == clear_now);
static_assert(after({online, lost}) == present);

TEST(SilenceWatch, UnknownUntilItIsOnlineOrKnownToBeLost) {
  EXPECT_EQ(after({dialing, dialing}), unknown);
  EXPECT_EQ(after({dialing, online}), clear_now);
  EXPECT_EQ(after({dialing, lost}), present);
  EXPECT_EQ(after({dialing, lost, dialing}), present);
}

TEST(SilenceWatch, S8ALossStandsUntilItIsOnlineAgain) {
  EXPECT_EQ(after({online, lost, dialing}), present);
  EXPECT_EQ(after({online, lost, dialing, lost, dialing}), present);
  EXPECT_EQ(after({online, lost, dialing, online}), clear_now);
}

TEST(SilenceWatch, S8ALossBetweenTwoUpdatesIsNotOverlooked) { EXPECT_EQ(after({online, dialing}), present); }

TEST(SilenceWatch, S8AGoodbyeIsNoCauseAndRefusesStart) {
  EXPECT_EQ(after({online, closed}), goodbye);
  // Dialing a server that is down on purpose, for hours, with an open breaker
  EXPECT_EQ(after({online, closed, dialing, lost, dialing}), goodbye);
  EXPECT_EQ(after({online, closed, dialing, online}), clear_now);
  EXPECT_EQ(after({online, closed, dialing, online, lost}), present);
}

TEST(SilenceWatch, S8AGoodbyeDoesNotExcuseAnEarlierLoss) {
  EXPECT_EQ(after({online, lost, closed}), present);
  EXPECT_EQ(after({online, lost, dialing, closed, dialing}), present);
}

TEST(SilenceWatch, AStateNobodyKnowsIsNoProofOfLife) {
  EXPECT_EQ(after({online, static_cast<LinkStanding>(99)}), present);
}

TEST(SilenceWatch, ALinkThatIsNotCriticalOnlyWarns) {
  const Finding warned{Standing::clear, CauseCode::none, true};
  EXPECT_EQ(after({}, false), warned);
  EXPECT_EQ(after({online}, false), clear_now);
  EXPECT_EQ(after({online, lost}, false), warned);
  EXPECT_EQ(after({online, closed}, false), warned);
}

TEST(SilenceWatch, SaysWhatHappened) {
  SilenceWatch watch{SilenceSettings{"layout", true}};
  EXPECT_EQ(watch.detail().view(), "link layout has not been online yet");
  EXPECT_TRUE(watch.update(Instant{}, online).detail.empty());
  EXPECT_EQ(watch.update(Instant{}, lost).detail.view(),
            "link layout is lost: its connection ended or fell silent without a goodbye");
}

}  // namespace
}  // namespace standstill
