// Every way the simulated server breaks, seen from a client's socket.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "raw_client.hpp"
#include "sim/generate_plan.hpp"
#include "sim/rocrail_server.hpp"
#include "sim/trains.hpp"

namespace standstill::sim::test {
namespace {

class SimRocrailFaults : public ::testing::Test {
 protected:
  void SetUp() override { start({.plan_xml = recorded_plan()}); }
  void start(RocrailOptions options) {
    options.tick = Duration::zero();
    // Once a minute, so that no clock report falls between the bytes compared.
    if (options.clock_divider == 10) options.clock_divider = 1;
    auto made = RocrailServer::start(loop, options);
    ASSERT_TRUE(made) << made.error();
    server = std::move(*made);
  }
  std::unique_ptr<RawClient> online() {
    auto client = std::make_unique<RawClient>(loop, server->port());
    client->command("<model cmd=\"lclist\"/>", "model");
    EXPECT_TRUE(client->until("</lclist>\n" + std::string(1, '\0')));
    client->got.clear();
    return client;
  }
  nlohmann::json tell(const std::string& line) {
    auto answer = nlohmann::json::parse(server->command(line));
    EXPECT_TRUE(answer.at("ok")) << answer;
    return answer;
  }

  os::Loop loop;
  std::unique_ptr<RocrailServer> server;
};

TEST_F(SimRocrailFaults, GoodbyeIsWordForWordAsRecorded) {
  const auto client = online();
  const Instant told = os::now();
  tell("goodbye");
  ASSERT_TRUE(client->until_end());
  EXPECT_FALSE(client->was_reset);
  EXPECT_GE(os::now() - told, 300ms);
  const std::string real = recording("05-shutdown-SIGTERM");
  EXPECT_EQ(client->got, real.substr(real.rfind("<?xml", real.find("<sys cmd=\"shutdown\""))));
  EXPECT_TRUE(RawClient(loop, server->port()).refused);
}

TEST_F(SimRocrailFaults, AClientsShutdownIsAGoodbyeToo) {
  const auto client = online();
  client->command("<sys cmd=\"shutdown\"/>", "sys");
  ASSERT_TRUE(client->until_end());
  const std::string real = recording("04-shutdown-by-client-cmd");
  EXPECT_EQ(client->got, real.substr(real.rfind("<?xml", real.find("<sys cmd=\"shutdown\" informall"))));
}

TEST_F(SimRocrailFaults, AWithdrawnGoodbyeIsAnnouncedAndThenItStays) {
  const auto client = online();
  tell("console-goodbye");
  ASSERT_TRUE(client->until("console mode"));
  const std::string real = recording("16-console-mode-false-shutdown");
  const auto start = real.rfind("<?xml", real.find("<sys cmd=\"shutdown\""));
  const auto end = real.find('\0', real.find("For shutdown in console mode")) + 1;
  client->listen_for(20ms);
  EXPECT_EQ(client->got, real.substr(start, end - start));
  client->listen_for(1200ms);  // longer than any real goodbye takes to end
  EXPECT_FALSE(client->ended);
  client->command("<model cmd=\"lclist\"/>", "model");
  EXPECT_TRUE(client->until("</lclist>"));
}

TEST_F(SimRocrailFaults, InConsoleModeAClientsShutdownIsIgnored) {
  start({.plan_xml = recorded_plan(), .console = true});
  const auto client = online();
  client->command("<sys cmd=\"shutdown\"/>", "sys");
  client->listen_for(300ms);
  EXPECT_EQ(client->got, "");
}

TEST_F(SimRocrailFaults, ACrashSaysNothing) {
  const auto client = online();
  tell("crash");
  ASSERT_TRUE(client->until_end());
  EXPECT_EQ(client->got, "");
  EXPECT_FALSE(client->was_reset);
  EXPECT_TRUE(RawClient(loop, server->port()).refused);
  EXPECT_EQ(tell("status").at("state"), "gone");
}

TEST_F(SimRocrailFaults, AResetIsAReset) {
  const auto client = online();
  tell("reset");
  ASSERT_TRUE(client->until_end());
  EXPECT_TRUE(client->was_reset);
}

TEST_F(SimRocrailFaults, AHangKeepsTcpUpAndObeysLater) {
  const auto client = online();
  tell("hang");
  client->command("<sys cmd=\"go\"/>", "sys");
  RawClient late(loop, server->port());
  EXPECT_FALSE(late.refused) << "the kernel completes handshakes for a stopped process";
  tell("power on");
  client->listen_for(200ms);
  EXPECT_EQ(client->got, "");
  EXPECT_FALSE(client->ended);
  EXPECT_EQ(tell("received").at("commands").back(), "<model cmd=\"lclist\"/>");
  tell("power off");
  tell("resume");
  EXPECT_TRUE(client->until("Global power ON"));  // recording 09: the go sent during the hang is carried out
  late.command("<model cmd=\"lclist\"/>", "model");
  EXPECT_TRUE(late.until("</lclist>"));
}

TEST_F(SimRocrailFaults, HalfOpenConnectionsStayMuteAndNewOnesAreServed) {
  const auto client = online();
  tell("half-open");
  client->command("<model cmd=\"lclist\"/>", "model");
  client->listen_for(200ms);
  EXPECT_EQ(client->got, "");
  EXPECT_FALSE(client->ended);
  EXPECT_FALSE(online()->ended);
}

TEST_F(SimRocrailFaults, ARestartForgetsWhatWasNotSaved) {
  auto client = online();
  client->command("<sw id=\"sw1\" cmd=\"turnout\"/>", "sw");
  client->command("<lc id=\"BR01\" V=\"40\"/>", "lc");
  ASSERT_TRUE(client->until("<lc id=\"BR01\" V=\"40\""));
  const auto port = server->port();
  tell("restart stale 50");
  ASSERT_TRUE(client->until_end());
  ASSERT_TRUE(turn_until(loop, [&] { return server->serving(); }));
  EXPECT_EQ(server->port(), port);
  RawClient again(loop, port);
  again.command("<model cmd=\"plan\"/>", "model");
  ASSERT_TRUE(again.until("</plan>\n" + std::string(1, '\0')));
  EXPECT_EQ(again.got, recording("14b-after-restart"));
}

TEST_F(SimRocrailFaults, TheStationCanBeLostWhileTheServerLives) {
  const auto client = online();
  tell("power on");
  ASSERT_TRUE(client->until("power=\"true\" enablecom=\"true\" trackbus=\"true\""));
  client->got.clear();
  tell("lose-station");
  ASSERT_TRUE(client->until("power=\"false\" enablecom=\"true\" trackbus=\"false\""));
  client->command("<model cmd=\"lclist\"/>", "model");
  EXPECT_TRUE(client->until("</lclist>")) << "the server itself is fine";
  tell("station-back");
  EXPECT_TRUE(client->until("power=\"false\" enablecom=\"true\" trackbus=\"true\""));
  tell("emergency on");
  EXPECT_TRUE(client->until("emergency=\"true\""));
}

TEST_F(SimRocrailFaults, RubbishArrivesAsIs) {
  const auto client = online();
  tell("rubbish <xmlh> nonsense");
  ASSERT_TRUE(client->until("nonsense"));
  EXPECT_EQ(client->got, "<xmlh> nonsense");
  client->got.clear();
  tell("rubbish random 5000");
  ASSERT_TRUE(turn_until(loop, [&] {
    client->read();
    return client->got.size() >= 5000;
  }));
  EXPECT_EQ(client->got.size(), 5000U);
}

TEST_F(SimRocrailFaults, SlowOutputDripsAndArrivesWhole) {
  const auto client = online();
  tell("slow 20000");
  const Instant before = os::now();
  client->command("<model cmd=\"plan\"/>", "model");
  ASSERT_TRUE(client->until("</plan>\n" + std::string(1, '\0')));
  EXPECT_GE(os::now() - before, 150ms);  // 4057 bytes at 20 kB/s
  EXPECT_EQ(client->got, recording("02-plan"));
}

TEST_F(SimRocrailFaults, ABigPlanIsServed) {
  tell("big 5000");
  RawClient client(loop, server->port());
  client.command("<model cmd=\"plan\"/>", "model");
  ASSERT_TRUE(client.until("</plan>\n" + std::string(1, '\0')));
  EXPECT_GT(client.got.size(), 500'000U);
}

// Why the product exists: the server is gone, and the trains keep running until their power is cut.
TEST_F(SimRocrailFaults, TrainsRunOnAfterACrashUntilTheSupplyIsCut) {
  start({.plan_xml = demo_plan(), .start_running = true});
  tell("move 100");
  tell("crash");
  const auto at_crash = server->trains().moves();
  tell("move 300");
  EXPECT_GT(server->trains().moves(), at_crash);
  server->track_supply(false);
  const auto at_cut = server->trains().moves();
  tell("move 2000");
  EXPECT_EQ(server->trains().moves(), at_cut);
  // Restarted from the last saved plan, the server believes in positions the trains left.
  tell("restart stale 1");
  ASSERT_TRUE(turn_until(loop, [&] { return server->serving(); }));
  bool differs = false;
  const auto status = tell("status");
  for (const auto& train : status.at("trains")) differs |= train.at("block") != train.at("believed_block");
  EXPECT_TRUE(differs) << status;
}

TEST_F(SimRocrailFaults, SetActsAsTheObjectItself) {
  const auto client = online();
  tell("set fb2 on");
  EXPECT_TRUE(client->until("<fb iid=\"\" id=\"fb2\" state=\"true\""));
  tell("set sw2 straight");
  EXPECT_TRUE(client->until("<sw id=\"sw2\" state=\"straight\" switched=\"1\" testing"));
  tell("set V200 \"A&B\" 30");
  EXPECT_TRUE(client->until("calculated speed=38, command V=30"));
  EXPECT_NE(server->command("set nothing on").find("no object 'nothing'"), std::string::npos);
}

TEST(GeneratePlan, HasAsManyObjectsAsAskedAndIsTheSameEveryTime) {
  for (const std::size_t count : {1U, 7U, 100U, 20000U}) {
    const std::string plan = generate_plan(count, 3);
    std::size_t objects = 0;
    for (auto at = plan.find(" id=\""); at != std::string::npos; at = plan.find(" id=\"", at + 1)) ++objects;
    for (auto at = plan.find("<swcmd"); at != std::string::npos; at = plan.find("<swcmd", at + 1)) --objects;
    EXPECT_EQ(objects, count);
    EXPECT_EQ(plan, generate_plan(count, 3));
    os::Loop loop;
    EXPECT_TRUE(RocrailServer::start(loop, {.plan_xml = plan}));
  }
  EXPECT_NE(generate_plan(100, 3), generate_plan(100, 4));
}

}  // namespace
}  // namespace standstill::sim::test
