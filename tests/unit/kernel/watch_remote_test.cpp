#include "kernel/watch_remote.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace standstill {
namespace {

using Kind = RemoteMessage::Kind;

struct Scene {
  RemoteWatch<4> watch;
  constexpr Finding hears(Kind kind, Epoch epoch = 0, std::uint64_t id = 0, CauseCode code = CauseCode::none,
                          const char* who = "") {
    return watch.judge(Instant{}, {kind, id, epoch, code, who});
  }
};

constexpr Finding unknown{Standing::unknown, CauseCode::link_lost, false};
constexpr Finding clear{Standing::clear, CauseCode::none, false};
constexpr Finding deaf{Standing::present, CauseCode::link_lost, false};
constexpr Finding button{Standing::present, CauseCode::button_press, false};
constexpr Finding unread{Standing::present, CauseCode::safety_interlock, false};

static_assert([] {
  Scene at;
  return at.hears(Kind::none) == unknown && at.hears(Kind::free, 4) == clear &&
         at.hears(Kind::stop, 5, 77, CauseCode::button_press) == button &&
         at.hears(Kind::release, 4) == button && at.hears(Kind::release, 5) == clear;
}());

TEST(RemoteWatch, S11AStationThatWasOfflineLearnsOfTheStop) {
  Scene at;
  EXPECT_EQ(at.hears(Kind::none), unknown);
  EXPECT_EQ(at.hears(Kind::stopped, 9, 0, CauseCode::button_press, "ctrl-01"), button);
  EXPECT_EQ(at.watch.detail().view(), "stopped by ctrl-01 on the bus, until epoch 9 is released");
  EXPECT_EQ(at.hears(Kind::release, 9), clear);
}

TEST(RemoteWatch, S11NotHearingTheBusIsACauseUntilItsStateWasLearned) {
  Scene at;
  EXPECT_EQ(at.hears(Kind::free, 3), clear);
  EXPECT_EQ(at.hears(Kind::deaf), deaf);
  EXPECT_EQ(at.hears(Kind::release, 3), deaf);
  EXPECT_EQ(at.hears(Kind::free, 3), clear);
}

TEST(RemoteWatch, S9AnUnreadableMessageIsAStop) {
  Scene at;
  (void)at.hears(Kind::free, 3);
  EXPECT_EQ(at.hears(Kind::stop), unread);
  EXPECT_EQ(at.hears(static_cast<Kind>(200)), unread);
  // It came after epoch 3, so the release of 3 does not end it
  EXPECT_EQ(at.hears(Kind::release, 3), unread);
  EXPECT_EQ(at.hears(Kind::release, 4), clear);
  EXPECT_EQ(at.hears(static_cast<Kind>(200)), unread);
}

TEST(RemoteWatch, S10ALateReleaseDoesNothing) {
  Scene at;
  (void)at.hears(Kind::free, 3);
  (void)at.hears(Kind::stop, 4, 1, CauseCode::button_press);
  (void)at.hears(Kind::stop, 5, 2, CauseCode::operator_command);
  EXPECT_EQ(at.hears(Kind::release, 4), button);
  EXPECT_EQ(at.hears(Kind::release, 5), clear);
}

TEST(RemoteWatch, S10ALateCopyOfAReleasedStopDoesNotStopAgain) {
  Scene at;
  (void)at.hears(Kind::free, 3);
  EXPECT_EQ(at.hears(Kind::stop, 4, 1, CauseCode::button_press), button);
  EXPECT_EQ(at.hears(Kind::stop, 4, 1, CauseCode::button_press), button);
  EXPECT_EQ(at.hears(Kind::release, 4), clear);
  EXPECT_EQ(at.hears(Kind::stop, 4, 1, CauseCode::button_press), clear);
  // More stops than are remembered: the copy stops again, which is safe
  for (std::uint64_t id = 2; id <= 5; ++id) (void)at.hears(Kind::stop, 4, id, CauseCode::button_press);
  (void)at.hears(Kind::release, 9);
  EXPECT_EQ(at.hears(Kind::stop, 4, 1, CauseCode::button_press), button);
}

TEST(RemoteWatch, AControllerThatLostItsMemoryIsStillObeyed) {
  Scene at;
  (void)at.hears(Kind::free, 50);
  // Its epoch starts again at 1, its id is new
  EXPECT_EQ(at.hears(Kind::stop, 1, 99, CauseCode::button_press), button);
  EXPECT_EQ(at.hears(Kind::release, 1), button);
  EXPECT_EQ(at.watch.epoch(), 51U);
  EXPECT_EQ(at.hears(Kind::release, 51), clear);
}

TEST(RemoteWatch, TheFirstStopKeepsItsName) {
  Scene at;
  (void)at.hears(Kind::free, 3);
  (void)at.hears(Kind::stop, 4, 1, CauseCode::button_press, "hall-2");
  EXPECT_EQ(at.hears(Kind::stop, 5, 2, CauseCode::device_fault, "hall-3"), button);
  EXPECT_EQ(at.watch.detail().view(), "stopped by hall-2 on the bus, until epoch 5 is released");
}

TEST(RemoteWatch, TheHighestEpochDoesNotWrapToFreedom) {
  Scene at;
  const Epoch last = std::numeric_limits<Epoch>::max();
  (void)at.hears(Kind::free, last);
  EXPECT_EQ(at.hears(Kind::stop, 1, 1), unread);
  EXPECT_EQ(at.hears(Kind::release, 5), unread);
}

// S10: the same stops in any order, with copies: the same standing and the same epoch to release.
TEST(RemoteWatch, S10OrderAndCopiesDoNotMatter) {
  EXPECT_TRUE(rc::check([] {
    const auto epochs =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<Epoch>>(rc::gen::inRange<Epoch>(1, 20)));
    RemoteWatch<64> forward;
    RemoteWatch<64> backward;
    for (auto* watch : {&forward, &backward}) (void)watch->judge(Instant{}, {Kind::free, 0, 3, {}, ""});
    const auto stop = [&](RemoteWatch<64>& watch, std::size_t i) {
      return watch.judge(Instant{}, {Kind::stop, i + 1, epochs[i], CauseCode::button_press, ""});
    };
    for (std::size_t i = 0; i < epochs.size(); ++i) (void)stop(forward, i);
    for (std::size_t i = epochs.size(); i-- > 0;) {
      (void)stop(backward, i);
      (void)stop(backward, i);
    }
    RC_ASSERT(forward.finding() == backward.finding());
    RC_ASSERT(forward.epoch() == backward.epoch());
    RC_ASSERT(forward.finding().standing == Standing::present);
  }));
}

}  // namespace
}  // namespace standstill
