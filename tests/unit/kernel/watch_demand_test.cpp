#include "kernel/watch_demand.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace standstill {
namespace {

using enum Contact;
constexpr Instant start = instant_from_ns(1'000'000'000'000);

struct Scene {
  DemandWatch watch;
  Instant time = start;

  constexpr explicit Scene(bool two_channels = false)
      : watch(DemandSettings{"red-button", two_channels, 50ms, 50ms}) {}
  constexpr Finding sees(Contact a, Contact b = unknown, bool edge = false) {
    return watch.judge(time, {a, b, edge});
  }
  // Closed long enough to be clear.
  constexpr Scene& settled() {
    (void)sees(closed, closed);
    time += 50ms;
    (void)sees(closed, closed);
    return *this;
  }
  [[nodiscard]] std::string words() const { return std::string{watch.detail().view()}; }
};

constexpr Finding not_yet{Standing::unknown, CauseCode::sensor_fault, false};
constexpr Finding clear{Standing::clear, CauseCode::none, false};
constexpr Finding pressed{Standing::present, CauseCode::button_press, false};
constexpr Finding fault{Standing::present, CauseCode::sensor_fault, false};

static_assert(Scene{}.settled().watch.finding() == clear);
static_assert(Scene{}.settled().sees(open) == pressed);
static_assert(Scene{true}.settled().sees(closed, open) == pressed);

TEST(DemandWatch, TheFirstOpenSampleTrips) {
  Scene at;
  at.settled();
  at.time += 1ms;
  EXPECT_EQ(at.sees(open), pressed);
  EXPECT_EQ(at.words(), "red-button is pressed, or its wire is broken");
}

TEST(DemandWatch, OpenAtTheStartIsAPressAndClosedMustProveItself) {
  EXPECT_EQ(Scene{}.sees(open), pressed);
  Scene at;
  EXPECT_EQ(at.watch.finding(), not_yet);
  EXPECT_EQ(at.sees(closed), not_yet);
  EXPECT_EQ(at.watch.deadline(), start + 50ms);
  at.time += 49ms;
  EXPECT_EQ(at.sees(closed), not_yet);
  at.time += 1ms;
  EXPECT_EQ(at.sees(closed), clear);
  EXPECT_EQ(at.watch.deadline(), never);
}

TEST(DemandWatch, BounceOnTheWayBackStartsTheLockOutAgain) {
  Scene at;
  at.settled();
  at.time += 10ms;
  EXPECT_EQ(at.sees(open), pressed);
  // Let go: bounces at 0, 3 and 40 ms
  at.time += 100ms;
  EXPECT_EQ(at.sees(closed), pressed);
  at.time += 3ms;
  EXPECT_EQ(at.sees(open), pressed);
  at.time += 1ms;
  EXPECT_EQ(at.sees(closed), pressed);
  at.time += 39ms;
  EXPECT_EQ(at.sees(open), pressed);
  at.time += 1ms;
  const Instant closed_at = at.time;
  EXPECT_EQ(at.sees(closed), pressed);
  EXPECT_EQ(at.words(), "red-button was pressed and is being released");
  EXPECT_EQ(at.watch.deadline(), closed_at + 50ms);
  at.time = closed_at + 49ms;
  EXPECT_EQ(at.sees(closed), pressed);
  at.time = closed_at + 50ms;
  EXPECT_EQ(at.sees(closed), clear);
}

TEST(DemandWatch, TheLockOutDoesNotDelayTheNextPress) {
  Scene at;
  at.settled();
  EXPECT_EQ(at.sees(open), pressed);
  at.time += 60ms;
  (void)at.sees(closed);
  at.time += 50ms;
  EXPECT_EQ(at.sees(closed), clear);
  EXPECT_EQ(at.sees(open), pressed);
}

TEST(DemandWatch, TheLevelCountsWhenEdgesWereLost) {
  // The kernel's queue overflowed: no edge was ever seen, the level is open
  Scene at;
  at.settled();
  EXPECT_EQ(at.sees(open, unknown, false), pressed);
}

TEST(DemandWatch, AnEdgeBetweenTwoSamplesCountsAndRestartsTheLockOut) {
  Scene at;
  at.settled();
  at.time += 10ms;
  EXPECT_EQ(at.sees(closed, unknown, true), pressed);
  at.time += 30ms;
  EXPECT_EQ(at.sees(closed, unknown, true), pressed);
  at.time += 49ms;
  EXPECT_EQ(at.sees(closed), pressed);
  at.time += 1ms;
  EXPECT_EQ(at.sees(closed), clear);
}

TEST(DemandWatch, S7AChipThatIsGoneIsASensorFault) {
  Scene at;
  EXPECT_EQ(at.sees(unknown), not_yet);
  at.settled();
  at.time += 10ms;
  EXPECT_EQ(at.sees(unknown), fault);
  EXPECT_EQ(at.words(), "red-button cannot be read: check its GPIO chip and line");
  // It comes back closed: the lock-out applies
  at.time += 10ms;
  EXPECT_EQ(at.sees(closed), fault);
  at.time += 50ms;
  EXPECT_EQ(at.sees(closed), clear);
}

TEST(DemandWatch, ALostChipInTheLockOutStartsItAgain) {
  Scene at;
  at.settled();
  (void)at.sees(open);
  at.time += 10ms;
  (void)at.sees(closed);
  at.time += 30ms;
  EXPECT_EQ(at.sees(unknown), fault);
  at.time += 30ms;
  EXPECT_EQ(at.sees(closed).standing, Standing::present);
  at.time += 49ms;
  EXPECT_EQ(at.sees(closed).standing, Standing::present);
}

TEST(DemandWatchTwoChannels, EitherOneTripsAtOnce) {
  for (const auto& [a, b] : {std::pair{open, closed}, std::pair{closed, open}, std::pair{open, open}}) {
    Scene at(true);
    EXPECT_EQ(at.settled().sees(a, b), pressed);
  }
}

TEST(DemandWatchTwoChannels, OneChannelAloneClearsNothing) {
  Scene at(true);
  at.settled();
  (void)at.sees(open, open);
  // One channel closes 40 ms before the other
  at.time += 100ms;
  (void)at.sees(closed, open);
  at.time += 40ms;
  EXPECT_EQ(at.sees(closed, closed), pressed);
  at.time += 49ms;
  EXPECT_EQ(at.sees(closed, closed), pressed);
  at.time += 1ms;
  EXPECT_EQ(at.sees(closed, closed), clear);
}

TEST(DemandWatchTwoChannels, AnUnreadableChannelIsNoClosedOne) {
  Scene at(true);
  at.settled();
  EXPECT_EQ(at.sees(closed, unknown), fault);
  EXPECT_EQ(at.sees(open, unknown), pressed);
  Scene other(true);
  EXPECT_EQ(other.settled().sees(unknown, closed), fault);
}

TEST(DemandWatchTwoChannels, AWeldedContactIsFoundAndStaysFound) {
  Scene at(true);
  at.settled();
  // Pressed: only channel a opens
  EXPECT_EQ(at.sees(open, closed), pressed);
  EXPECT_EQ(at.watch.deadline(), at.time + 50ms);
  at.time += 49ms;
  EXPECT_EQ(at.sees(open, closed), pressed);
  at.time += 1ms;
  EXPECT_EQ(at.sees(open, closed), fault);
  EXPECT_EQ(
      at.words(),
      "red-button has channels that disagreed for 50 ms or longer; press and release it fully, and if this "
      "stays, repair it");
  // Released: both closed again, and still nobody knows whether b can open
  at.time += 1s;
  (void)at.sees(closed, closed);
  at.time += 10s;
  EXPECT_EQ(at.sees(closed, closed), fault);
  // Pressed again: b opens now
  EXPECT_EQ(at.sees(open, open), pressed);
  at.time += 100ms;
  EXPECT_EQ(at.sees(closed, closed), pressed);
  at.time += 50ms;
  EXPECT_EQ(at.sees(closed, closed), clear);
}

TEST(DemandWatchTwoChannels, DisagreementThatEndsInTimeIsNoFault) {
  Scene at(true);
  at.settled();
  EXPECT_EQ(at.sees(open, closed), pressed);
  at.time += 30ms;
  EXPECT_EQ(at.sees(open, open), pressed);
  // Let go after a while: the channels close one after the other, and the disagreement is counted afresh
  at.time += 300ms;
  EXPECT_EQ(at.sees(closed, open), pressed);
  at.time += 30ms;
  EXPECT_EQ(at.sees(closed, closed), pressed);
  at.time += 50ms;
  EXPECT_EQ(at.sees(closed, closed), clear);
}

// Random levels every 1 to 20 ms: clear is only ever said after 50 ms in which every sample of every channel
// was closed.
TEST(DemandWatch, ClearOnlyAfterAnUnbrokenLockOut) {
  EXPECT_TRUE(rc::check([] {
    const bool two = *rc::gen::arbitrary<bool>();
    Scene at(two);
    Instant last_not_closed = at.time;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::pair(
        rc::gen::inRange(1, 20), rc::gen::weightedElement<int>({{14, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}})));
    for (const auto& [wait, what] : steps) {
      at.time += std::chrono::milliseconds{wait};
      const Contact a = what == 1 ? open : what == 2 ? unknown : closed;
      const Contact b = what == 3 ? open : closed;
      const bool edge = what == 4;
      const bool bad = a != closed || (two && b != closed) || edge;
      const Finding finding = at.sees(a, b, edge);
      if (bad) last_not_closed = at.time;
      if (bad) RC_ASSERT(finding.standing != Standing::clear);
      if (finding.standing == Standing::clear) RC_ASSERT(at.time - last_not_closed >= 50ms);
    }
  }));
}

}  // namespace
}  // namespace standstill
