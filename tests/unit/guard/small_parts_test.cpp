// The event ring, what arrives at the stop socket, and the watch over the supervisor's life.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "guard/event_ring.hpp"
#include "guard/supervisor_port.hpp"
#include "os/clock.hpp"

namespace standstill::guard {
namespace {

permit::EventBody event(std::int64_t value) {
  permit::EventBody body{};
  body.value = value;
  return body;
}

TEST(EventRing, NumbersFromOneAndKeepsTheNewest) {
  const auto ring = std::make_unique<EventRing>();
  EXPECT_EQ(ring->newest(), 0U);
  EXPECT_GT(ring->oldest(), ring->newest()) << "an empty ring has nothing to read";
  const auto total = static_cast<std::int64_t>(EventRing::capacity) * 3 + 17;
  for (std::int64_t i = 1; i <= total; ++i) {
    ring->add(event(i));
    ASSERT_EQ(ring->newest(), static_cast<std::uint64_t>(i));
    ASSERT_LE(ring->newest() - ring->oldest() + 1, EventRing::capacity);
  }
  EXPECT_EQ(ring->oldest(), static_cast<std::uint64_t>(total) - EventRing::capacity + 1);
  for (std::uint64_t i = ring->oldest(); i <= ring->newest(); ++i) {
    ASSERT_EQ(ring->at(i).sequence, i);
    ASSERT_EQ(ring->at(i).value, static_cast<std::int64_t>(i)) << "a number and its event belong together";
  }
}

TEST(EventRing, ExactlyFullLosesNothing) {
  const auto ring = std::make_unique<EventRing>();
  for (std::size_t i = 1; i <= EventRing::capacity; ++i) ring->add(event(static_cast<std::int64_t>(i)));
  EXPECT_EQ(ring->oldest(), 1U);
  EXPECT_EQ(ring->at(1).value, 1);
  ring->add(event(0));
  EXPECT_EQ(ring->oldest(), 2U);
}

TEST(StopSocket, S9_AReadableStopKeepsItsReason) {
  const StopWord word = read_stop("button_press\nwest gate, by hand");
  EXPECT_EQ(word.code, CauseCode::button_press);
  EXPECT_EQ(word.detail.view(), "west gate, by hand");
  EXPECT_EQ(read_stop("safety_interlock").code, CauseCode::safety_interlock);
  EXPECT_EQ(read_stop("safety_interlock\r\ndoor\r\n").code, CauseCode::safety_interlock);
  EXPECT_EQ(read_stop("safety_interlock\r\ndoor\r\n").detail.view(), "door");
}

TEST(StopSocket, S9_WhateverArrivesIsAStop) {
  for (const std::string_view text : {"", "\n", "none", "stop", "{\"reason\":", "\xFF\xFE", "\0\0\0\0"}) {
    const StopWord word = read_stop(text);
    EXPECT_EQ(word.code, CauseCode::operator_command) << text;
    EXPECT_FALSE(word.detail.empty());
  }
}

TEST(StopSocket, S9_ControlCharactersDoNotSurvive) {
  const auto detail = [](std::string_view text) {
    return std::string(read_stop("device_fault\n" + std::string(text)).detail.view());
  };
  EXPECT_EQ(detail("a\x1B[2Jb"), "a [2Jb");
  EXPECT_EQ(detail("two\nlines\tand\rmore"), "two lines and more");
  EXPECT_EQ(detail("a\xC2\x9B"
                   "b"),
            "a b")
      << "the one-character form of ESC [";
  EXPECT_EQ(detail("a\xE2\x80\xAE"
                   "b"),
            "a b")
      << "right-to-left override";
  EXPECT_EQ(detail("K\xC3\xB6ln \xE2\x82\xAC \xF0\x9F\x9A\x82"), "K\xC3\xB6ln \xE2\x82\xAC \xF0\x9F\x9A\x82");
  EXPECT_EQ(detail("bad \xC3( \xED\xA0\x80 \xC0\x80 end"), "bad ?( ??? ?? end");
  EXPECT_EQ(detail(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(detail("cut off \xE2\x82"), "cut off ??");
}

TEST(StopSocket, S9_RandomBytesAreAStopAndTheirDetailIsText) {
  EXPECT_TRUE(rc::check("text only", [] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const StopWord word = read_stop("limit\n" + bytes);
    RC_ASSERT(word.code == CauseCode::limit);
    for (const char c : word.detail.view()) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20U && c != 0x7F);
    (void)read_stop(bytes);
  }));
}

// --- the watch over the supervisor's life
// ---------------------------------------------------------------------------------

class Life : public testing::Test {
 protected:
  void SetUp() override {
    auto memory = os::SharedMemory::create("test-cut", sizeof(pages::CutPage));
    ASSERT_TRUE(memory);
    page = static_cast<pages::CutPage*>(memory->data());
    kept() = std::move(*memory);
    os::lifeline_prepare(page->supervisor);
    watch = keep(*page);
  }
  // A supervisor that gets the page only after the guard began to watch, holds its line, and waits to be
  // killed.
  pid_t supervisor(bool leaves_in_good_order = false) {
    const pid_t child = fork();
    if (child != 0) return child;
    std::this_thread::sleep_for(30ms);
    if (!os::lifeline_hold(page->supervisor)) _exit(1);
    if (!leaves_in_good_order)
      for (;;) pause();
    os::lifeline_release(page->supervisor);
    _exit(0);
  }
  bool until(const std::function<bool()>& condition, Duration limit = 10s) {
    for (const Instant end = os::now() + limit; os::now() < end; std::this_thread::sleep_for(1ms))
      if (condition()) return true;
    return false;
  }
  void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  pages::CutPage* page = nullptr;
  // The watch's thread may outlive the test: what it looks at stays for good.
  static os::SharedMemory& kept() {
    static auto& all = *new std::deque<os::SharedMemory>;
    return all.emplace_back();
  }
  static SupervisorWatch* keep(pages::CutPage& page, std::uint32_t at_once = pages::all_outputs) {
    static auto& all = *new std::deque<SupervisorWatch>;
    return &all.emplace_back(page, at_once, 2, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }
  SupervisorWatch* watch = nullptr;
};

TEST_F(Life, S2_AKilledSupervisorCutsEveryOutputInOneHop) {
  watch->begin();  // before it holds its line, as in the guard
  const pid_t child = supervisor();
  ASSERT_TRUE(until([&] { return page->supervisor.held.load() == 1; }));
  EXPECT_EQ(page->words[0].load(), 0U);
  end(child);
  EXPECT_TRUE(until([&] { return page->words[0].load() == 2 && page->words[1].load() == 2; }));
  EXPECT_TRUE(until([&] { return watch->take_died(); }));
  EXPECT_FALSE(watch->take_died()) << "said once";
}

TEST_F(Life, WhatAStageNamesLaterIsLeftToTheGuard) {
  watch = keep(*page, 1U);
  watch->begin();
  const pid_t child = supervisor();
  ASSERT_TRUE(until([&] { return page->supervisor.held.load() == 1; }));
  end(child);
  EXPECT_TRUE(until([&] { return watch->take_died(); }));
  EXPECT_EQ(page->words[0].load(), 2U);
  EXPECT_EQ(page->words[1].load(), 0U);
}

TEST_F(Life, S2_TheNextSupervisorIsWatchedTooAndIsNotDeadBeforeItLives) {
  watch->begin();
  const pid_t first = supervisor();
  ASSERT_TRUE(until([&] { return page->supervisor.held.load() == 1; }));
  end(first);
  ASSERT_TRUE(until([&] { return watch->take_died(); }));
  std::this_thread::sleep_for(20ms);
  watch->begin();
  EXPECT_FALSE(until([&] { return watch->take_died(); }, 100ms));
  const pid_t second = supervisor();
  ASSERT_TRUE(until([&] { return page->supervisor.held.load() == 1; }));
  EXPECT_FALSE(until([&] { return watch->take_died(); }, 50ms));
  end(second);
  EXPECT_TRUE(until([&] { return watch->take_died(); }));
  EXPECT_EQ(page->words[0].load(), 4U);
}

TEST_F(Life, S8_OneThatLeavesInGoodOrderCutsNothing) {
  watch->begin();
  const pid_t child = supervisor(true);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(until([&] { return watch->take_died() || page->words[0].load() != 0; }, 100ms));
}

}  // namespace
}  // namespace standstill::guard
