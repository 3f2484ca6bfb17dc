// Triggers against the simulated server and against recorded bytes.
#include <gtest/gtest.h>

#include "unit/client/support.hpp"

namespace standstill::client {
namespace {

using test::Box;
using test::Player;
using test::Sim;
using test::Told;

void feedback(Sim& sim, const char* id, bool on) {
  sim.in_loop([=](sim::RocrailServer& server) { server.feedback(id, on); });
}
// The clock reports of a server, written as in the recordings.
std::string clock_report(int hour, int minute, const char* cmd = "sync") {
  return test::frame("<clock divider=\"10\" time=\"" +
                     std::to_string(1795132800 + hour * 3600 + minute * 60) + "\" temp=\"20\" cmd=\"" + cmd +
                     "\"/>");
}

TEST(Triggers, RunWhenAnObjectBecomesSo) {
  Sim sim;
  Told told;
  Box<std::string> ran;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(
      layout.when("fb*", becomes("state", "true"), [&](const Change& change) { ran.put(change.id()); }));
  ASSERT_TRUE(
      layout.when("bk:*", [](const Object&) { return true; }, [&](const Change&) { ran.put("block"); }));
  ASSERT_TRUE(layout.when(
      "fb[34]", [](const Change& change) { return !change.model.is_occupied("bk4"); },
      [&](const Change& change) { ran.put("free " + change.id()); }));
  ASSERT_TRUE(layout.wait_online(test::patience));
  feedback(sim, "fb1", true);
  feedback(sim, "fb1", false);
  feedback(sim, "fb3", true);
  feedback(sim, "fb4", true);
  feedback(sim, "fb4", false);
  feedback(sim, "fb2", true);
  ASSERT_TRUE(ran.wait_for([](const std::string& text) { return text == "fb2"; }));
  EXPECT_EQ(ran.all(), (std::vector<std::string>{"fb1", "fb3", "free fb3", "fb4", "free fb4", "fb2"}));
  bool logged = false;
  for (const auto& entry : layout.log())
    logged = logged || (entry.handler == "when fb*" && entry.what == "ran");
  EXPECT_TRUE(logged);
}

TEST(Triggers, MaySendFromTheirFunction) {
  Sim sim;
  Layout layout = connect("127.0.0.1", sim.port());
  ASSERT_TRUE(layout.when("fb1", becomes("state", "true"),
                          [](const Change& change) { EXPECT_TRUE(change.sender.emergency_stop()); }));
  ASSERT_TRUE(layout.wait_online(test::patience));
  feedback(sim, "fb1", true);
  EXPECT_EQ(sim.received("<sys ", 2).size(), 2U);
}

TEST(Triggers, CancelledOnesRunNoMore) {
  Sim sim;
  Box<std::string> ran;
  Layout layout = connect("127.0.0.1", sim.port());
  ASSERT_TRUE(layout.wait_online(test::patience));
  Trigger first = layout.when("fb1", {}, [&](const Change&) { ran.put("first"); });
  ASSERT_TRUE(layout.when("fb1", {}, [&](const Change&) { ran.put("second"); }));
  feedback(sim, "fb1", true);
  ASSERT_TRUE(ran.wait(2));
  first.cancel();
  first.cancel();
  feedback(sim, "fb1", false);
  ASSERT_TRUE(ran.wait(3));
  EXPECT_EQ(ran.all(), (std::vector<std::string>{"first", "second", "second"}));
}

TEST(Triggers, WhatCannotBeSetUpSaysWhy) {
  Told told;
  Layout layout = connect("127.0.0.1", 1, told.options());
  const Trigger late = layout.at("25:00", [] {});
  EXPECT_FALSE(late);
  EXPECT_NE(late.error().find("25:00"), std::string::npos);
  EXPECT_FALSE(layout.when("fbb:*", {}, [](const Change&) {}));
  EXPECT_FALSE(layout.every("*/5", std::function<void()>()));
  ASSERT_TRUE(told.troubles.wait(3));
  EXPECT_EQ(told.troubles.all().front().what, Trouble::What::refused);
  EXPECT_EQ(layout.troubles().refused, 3U);
}

TEST(Triggers, RunByTheLayoutsClock) {
  std::string bytes = test::recording("02-plan");
  // Told 14:28; a report is missed; set far ahead; an old server's time near zero; and on.
  for (const auto& [hour, minute, cmd] : std::vector<std::tuple<int, int, const char*>>{
           {14, 28, "set"}, {14, 29, "sync"}, {14, 31, "sync"}, {14, 31, "sync"}, {18, 59, "set"}})
    bytes += clock_report(hour, minute, cmd);
  bytes += clock_report(-498648, 0, "set");
  bytes += clock_report(19, 0);
  Told told;
  Box<std::string> ran;
  const auto put = [&](const std::string& name) {
    return [&ran, name](const Moment& moment) {
      ran.put(name + " " + std::to_string(moment.hour) + ":" + std::to_string(moment.minute));
    };
  };
  // The player starts when somebody connects, so the triggers stand before the first report.
  std::promise<void> ready;
  auto is_ready = ready.get_future().share();
  std::size_t sent = 0;
  const std::size_t plan = test::recording("02-plan").size();
  Player player(
      bytes,
      [&, is_ready] {
        if (sent == plan) is_ready.wait();
        const std::size_t size = sent < plan ? plan - sent : 1 << 20;
        sent += size;
        return size;
      },
      Player::Then::end);
  Options options = told.options();
  options.clock_offset = std::chrono::minutes(60);
  Layout layout = connect("127.0.0.1", player.port(), options);
  ASSERT_TRUE(layout.wait_online(test::patience));
  ASSERT_TRUE(layout.at("15:30", put("at")));
  ASSERT_TRUE(layout.every("*:00", put("hourly")));
  ASSERT_TRUE(layout.every("*/30", put("every")));
  ASSERT_TRUE(layout.every("*/1", [&] { ran.put("minute"); }));
  ready.set_value();
  ASSERT_TRUE(ran.wait_for([](const std::string& text) { return text == "every 20:0"; }));
  std::vector<std::string> timed;
  for (const auto& text : ran.all())
    if (text != "minute") timed.push_back(text);
  EXPECT_EQ(timed, (std::vector<std::string>{"at 15:30", "every 15:30", "hourly 20:0", "every 20:0"}));
}

}  // namespace
}  // namespace standstill::client
