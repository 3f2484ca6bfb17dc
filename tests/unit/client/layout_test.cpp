// The library against the simulated server, over real sockets.
#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/client/support.hpp"

namespace standstill::client {
namespace {

using namespace std::chrono_literals;
using test::Box;
using test::Sim;
using test::Told;

TEST(Layout, StartsWithOneCallAndHasTheModelAtHand) {
  Sim sim;
  Layout layout = connect("localhost", sim.port());
  const Result online = layout.wait_online(test::patience);
  ASSERT_TRUE(online) << online.error();
  EXPECT_TRUE(layout.online());
  const Model model = layout.model();
  EXPECT_EQ(model.title(), "Supervisor Test Plan");
  const Loco loco = model.loco("BR01");
  ASSERT_TRUE(loco);
  EXPECT_EQ(loco["addr"], "3");
  EXPECT_EQ(loco["V_mode"], "percent");
  EXPECT_EQ(loco.speed(), 0);
  EXPECT_EQ(loco.block(), "bk1");
  EXPECT_TRUE(model.block("bk3").closed());
  EXPECT_EQ(model.route("rt2").nested()[1]["id"], "sw2");
  EXPECT_EQ(model.turnout("sw2").state(), "turnout");
  EXPECT_EQ(model.objects(Kind::feedback).size(), 4U);
  EXPECT_EQ(kind_name(Kind::turnout), "sw");
  const Object none = model.find(Kind::loco, "no such loco");
  EXPECT_FALSE(none);
  EXPECT_EQ(none["V"], "");
  EXPECT_EQ(none.number("V", 7), 7);
  EXPECT_TRUE(layout.all_stopped());
  EXPECT_TRUE(layout.loco_in_block("BR01", "bk1"));
  EXPECT_FALSE(layout.loco_in_block("BR01", "bk2"));
  EXPECT_TRUE(layout.is_occupied("bk1"));
  EXPECT_FALSE(layout.is_occupied("bk2"));
  EXPECT_FALSE(layout.is_occupied("no such block"));
}

TEST(Layout, ACrashIsToldOnceAndTheReturnToo) {
  Sim sim;
  Told told;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.tell("crash");
  ASSERT_TRUE(told.losses.wait(1));
  const Loss loss = told.losses.all().front();
  EXPECT_EQ(loss.kind, Loss::Kind::lost);
  EXPECT_EQ(loss.detail, "the connection ended without a goodbye");
  EXPECT_TRUE(loss.was_online);
  EXPECT_EQ(loss.model.title(), "Supervisor Test Plan");
  EXPECT_FALSE(layout.online());
  sim.tell("restart 50");
  ASSERT_TRUE(told.returns.wait(1));
  EXPECT_EQ(told.losses.size(), 1U) << "failed dials meanwhile are no further losses";
  EXPECT_EQ(told.returns.all().front().model.title(), "Supervisor Test Plan");
  EXPECT_TRUE(layout.wait_online(test::patience));
  EXPECT_EQ(layout.status().disconnects, 1U);
}

TEST(Layout, AGoodbyeIsNoCrash) {
  Sim sim;
  Told told;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.tell("goodbye");
  ASSERT_TRUE(told.losses.wait(1));
  EXPECT_EQ(told.losses.all().front().kind, Loss::Kind::goodbye);
}

TEST(Layout, AHangIsALoss) {
  Sim sim;
  Told told;
  Options options = told.options();
  options.probe = 50ms;
  options.silence = 300ms;
  Layout layout = connect("127.0.0.1", sim.port(), options);
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.tell("hang");
  ASSERT_TRUE(told.losses.wait(1));
  EXPECT_EQ(told.losses.all().front().kind, Loss::Kind::lost);
  EXPECT_EQ(told.losses.all().front().detail, "no answer to a probe within 300 ms");
}

TEST(Layout, ALossBeforeTheFirstPlanIsToldToo) {
  std::uint16_t port = 0;
  {
    Sim gone;
    port = gone.port();
  }
  Told told;
  Layout layout = connect("127.0.0.1", port, told.options());
  ASSERT_TRUE(told.losses.wait(1));
  const Loss loss = told.losses.all().front();
  EXPECT_EQ(loss.kind, Loss::Kind::lost);
  EXPECT_FALSE(loss.was_online);
  EXPECT_NE(loss.detail.find("refused"), std::string::npos) << loss.detail;
  EXPECT_FALSE(loss.model.has_plan());
  EXPECT_TRUE(nlohmann::json::parse(loss.model.export_state())["model"].is_null());
  const Result online = layout.wait_online(1ms);
  ASSERT_FALSE(online);
  EXPECT_NE(online.error().find("refused"), std::string::npos) << online.error();
}

TEST(Layout, OptionsThatCannotWorkAreALossWithTheReason) {
  Told told;
  Layout layout = connect("localhost", 0, told.options());
  ASSERT_TRUE(told.losses.wait(1));
  EXPECT_NE(told.losses.all().front().detail.find("port"), std::string::npos);
  EXPECT_NE(layout.wait_online(test::patience).error().find("port"), std::string::npos);
  EXPECT_FALSE(layout.send("stop"));
  EXPECT_FALSE(layout.model().has_plan());
  Options options = told.options();
  options.silence = 0ms;
  Layout other = connect("localhost", 8051, options);
  EXPECT_NE(other.wait_online(test::patience).error().find("silence is 0 ms"), std::string::npos);
}

TEST(Layout, SendsWhatAPersonTypes) {
  Sim sim;
  Layout layout = connect("127.0.0.1", sim.port());
  ASSERT_TRUE(layout.wait_online(test::patience));
  EXPECT_TRUE(layout.send("lc BR01 V=40"));
  EXPECT_TRUE(layout.send("tx", {{"id", "tx1"}, {"format", "\"<&>\" Müller"}}));
  EXPECT_EQ(sim.received("<lc ", 1), std::vector<std::string>{R"(<lc id="BR01" V="40"/>)"});
  EXPECT_EQ(sim.received("<tx ", 1),
            std::vector<std::string>{R"(<tx id="tx1" format="&quot;&lt;&amp;&gt;&quot; Müller"/>)"});
  const Result wrong = layout.send("fly BR01");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().find("fly"), std::string::npos);
  EXPECT_FALSE(layout.send("l c", {{"id", "x"}}));
  EXPECT_FALSE(layout.send("lc", {{"id=\"x\" V", "1"}}));
}

TEST(Layout, NothingIsSentWithoutAConnection) {
  Sim sim;
  Told told;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.tell("crash");
  ASSERT_TRUE(told.losses.wait(1));
  EXPECT_FALSE(layout.send("go"));
  EXPECT_FALSE(layout.emergency_stop());
  sim.tell("restart 20");
  ASSERT_TRUE(told.returns.wait(1));
  EXPECT_TRUE(layout.send("query"));
  EXPECT_EQ(sim.received("<sys cmd=\"query\"", 1).size(), 1U);
  EXPECT_EQ(sim.received("<sys cmd=\"go\"", 0).size(), 0U)
      << "nothing is carried out later than it was meant";
  const Sender late = layout.sender();
  EXPECT_TRUE(late.send("query"));
  {
    const Layout gone = std::move(layout);
  }
  EXPECT_FALSE(late.send("query"));
  EXPECT_FALSE(late.emergency_stop());
}

TEST(Layout, TheEmergencyStopIsBreakAndPowerOff) {
  Sim sim;
  Layout layout = connect("127.0.0.1", sim.port());
  ASSERT_TRUE(layout.wait_online(test::patience));
  EXPECT_TRUE(layout.send("go"));
  const Result stopped = layout.emergency_stop();
  EXPECT_TRUE(stopped) << stopped.error();
  EXPECT_EQ(
      sim.received("<sys ", 3),
      (std::vector<std::string>{R"(<sys cmd="go"/>)", R"(<sys cmd="ebreak"/>)", R"(<sys cmd="stop"/>)"}));
}

TEST(Layout, TheEmergencyStopWaitsBehindNoRead) {
  // The server says nothing and takes what it is sent: a client that reads before it writes would stand here
  // for ever.
  Sim sim;
  Told told;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.tell("hang");
  EXPECT_TRUE(layout.emergency_stop());  // handed to the system, although nobody answers
  EXPECT_EQ(told.losses.size(), 0U);
  sim.tell("resume");
  EXPECT_EQ(sim.received("<sys ", 2).size(), 2U);
}

TEST(Layout, ChangesAreTold) {
  Sim sim;
  Told told;
  Layout layout = connect("127.0.0.1", sim.port(), told.options());
  ASSERT_TRUE(layout.wait_online(test::patience));
  sim.in_loop([](sim::RocrailServer& server) { server.feedback("fb2", true); });
  ASSERT_TRUE(told.changes.wait_for([](const Change& c) { return c.id() == "fb2"; }));
  for (const auto& change : told.changes.all()) {
    if (change.id() != "fb2") continue;
    EXPECT_EQ(change.what, Change::What::changed);
    EXPECT_EQ(change.kind(), Kind::feedback);
    EXPECT_TRUE(change.changed("state"));
    EXPECT_FALSE(change.changed("addr"));
    EXPECT_EQ(change.before["state"], "false");
    EXPECT_TRUE(change.model.feedback("fb2").on());
    EXPECT_TRUE(change.model.is_occupied("bk2"));
  }
  EXPECT_TRUE(told.changes.wait_for([](const Change& c) { return c.what == Change::What::plan; }));
  EXPECT_TRUE(layout.model().feedback("fb2").on());
}

TEST(Layout, AHandlerThatThrowsOrHangsChangesNothingElse) {
  Sim sim;
  Told told;
  auto release = std::make_shared<std::promise<void>>();
  auto gate = std::make_shared<std::shared_future<void>>(release->get_future());
  Options options = told.options();
  options.handler_patience = 50ms;
  options.on_change = [gate](const Change& change) {
    if (change.id() == "fb1") throw std::runtime_error("broken script");
    if (change.id() == "fb2") gate->wait();
  };
  Layout layout = connect("127.0.0.1", sim.port(), options);
  ASSERT_TRUE(layout.wait_online(test::patience));
  for (const char* id : {"fb1", "fb2", "fb3"})
    sim.in_loop([id](sim::RocrailServer& server) { server.feedback(id, true); });
  ASSERT_TRUE(told.troubles.wait_for([](const Trouble& t) { return t.what == Trouble::What::threw; }));
  ASSERT_TRUE(told.troubles.wait_for([](const Trouble& t) { return t.what == Trouble::What::hung; }));
  EXPECT_EQ(told.troubles.all().front().handler, "on_change");
  EXPECT_EQ(told.troubles.all().front().detail, "broken script");
  EXPECT_TRUE(layout.online()) << "the connection is served";
  EXPECT_TRUE(layout.send("query"));
  sim.tell("crash");
  ASSERT_TRUE(told.losses.wait(1)) << "the other handlers are called";
  EXPECT_TRUE(told.losses.all().front().model.feedback("fb3").on());
  EXPECT_EQ(layout.troubles().hung, 1U);
  release->set_value();
}

TEST(Layout, EndsWhileAHandlerHangs) {
  Sim sim;
  auto release = std::make_shared<std::promise<void>>();
  auto gate = std::make_shared<std::shared_future<void>>(release->get_future());
  auto started = std::make_shared<Box<int>>();
  {
    Options options;
    options.handler_patience = 50ms;
    options.on_handler_trouble = [](const Trouble&) {};
    options.on_loss = [gate, started](const Loss&) {
      started->put(1);
      gate->wait();
    };
    Layout layout = connect("127.0.0.1", sim.port(), options);
    ASSERT_TRUE(layout.wait_online(test::patience));
    sim.tell("crash");
    ASSERT_TRUE(started->wait(1));
  }  // the test would not end here
  release->set_value();
}

TEST(Layout, MayEndInAHandlerOfItsOwn) {
  Sim sim;
  Box<int> ended;
  std::optional<Layout> layout;
  std::promise<void> ready;
  auto is_ready = ready.get_future().share();
  Options options;
  options.on_loss = [&, is_ready](const Loss&) {
    is_ready.wait();
    layout.reset();
    ended.put(1);
  };
  layout.emplace("127.0.0.1", sim.port(), options);
  ASSERT_TRUE(layout->wait_online(test::patience));
  ready.set_value();
  sim.tell("crash");
  EXPECT_TRUE(ended.wait(1));
}

}  // namespace
}  // namespace standstill::client
