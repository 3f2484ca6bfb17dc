#include "os/loop.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "os/clock.hpp"

namespace standstill::os {
namespace {

class LoopTest : public testing::Test {
 protected:
  static Fd signalled() {
    Fd fd(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    EXPECT_TRUE(fd);
    return fd;
  }
  Loop loop;
};

TEST_F(LoopTest, AStopBeforeTheRunIsNotLost) {
  bool waited = false;
  const auto patience = loop.after(30s, [&] {
    waited = true;
    loop.stop();
  });
  loop.stop();
  loop.run();
  EXPECT_FALSE(waited);
  loop.post([&] { loop.stop(); });
  loop.run();  // and it is used up: this run was ended by its own
  EXPECT_FALSE(waited);
}

TEST_F(LoopTest, TimersRunInTheOrderOfTheirTimesAndOnce) {
  std::string order;
  const Instant now = os::now();
  const auto b = loop.at(now + 2ms, [&] { order += 'b'; });
  const auto a = loop.at(now + 1ms, [&] { order += 'a'; });
  const auto first = loop.at(now, [&] { order += '1'; });
  const auto second = loop.at(now, [&] { order += '2'; });
  while (os::now() < now + 3ms) {
  }
  loop.turn(0ms);
  loop.turn(0ms);
  EXPECT_EQ(order, "12ab");
}

TEST_F(LoopTest, ATimerNeverRunsBeforeItsTime) {
  std::optional<Instant> ran;
  const Instant due = os::now() + 20ms;
  const auto timer = loop.at(due, [&] { ran = os::now(); });
  while (!ran) loop.turn(10s);
  EXPECT_GE(*ran, due);
}

TEST_F(LoopTest, ACancelledDestroyedOrReplacedTimerDoesNotRun) {
  int ran = 0;
  auto cancelled = loop.after(0ms, [&] { ++ran; });
  cancelled.cancel();
  {
    const auto destroyed = loop.after(0ms, [&] { ++ran; });
  }
  auto replaced = loop.after(0ms, [&] { ++ran; });
  replaced = loop.after(0ms, [&] { ran += 100; });
  auto moved_from = loop.after(0ms, [&] { ran += 1000; });
  const auto moved_to = std::move(moved_from);
  for (int i = 0; i < 3; ++i) loop.turn(1ms);
  EXPECT_EQ(ran, 1100);
}

TEST_F(LoopTest, ATimerThatSetsItselfAgainInThePastDoesNotHoldTheLoop) {
  int ran = 0, others = 0;
  Loop::Timer timer;
  std::function<void()> again = [&] {
    ++ran;
    timer = loop.at(Instant{}, again);
  };
  timer = loop.at(Instant{}, again);
  const auto other = loop.at(os::now(), [&] { ++others; });
  loop.turn(0ms);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(others, 1);
  loop.turn(0ms);
  EXPECT_EQ(ran, 2);
}

TEST_F(LoopTest, ATimerMayCancelTheNextOne) {
  int ran = 0;
  Loop::Timer next;
  const auto first = loop.at(Instant{}, [&] { next = {}; });
  next = loop.at(Instant{} + 1ns, [&] { ++ran; });
  loop.turn(0ms);
  EXPECT_EQ(ran, 0);
}

TEST_F(LoopTest, PostsFromOtherThreadsRunInOrderInTheLoopsThread) {
  std::vector<int> seen;
  std::thread::id where;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&, i] { seen.push_back(i); });
    loop.post([&] {
      where = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(LoopTest, APostInsideAPostRunsInALaterTurn) {
  int ran = 0;
  loop.post([&] {
    ++ran;
    loop.post([&] { ran += 10; });
  });
  loop.turn(0ms);
  EXPECT_EQ(ran, 1);
  loop.turn(10s);
  EXPECT_EQ(ran, 11) << "and wakes the loop for it";
}

TEST_F(LoopTest, StopFromAnotherThreadEndsALoopThatHasNothingToDo) {
  std::thread other([&] {
    std::this_thread::sleep_for(20ms);
    loop.stop();
  });
  loop.run();
  other.join();
}

TEST_F(LoopTest, AWatchMayDestroyItselfInItsOwnCallback) {
  const Fd fd = signalled();
  int calls = 0;
  Loop::Watch watch;
  std::string kept = "what the callback holds must live until it returns";
  watch = loop.watch(fd.get(), EPOLLIN, [&, copy = kept](std::uint32_t) {
    ++calls;
    watch = {};
    EXPECT_EQ(copy, kept);
  });
  for (int i = 0; i < 3; ++i) loop.turn(1ms);
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, AWatchDestroyedByAnothersCallbackIsNotCalledAnyMore) {
  const Fd one = signalled(), two = signalled();
  int calls = 0;
  Loop::Watch first, second;
  // Both are ready in the same turn: whichever runs first takes the other away.
  first = loop.watch(one.get(), EPOLLIN, [&](std::uint32_t) {
    ++calls;
    second = {};
  });
  second = loop.watch(two.get(), EPOLLIN, [&](std::uint32_t) {
    ++calls;
    first = {};
  });
  loop.turn(1s);
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, ADescriptorThatIsReusedWithinATurnDoesNotGetItsPredecessorsEvents) {
  Fd one = signalled(), two = signalled();
  int stale = 0;
  Loop::Watch first, second, fresh;
  const auto replace = [&](Loop::Watch& old, Fd& fd) {
    old = {};
    fd.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));  // most likely the same number, and not ready
    fresh = loop.watch(fd.get(), EPOLLIN, [&](std::uint32_t) { ++stale; });
  };
  first = loop.watch(one.get(), EPOLLIN, [&](std::uint32_t) { replace(second, two); });
  second = loop.watch(two.get(), EPOLLIN, [&](std::uint32_t) { replace(first, one); });
  loop.turn(1s);
  EXPECT_EQ(stale, 0);
}

TEST_F(LoopTest, AChangedWatchHearsWhatItAskedFor) {
  const Fd fd = signalled();
  std::uint32_t heard = 0;
  auto watch = loop.watch(fd.get(), 0, [&](std::uint32_t events) { heard |= events; });
  loop.turn(1ms);
  EXPECT_EQ(heard, 0U);
  watch.change(EPOLLOUT);
  loop.turn(1s);
  EXPECT_EQ(heard, static_cast<std::uint32_t>(EPOLLOUT));
}

TEST_F(LoopTest, ItSaysHowLongATurnKeptItBusy) {
  [[maybe_unused]] const auto before = loop.take_longest_turn();
  loop.post([] { std::this_thread::sleep_for(15ms); });
  loop.turn(1s);
  EXPECT_GE(loop.take_longest_turn(), 15ms);
  EXPECT_EQ(loop.take_longest_turn(), 0ms);
}

// What a callback posts is done in its own turn, without waking anybody; what a posted task posts, in the
// next one, which does not wait for it.
TEST(Loop, WhatACallbackPostsIsDoneInItsOwnTurn) {
  Loop loop;
  std::vector<int> ran;
  auto timer = loop.after(Duration::zero(), [&] {
    loop.post([&] {
      ran.push_back(1);
      loop.post([&] { ran.push_back(2); });
    });
  });
  loop.turn(1h);
  EXPECT_EQ(ran, std::vector{1});
  loop.turn(1h);
  EXPECT_EQ(ran, (std::vector{1, 2}));
  std::thread([&] { loop.post([&] { ran.push_back(3); }); }).join();
  loop.turn(1h);
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

}  // namespace
}  // namespace standstill::os
