// Death noticed through a robust mutex, with real processes that really die.
#include "os/lifeline.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <new>
#include <thread>
#include <vector>

#include "os/clock.hpp"

namespace standstill::os {
namespace {

struct Page {
  Lifeline line;
  FutexWord seen[4];  // what waiter i saw: 0 nothing yet, 1 died, 2 released
};

class LifelineTest : public testing::Test {
 protected:
  void SetUp() override {
    void* memory = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    page = new (memory) Page{};
    lifeline_prepare(page->line);
  }
  void TearDown() override {
    for (const pid_t child : children) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    munmap(page, sizeof(Page));
  }
  pid_t in_child(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child == 0) {
      body();
      _exit(0);
    }
    children.push_back(child);
    return child;
  }
  pid_t owner(std::size_t megabytes = 0) {
    const pid_t child = in_child([this, megabytes] {
      if (megabytes > 0) {
        void* ballast =
            mmap(nullptr, megabytes << 20U, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(ballast, 1, megabytes << 20U);
      }
      if (!lifeline_hold(page->line)) _exit(1);
      for (;;) pause();
    });
    EXPECT_TRUE(until([this] { return page->line.held.load() == 1; }));
    return child;
  }
  void waiter(std::size_t number) {
    in_child(
        [this, number] { page->seen[number].store(lifeline_wait(page->line) == LifelineEnd::died ? 1 : 2); });
  }
  static bool until(const std::function<bool()>& condition) {
    for (const Instant end = now() + 10s; now() < end; std::this_thread::sleep_for(1ms))
      if (condition()) return true;
    return false;
  }
  Page* page = nullptr;
  std::vector<pid_t> children;
};

TEST_F(LifelineTest, S2_EveryWaiterLearnsOfADeath) {
  const pid_t victim = owner();
  for (std::size_t i = 0; i < 3; ++i) waiter(i);  // in processes of their own
  std::thread thread([this] { page->seen[3].store(lifeline_wait(page->line) == LifelineEnd::died ? 1 : 2); });
  std::this_thread::sleep_for(50ms);
  for (const auto& seen : page->seen) EXPECT_EQ(seen.load(), 0U) << "it lives";
  kill(victim, SIGKILL);
  for (const auto& seen : page->seen) EXPECT_TRUE(until([&] { return seen.load() == 1; })) << seen.load();
  thread.join();
}

TEST_F(LifelineTest, S2_OneWhoComesToWaitAfterTheDeathLearnsOfItToo) {
  const pid_t victim = owner();
  kill(victim, SIGKILL);
  waitpid(victim, nullptr, 0);
  EXPECT_EQ(lifeline_wait(page->line), LifelineEnd::died);
  EXPECT_EQ(lifeline_wait(page->line), LifelineEnd::died);
}

TEST_F(LifelineTest, S2_AVictimOfTwoHundredMegabytes) {
  const pid_t victim = owner(200);
  waiter(0);
  std::this_thread::sleep_for(20ms);
  kill(victim, SIGKILL);
  EXPECT_TRUE(until([this] { return page->seen[0].load() == 1; }));
}

TEST_F(LifelineTest, AnEndInGoodOrderIsNoDeath) {
  in_child([this] {
    if (!lifeline_hold(page->line)) _exit(1);
    while (page->seen[3].load() == 0) std::this_thread::sleep_for(1ms);
    lifeline_release(page->line);
  });
  ASSERT_TRUE(until([this] { return page->line.held.load() == 1; }));
  waiter(0);
  waiter(1);
  std::this_thread::sleep_for(20ms);
  page->seen[3].store(1);
  for (const std::size_t i : {0U, 1U})
    EXPECT_TRUE(until([&] { return page->seen[i].load() == 2; })) << page->seen[i].load();
}

TEST_F(LifelineTest, OnlyOneHolds) {
  owner();
  EXPECT_FALSE(lifeline_hold(page->line));
}

TEST_F(LifelineTest, TheNextOwnerHoldsALineWhoseOwnerDied) {
  const pid_t victim = owner();
  waiter(0);
  kill(victim, SIGKILL);
  ASSERT_TRUE(until([this] { return page->seen[0].load() == 1; }));
  EXPECT_TRUE(lifeline_hold(page->line));
  lifeline_release(page->line);
  EXPECT_EQ(lifeline_wait(page->line), LifelineEnd::released);
}

TEST_F(LifelineTest, SomebodyWhoOnlyWaitedDoesNotKeepTheNextOwnerOut) {
  // A waiter owns the mutex for a moment when it is woken: this one is held up in that moment.
  std::thread held_up([this] {
    pthread_mutex_lock(&page->line.mutex);
    page->seen[0].store(1);
    std::this_thread::sleep_for(10ms);
    pthread_mutex_unlock(&page->line.mutex);
  });
  ASSERT_TRUE(until([this] { return page->seen[0].load() == 1; }));
  EXPECT_TRUE(lifeline_hold(page->line));
  lifeline_release(page->line);
  held_up.join();
}

TEST_F(LifelineTest, AwaitingAnOwnerLastsUntilThereIsOne) {
  in_child([this] {
    lifeline_await_owner(page->line);
    page->seen[0].store(1);
  });
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(page->seen[0].load(), 0U);
  owner();
  EXPECT_TRUE(until([this] { return page->seen[0].load() == 1; }));
}

TEST_F(LifelineTest, AWordWakesEveryWaiterOfEveryProcessAndATimeOutEnds) {
  for (std::size_t i = 0; i < 3; ++i)
    in_child([this, i] {
      while (page->seen[3].load() == 0) futex_wait(page->seen[3], 0, never);
      page->seen[i].store(1);
    });
  std::this_thread::sleep_for(30ms);
  page->seen[3].store(1);
  futex_wake_all(page->seen[3]);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(until([&] { return page->seen[i].load() == 1; }));
  FutexWord word = 7;
  const Instant before = now();
  futex_wait(word, 7, before + 20ms);
  futex_wait(word, 8, never);       // holds another value: no sleep
  futex_wait(word, 7, now() - 1s);  // in the past: no sleep
  EXPECT_GE(now(), before);
}

}  // namespace
}  // namespace standstill::os
