#include "client/dispatcher.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/client/support.hpp"

namespace standstill::client {
namespace {

using test::Box;
using Order = Dispatcher::Order;

// A door that a hanging handler waits behind.
class Door {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    moved_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  bool open_ = false;
};

struct DispatcherTest : ::testing::Test {
  HandlerPtr handler(std::string name) { return std::make_shared<Callback>(std::move(name)); }
  Dispatcher::Run put(std::string text) {
    return [this, text = std::move(text)] {
      done.put(text);
      return true;
    };
  }
  // Shared: a stuck handler outlives the test's body.
  Dispatcher::Run hang() {
    return [at = door, to = started] {
      to->put("hangs");
      at->wait();
      return true;
    };
  }
  std::function<void(const Trouble&)> troubled() {
    return [this](const Trouble& trouble) { troubles.put(trouble); };
  }
  bool told(Trouble::What what, const std::string& name) {
    return troubles.wait_for([&](const Trouble& t) { return t.what == what && t.handler == name; });
  }
  Box<std::string> done;
  Box<Trouble> troubles;
  std::shared_ptr<Door> door = std::make_shared<Door>();
  std::shared_ptr<Box<std::string>> started = std::make_shared<Box<std::string>>();
};

TEST_F(DispatcherTest, CallsInOrderAndNeverInTheCallersThread) {
  Dispatcher dispatcher(30s, troubled());
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> other = true;
  const auto one = handler("one");
  for (int i = 0; i < 100; ++i)
    dispatcher.call(Order::ordinary, one, [&, i] {
      other = other && std::this_thread::get_id() != caller;
      done.put(std::to_string(i));
      return true;
    });
  ASSERT_TRUE(done.wait(100));
  EXPECT_TRUE(other);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done.all()[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(DispatcherTest, UrgentOvertakesWhatWaits) {
  Dispatcher dispatcher(30s, troubled());
  dispatcher.call(Order::ordinary, handler("first"), hang());
  ASSERT_TRUE(started->wait(1));
  dispatcher.call(Order::ordinary, handler("change"), put("change"));
  dispatcher.call(Order::urgent, handler("loss"), put("loss"));
  door->open();
  ASSERT_TRUE(done.wait(2));
  EXPECT_EQ(done.all(), (std::vector<std::string>{"loss", "change"}));
}

TEST_F(DispatcherTest, OneThatThrowsIsReportedAndChangesNothingElse) {
  Dispatcher dispatcher(30s, troubled());
  const auto bad = handler("bad");
  dispatcher.call(Order::ordinary, bad, []() -> bool { throw std::runtime_error("no such file"); });
  dispatcher.call(Order::ordinary, bad, []() -> bool { throw 7; });
  dispatcher.call(Order::ordinary, handler("good"), put("good"));
  ASSERT_TRUE(done.wait(1));
  ASSERT_TRUE(troubles.wait(2));
  EXPECT_EQ(troubles.all()[0].what, Trouble::What::threw);
  EXPECT_EQ(troubles.all()[0].handler, "bad");
  EXPECT_EQ(troubles.all()[0].detail, "no such file");
  EXPECT_EQ(dispatcher.troubles().threw, 2U);
}

TEST_F(DispatcherTest, OneThatHangsIsReportedAndTheOthersGoOn) {
  Dispatcher dispatcher(50ms, troubled());
  const auto stuck = handler("stuck");
  dispatcher.call(Order::ordinary, stuck, hang());
  dispatcher.call(Order::ordinary, handler("good"), put("good"));
  ASSERT_TRUE(done.wait(1)) << "the next handler is called although this one never returned";
  ASSERT_TRUE(told(Trouble::What::hung, "stuck"));
  dispatcher.call(Order::ordinary, stuck, put("again"));
  dispatcher.call(Order::ordinary, stuck, put("again"));
  dispatcher.call(Order::ordinary, handler("good"), put("good"));
  ASSERT_TRUE(done.wait(2));
  ASSERT_TRUE(told(Trouble::What::skipped, "stuck"));
  EXPECT_EQ(done.all(), (std::vector<std::string>{"good", "good"})) << "not called again while it hangs";
  EXPECT_EQ(dispatcher.troubles().hung, 1U);
  EXPECT_EQ(dispatcher.troubles().skipped, 2U);

  door->open();
  ASSERT_TRUE(told(Trouble::What::returned, "stuck"));
  dispatcher.call(Order::ordinary, stuck, put("again"));
  ASSERT_TRUE(done.wait(3));
  EXPECT_EQ(done.all().back(), "again");
}

TEST_F(DispatcherTest, AHandlerOfTroublesThatThrowsOrHangsIsCountedAndNoMore) {
  auto wait = [door = door, started = started](const Trouble& trouble) {
    if (trouble.handler == "first") throw std::runtime_error("cannot report");
    started->put("hangs");
    door->wait();
  };
  Dispatcher dispatcher(50ms, wait);
  const auto fail = []() -> bool { throw std::runtime_error("no"); };
  dispatcher.call(Order::ordinary, handler("first"), fail);
  dispatcher.call(Order::ordinary, handler("second"), fail);
  ASSERT_TRUE(started->wait(1));
  dispatcher.call(Order::ordinary, handler("good"), put("good"));
  ASSERT_TRUE(done.wait(1));
  EXPECT_EQ(dispatcher.troubles().hung, 1U);
  EXPECT_EQ(dispatcher.troubles().threw, 3U);
  door->open();
}

TEST_F(DispatcherTest, MemoryIsBoundedWhenHandlersAreSlow) {
  Dispatcher dispatcher(30s, troubled());
  dispatcher.call(Order::ordinary, handler("first"), hang());
  ASSERT_TRUE(started->wait(1));
  const auto slow = handler("slow");
  for (std::size_t i = 0; i < Dispatcher::max_waiting + 500; ++i)
    dispatcher.call(Order::ordinary, slow, put("x"));
  dispatcher.call(Order::urgent, handler("loss"), put("loss"));
  door->open();
  ASSERT_TRUE(done.wait(Dispatcher::max_waiting + 1));
  EXPECT_EQ(done.all().front(), "loss");
  EXPECT_EQ(dispatcher.troubles().skipped, 500U);
  ASSERT_TRUE(told(Trouble::What::skipped, "slow"));
  EXPECT_LE(dispatcher.log().size(), Dispatcher::max_log);
}

TEST_F(DispatcherTest, NothingBeginsAfterTheEnd) {
  Dispatcher dispatcher(30s, troubled());
  dispatcher.call(Order::ordinary, handler("first"), hang());
  ASSERT_TRUE(started->wait(1));
  dispatcher.call(Order::ordinary, handler("waits"), put("waits"));
  std::thread closer([&] { dispatcher.close(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  door->open();
  closer.join();
  dispatcher.call(Order::ordinary, handler("late"), put("late"));
  EXPECT_EQ(done.size(), 0U);
}

TEST_F(DispatcherTest, TheEndDoesNotWaitForOneThatHangs) {
  {
    Dispatcher dispatcher(50ms, troubled());
    dispatcher.call(Order::ordinary, handler("stuck"), hang());
    ASSERT_TRUE(started->wait(1));
  }  // would never end
  door->open();
}

TEST_F(DispatcherTest, MayEndInItsOwnHandler) {
  auto dispatcher = std::make_unique<Dispatcher>(30s, troubled());
  auto* raw = dispatcher.get();
  raw->call(Order::ordinary, handler("ends it"), [&] {
    dispatcher.reset();
    done.put("ended");
    return true;
  });
  ASSERT_TRUE(done.wait(1));
}

TEST_F(DispatcherTest, LogsWhatRan) {
  Dispatcher dispatcher(30s, troubled());
  const auto quiet = std::make_shared<Callback>("on_change", false);
  dispatcher.call(Order::ordinary, handler("at 14:30"), put("1"));
  dispatcher.call(Order::ordinary, handler("when fb*"), [] { return false; });  // its condition was false
  dispatcher.call(Order::ordinary, quiet, put("2"));
  dispatcher.refused("at 25:00", "no time");
  dispatcher.call(Order::ordinary, handler("last"), put("3"));
  ASSERT_TRUE(done.wait(3));
  dispatcher.close();
  std::vector<std::string> lines;
  for (const auto& entry : dispatcher.log()) lines.push_back(entry.handler + " " + entry.what);
  std::ranges::sort(lines);
  EXPECT_EQ(lines, (std::vector<std::string>{"at 14:30 ran", "at 25:00 refused", "last ran"}));
}

}  // namespace
}  // namespace standstill::client
