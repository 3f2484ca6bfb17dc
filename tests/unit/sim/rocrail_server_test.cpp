// The simulated server against what a real one was recorded to send.
#include "sim/rocrail_server.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "raw_client.hpp"

namespace standstill::sim::test {
namespace {

class SimRocrail : public ::testing::Test {
 protected:
  void start(RocrailOptions options = {}) {
    if (options.plan_xml.empty()) options.plan_xml = recorded_plan();
    options.tick = Duration::zero();
    // Once a minute, so that no clock report falls between the bytes compared.
    if (options.clock_divider == 10) options.clock_divider = 1;
    auto made = RocrailServer::start(loop, options);
    ASSERT_TRUE(made) << made.error();
    server = std::move(*made);
  }
  nlohmann::json tell(const std::string& line) { return nlohmann::json::parse(server->command(line)); }

  os::Loop loop;
  std::unique_ptr<RocrailServer> server;
};

// The server names a client by a number that differs from run to run.
std::string without_client_name(const std::string& bytes) {
  return std::regex_replace(bytes, std::regex("server=\"infw[0-9A-F]{8}\""), "server=\"infw00000000\"");
}

TEST_F(SimRocrail, AnswersThePlanByteForByteAsRecorded) {
  start();
  RawClient client(loop, server->port());
  client.listen_for(50ms);
  EXPECT_EQ(client.got, "") << "at connect a server says nothing";
  client.send("<xmlh><xml size=\"19\" name=\"model\"/></xmlh><model cmd=\"plan\"/>");
  ASSERT_TRUE(client.until("</plan>\n" + std::string(1, '\0')));
  EXPECT_EQ(client.got, recording("02-plan"));
}

TEST_F(SimRocrail, SplitWritesCarryTheSameBytes) {
  start({.split_writes = true});
  RawClient client(loop, server->port());
  client.command("<model cmd=\"plan\"/>", "model");
  ASSERT_TRUE(client.until("</plan>\n" + std::string(1, '\0')));
  EXPECT_EQ(client.got, recording("02-plan"));
}

TEST_F(SimRocrail, WordsItsReportsAsRecorded) {
  start();
  RawClient client(loop, server->port());
  const std::string real = recording("03-session-commands-A");
  const auto expect_same = [&](const std::string& command, const std::string& name,
                               std::initializer_list<const char*> marks) {
    SCOPED_TRACE(command);
    client.got.clear();
    client.command(command, name);
    ASSERT_TRUE(client.until(*(marks.end() - 1)));
    for (const char* mark : marks) {
      EXPECT_EQ(without_client_name(frame_with(client.got, mark)),
                without_client_name(frame_with(real, mark)));
    }
  };
  expect_same(R"(<sys cmd="go"/>)", "sys", {"Global power ON", "<state iid=\"vcs-1\" power=\"true\""});
  expect_same(R"(<lc id="BR01" V="40"/>)", "lc",
              {"calculated speed=51, command V=40, dir=fwd", "<lc id=\"BR01\" V=\"40\" server"});
  expect_same(R"(<fb id="fb1" state="true"/>)", "fb", {"<fb iid=\"\" id=\"fb1\" state=\"true\""});
  expect_same(R"(<fb id="fb1" state="false"/>)", "fb", {"<fb iid=\"\" id=\"fb1\" state=\"false\""});
  expect_same(R"(<sw id="sw1" cmd="turnout"/>)", "sw",
              {"Switch [sw1] will be set to [turnout", "turnout 0011 1 turnout",
               "state=\"turnout\" switched=\"0\"", "state=\"turnout\" switched=\"1\" testing"});
  expect_same(R"(<sw id="sw1" cmd="flip"/>)", "sw",
              {"turnout 0011 1 straight", "state=\"straight\" switched=\"1\" addr",
               "state=\"straight\" switched=\"2\" testing"});
  expect_same(R"(<sw id="sw3w" cmd="left"/>)", "sw",
              {"Switch [sw3w]", "turnout 0013 2 straight", "<sw id=\"sw3w\" state=\"straight\"",
               "turnout 0013 1 turnout", "<sw id=\"sw3w\" state=\"left\" switched=\"0\"",
               "<sw id=\"sw3w\" state=\"left\" switched=\"1\""});
  expect_same(R"(<sg id="sg1" cmd="green"/>)", "sg",
              {"output 21 1 0 off", "reporting output 0:21:1.0 off", "<sg id=\"sg1\" state=\"green\""});
  expect_same(R"(<co id="co1" cmd="on"/>)", "co",
              {"output 31 1 0 on", "reporting output 0:31:1.0 on", "<co id=\"co1\" state=\"on\" addr",
               "<co id=\"co1\" state=\"on\" iid"});
  expect_same(R"(<bk id="bk2" state="closed"/>)", "bk", {"<bk id=\"bk2\" state=\"closed\" server"});
  expect_same(R"(<st id="rt2" cmd="unlock"/>)", "st", {"reset route rt2", "<st status=\"0\""});
  expect_same(R"(<sys cmd="ebreak"/>)", "sys", {"Emergency break"});
  expect_same(R"(<sys cmd="stop"/>)", "sys", {"Global power OFF", "<state iid=\"vcs-1\" power=\"false\""});
  expect_same(R"(<model cmd="add"><fb id="fb9" addr="9"/></model>)", "model", {"<model cmd=\"add\""});
  expect_same(R"(<model cmd="modify"><lc id="BR01" V_max="90"/></model>)", "model", {"cmd=\"modify\"/>"});
  expect_same(R"(<model cmd="remove"><fb id="fb9"/></model>)", "model", {"<model cmd=\"remove\""});
}

TEST_F(SimRocrail, EscapesAndCountsBytesNotCharacters) {
  start();
  RawClient client(loop, server->port());
  const std::string real = recording("03-session-commands-A");
  client.command("<lc id=\"V200 &quot;A&amp;B&quot;\" V=\"20\"/>", "lc");
  client.command("<lc id=\"Müller\" V=\"25\" dir=\"true\"/>", "lc");
  ASSERT_TRUE(client.until("<lc id=\"Müller\""));
  for (const char* mark : {"id=V200  A&amp;B ", "B&quot;\" V=\"20\"",
                           "id=Müller: addr=5, calculated speed=32", "<lc id=\"Müller\" V=\"25\""}) {
    const auto runtime = std::regex("runtime=\"[0-9]+\"");
    EXPECT_EQ(std::regex_replace(without_client_name(frame_with(client.got, mark)), runtime, ""),
              std::regex_replace(without_client_name(frame_with(real, mark)), runtime, ""));
  }
}

TEST_F(SimRocrail, EveryClientHearsReportsAndOnlyTheAskerHearsAnswers) {
  start();
  RawClient asker(loop, server->port());
  RawClient other(loop, server->port());
  ASSERT_TRUE(turn_until(loop, [&] { return server->clients() == 2; }));
  asker.command("<model cmd=\"lclist\"/>", "model");
  ASSERT_TRUE(asker.until("</lclist>"));
  asker.command("<sys cmd=\"go\"/>", "sys");
  ASSERT_TRUE(other.until("power=\"true\""));
  EXPECT_EQ(other.got.find("lclist"), std::string::npos);
}

TEST_F(SimRocrail, OnlyTheNewerOneAnswersPing) {
  const std::string ping = "<xmlh><xml size=\"8\" name=\"ping\"/></xmlh><ping/>" + std::string(1, '\0');
  start();
  RawClient old(loop, server->port());
  old.send(ping);
  old.command("<model cmd=\"sclist\"/>", "model");
  ASSERT_TRUE(old.until("<sclist"));
  EXPECT_EQ(old.got.find("pong"), std::string::npos);
  start({.newer = true});
  RawClient newer(loop, server->port());
  newer.send(ping);
  ASSERT_TRUE(newer.until("<xml size=\"9\"/>\n</xmlh><pong/>\n" + std::string(1, '\0')));
}

TEST_F(SimRocrail, ReadsSeveralFramesInOneWriteAndALateBody) {
  start();
  RawClient client(loop, server->port());
  const std::string frame = "<xmlh><xml size=\"15\" name=\"sys\"/></xmlh><sys cmd=\"go\"/>";
  client.send(frame + frame);
  ASSERT_TRUE(turn_until(loop, [&] { return server->commands_received() == 2; }));
  client.send("<xmlh><xml size=\"15\" name=\"sys\"/></xmlh>");
  client.listen_for(100ms);
  client.send("<sys cmd=\"go\"/>");
  ASSERT_TRUE(turn_until(loop, [&] { return server->commands_received() == 3; }));
  EXPECT_FALSE(client.ended);
}

TEST_F(SimRocrail, ClosesAtAStrayNul) {
  start();
  RawClient client(loop, server->port());
  client.send("<xmlh><xml size=\"15\" name=\"sys\"/></xmlh><sys cmd=\"go\"/>" + std::string(1, '\0'));
  EXPECT_TRUE(client.until_end());
}

TEST_F(SimRocrail, ClosesAtATooSmallSize) {
  start();
  RawClient client(loop, server->port());
  client.send("<xmlh><xml size=\"14\" name=\"sys\"/></xmlh><sys cmd=\"go\"/>");
  EXPECT_TRUE(client.until_end());
}

TEST_F(SimRocrail, ClosesAtAHeaderInTwoSends) {
  start();
  RawClient client(loop, server->port());
  client.send("<xmlh><xml si");
  EXPECT_TRUE(client.until_end());
}

TEST_F(SimRocrail, AnswersAnUnreadableBodyWithAnExceptionAndStays) {
  start();
  RawClient client(loop, server->port());
  client.command("<sys cmd=\"go", "sys");
  ASSERT_TRUE(client.until("<exception text="));
  client.command("<model cmd=\"lclist\"/>", "model");
  EXPECT_TRUE(client.until("</lclist>"));
}

TEST_F(SimRocrail, SleepsBeforeTheFirstCommandWhenTold) {
  start({.reader_sleep = 300ms});
  const Instant before = os::now();
  RawClient client(loop, server->port());
  client.command("<model cmd=\"lclist\"/>", "model");
  ASSERT_TRUE(client.until("</lclist>"));
  EXPECT_GE(os::now() - before, 300ms);
}

TEST_F(SimRocrail, ReportsTheClockAsRecorded) {
  start({.clock_divider = 100});
  RawClient client(loop, server->port());
  ASSERT_TRUE(client.until("cmd=\"sync\"/>\n" + std::string(1, '\0')));
  const std::string real =
      std::regex_replace(recording("01-connect-passive"), std::regex("divider=\"10\" time=\"[0-9]+\""), "");
  const std::string ours = std::regex_replace(client.got, std::regex("divider=\"100\" time=\"[0-9]+\""), "");
  EXPECT_EQ(std::regex_replace(ours, std::regex("size=\"63\""), "size=\"62\""), real);
}

TEST_F(SimRocrail, RefusesAPlanThatIsNone) {
  for (const char* text : {"<plan", "<layout/>", "no xml"}) {
    auto made = RocrailServer::start(loop, {.plan_xml = text});
    ASSERT_FALSE(made) << text;
    EXPECT_NE(made.error().find("plan: "), std::string::npos) << made.error();
  }
}

TEST_F(SimRocrail, TrainsGoRoundAndSayWhereTheyAre) {
  start({.plan_xml = demo_plan()});
  RawClient client(loop, server->port());
  ASSERT_TRUE(turn_until(loop, [&] { return server->clients() == 1; }));
  EXPECT_EQ(tell("move 500").at("moves"), 0) << "no power, no movement";
  tell("power on");
  EXPECT_EQ(tell("move 500").at("moves"), 0) << "nobody told them to go";
  tell("auto on");
  EXPECT_GT(tell("move 2000").at("moves"), 30);
  EXPECT_EQ(tell("status").at("collisions"), 0);
  const auto status = tell("status");
  for (const auto& train : status.at("trains")) EXPECT_EQ(train.at("block"), train.at("believed_block"));
  ASSERT_TRUE(client.until("blockid=\"bk3\""));
  for (const char* mark :
       {"reserved=\"true\"", "<st status=\"1\"", "<st status=\"0\"", "mode=\"auto\"", "state=\"green\""}) {
    EXPECT_NE(client.got.find(mark), std::string::npos) << mark;
  }
}

TEST_F(SimRocrail, SameSeedSameJourneys) {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    start({.plan_xml = demo_plan(), .seed = 7});
    tell("power on");
    tell("auto on");
    tell("move 3000");
    const std::string plan = tell("plan").at("plan");
    if (round == 0) first = plan;
    EXPECT_EQ(plan, first);
  }
}

TEST_F(SimRocrail, WithoutTrackSupplyNoTrainMovesAndNobodySaysSo) {
  start({.plan_xml = demo_plan(), .start_running = true});
  tell("move 200");
  RawClient client(loop, server->port());
  ASSERT_TRUE(turn_until(loop, [&] { return server->clients() == 1; }));
  server->track_supply(false);
  const auto before = tell("status").at("moves");
  tell("move 1");  // a last route may still be set
  client.listen_for(20ms);
  client.got.clear();
  tell("move 500");
  client.listen_for(50ms);
  EXPECT_EQ(tell("status").at("moves"), before);
  EXPECT_EQ(client.got, "");
  EXPECT_TRUE(tell("status").at("power"));
}

}  // namespace
}  // namespace standstill::sim::test
