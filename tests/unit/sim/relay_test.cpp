// The simulated relays, through a real pty and real sockets.
#include "sim/relay.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <termios.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "raw_client.hpp"

namespace standstill::sim::test {
namespace {

class SimSerialRelay : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/sim-relay-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    link = folder + "/relay";
    auto made = SerialRelay::start(loop, {.link = link});
    ASSERT_TRUE(made) << made.error();
    relay = std::move(*made);
  }
  void TearDown() override {
    relay.reset();
    EXPECT_EQ(::rmdir(folder.c_str()), 0) << "the link stayed behind";
  }
  std::unique_ptr<RawClient> plug() {
    return std::make_unique<RawClient>(loop, os::Fd(::open(link.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)));
  }
  nlohmann::json tell(const std::string& line) { return nlohmann::json::parse(relay->command(line)); }

  os::Loop loop;
  std::string folder;
  std::string link;
  std::unique_ptr<SerialRelay> relay;
};

TEST_F(SimSerialRelay, ObeysItsTwoLinesAndAnswersOk) {
  const auto port = plug();
  EXPECT_FALSE(relay->contact().energised()) << "a relay starts dropped";
  const Instant before = os::now();
  port->send("RELAY_ON\n");
  ASSERT_TRUE(port->until("OK\n"));
  EXPECT_TRUE(relay->contact().energised());
  EXPECT_GE(relay->contact().last_write(), before);
  EXPECT_LE(relay->contact().last_write(), os::now());
  port->send("RELAY_OFF\nRELAY_OFF\n");
  ASSERT_TRUE(port->until("OK\nOK\nOK\n"));
  const auto status = tell("status");
  EXPECT_EQ(status.at("state"), "off");
  EXPECT_EQ(status.at("switches"), 2) << "the second OFF changed nothing";
  EXPECT_EQ(status.at("writes"), 3);
  EXPECT_EQ(port->got, "OK\nOK\nOK\n") << "no echo";
}

TEST_F(SimSerialRelay, IgnoresEmptyLinesAndRefusesOthers) {
  const auto port = plug();
  port->send("\n\r\nRELAY_O");
  port->listen_for(30ms);
  EXPECT_EQ(port->got, "");
  port->send("\nRELAY_ON\n");  // a takeover ends the half-written line of its predecessor first
  ASSERT_TRUE(port->until("ERROR\nOK\n"));
  EXPECT_TRUE(relay->contact().energised());
}

TEST_F(SimSerialRelay, AWeldedContactAnswersOkAndStays) {
  const auto port = plug();
  port->send("RELAY_ON\n");
  ASSERT_TRUE(port->until("OK\n"));
  tell("stick on");
  port->send("RELAY_OFF\n");
  ASSERT_TRUE(port->until("OK\nOK\n"));
  EXPECT_TRUE(relay->contact().energised());
  EXPECT_EQ(tell("status").at("told"), "off");
  EXPECT_EQ(tell("status").at("state"), "on");
}

TEST_F(SimSerialRelay, AMuteOneObeysAGarbledOneIsNoOk) {
  const auto port = plug();
  tell("mute on");
  port->send("RELAY_ON\n");
  ASSERT_TRUE(turn_until(loop, [&] { return relay->contact().energised(); }));
  port->listen_for(30ms);
  EXPECT_EQ(port->got, "");
  tell("mute off");
  tell("garble on");
  port->send("RELAY_OFF\n");
  ASSERT_TRUE(port->until("\n"));
  EXPECT_EQ(port->got.find("OK"), std::string::npos);
  EXPECT_FALSE(relay->contact().energised());
}

TEST_F(SimSerialRelay, ADelayedOneObeysLater) {
  const auto port = plug();
  tell("delay 200");
  const Instant before = os::now();
  port->send("RELAY_ON\n");
  ASSERT_TRUE(port->until("OK\n"));
  EXPECT_GE(os::now() - before, 200ms);
  EXPECT_GE(relay->contact().last_write() - before, 200ms);
}

TEST_F(SimSerialRelay, UnpluggedTheDeviceIsGoneAndComesBackUnderItsName) {
  auto port = plug();
  port->send("RELAY_ON\n");
  ASSERT_TRUE(port->until("OK\n"));
  tell("unplug");
  EXPECT_TRUE(port->until_end());
  EXPECT_LT(::open(link.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), 0);
  EXPECT_TRUE(relay->contact().energised()) << "a pulled plug moves no contact";
  EXPECT_TRUE(tell("replug").at("ok"));
  port = plug();
  port->send("RELAY_OFF\n");
  ASSERT_TRUE(port->until("OK\n"));
  EXPECT_FALSE(relay->contact().energised());
}

TEST_F(SimSerialRelay, SensesTheContactNotTheAnswer) {
  auto sense = serve_sense(loop, relay->contact(), "127.0.0.1", 0);
  ASSERT_TRUE(sense) << sense.error();
  std::string changes;
  relay->on_change([&](bool on) { changes += on ? '1' : '0'; });
  const auto port = plug();
  port->send("RELAY_ON\n");
  ASSERT_TRUE(port->until("OK\n"));
  tell("stick on");
  port->send("RELAY_OFF\n");
  ASSERT_TRUE(port->until("OK\nOK\n"));
  RawClient client(loop, (*sense)->port());
  client.send("GET /sense HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.until("{\"energised\":true}"));
  EXPECT_EQ(changes, "1");
}

TEST_F(SimSerialRelay, WillNotReplaceAFileByItsLink) {
  const std::string file = folder + "/file";
  std::ofstream(file) << "precious";
  EXPECT_FALSE(SerialRelay::start(loop, {.link = file}));
  EXPECT_EQ(file_text(file), "precious");
  ::unlink(file.c_str());
}

class SimHttpRelay : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = HttpRelay::start(loop, {});
    ASSERT_TRUE(made) << made.error();
    relay = std::move(*made);
  }
  // One request on a connection of its own; the whole answer.
  std::string ask(const std::string& method, const std::string& path, const std::string& body = "") {
    RawClient client(loop, relay->port());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_TRUE(client.until_end());
    return client.got;
  }
  nlohmann::json tell(const std::string& line) { return nlohmann::json::parse(relay->command(line)); }

  os::Loop loop;
  std::unique_ptr<HttpRelay> relay;
};

TEST_F(SimHttpRelay, SwitchesByPostAndSaysSo) {
  EXPECT_NE(ask("GET", "/power/status").find("{\"power\":\"off\"}"), std::string::npos);
  EXPECT_EQ(ask("POST", "/power/on", "ignored").rfind("HTTP/1.1 200 OK\r\n", 0), 0U);
  EXPECT_TRUE(relay->contact().energised());
  EXPECT_NE(ask("GET", "/power/status").find("{\"power\":\"on\"}"), std::string::npos);
  EXPECT_NE(ask("POST", "/power/off").find("200 OK"), std::string::npos);
  EXPECT_FALSE(relay->contact().energised());
}

TEST_F(SimHttpRelay, AGetSwitchesNothing) {
  EXPECT_NE(ask("GET", "/power/on").find("405"), std::string::npos);
  EXPECT_NE(ask("POST", "/nowhere").find("404"), std::string::npos);
  EXPECT_EQ(tell("status").at("writes"), 0);
}

TEST_F(SimHttpRelay, KeepsAConnectionAndTakesRequestsInAnyPieces) {
  RawClient client(loop, relay->port());
  client.send("POST /power/on HTTP/1.1\r\nHo");
  client.listen_for(20ms);
  client.send("st: x\r\nContent-Length: 2\r\n\r\n{");
  client.listen_for(20ms);
  EXPECT_FALSE(relay->contact().energised());
  client.send("}GET /sense HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.until("{\"energised\":true}"));
  EXPECT_FALSE(client.ended);
}

TEST_F(SimHttpRelay, AWeldedContactIsSeenOnlyByTheSensor) {
  ask("POST", "/power/on");
  tell("stick on");
  EXPECT_NE(ask("POST", "/power/off").find("200 OK"), std::string::npos);
  EXPECT_NE(ask("GET", "/power/status").find("{\"power\":\"off\"}"), std::string::npos);
  EXPECT_NE(ask("GET", "/sense").find("{\"energised\":true}"), std::string::npos);
}

TEST_F(SimHttpRelay, HangsAndObeysWhenItWakes) {
  tell("hang on");
  RawClient client(loop, relay->port());
  client.send("POST /power/on HTTP/1.1\r\nHost: x\r\n\r\n");
  client.listen_for(100ms);
  EXPECT_EQ(client.got, "");
  EXPECT_FALSE(client.ended);
  EXPECT_FALSE(relay->contact().energised());
  tell("hang off");
  ASSERT_TRUE(client.until("200 OK"));
  EXPECT_TRUE(relay->contact().energised());
}

TEST_F(SimHttpRelay, RefusesFailsAndIsSlowWhenTold) {
  const auto port = relay->port();
  tell("refuse on");
  EXPECT_TRUE(RawClient(loop, port).refused);
  EXPECT_TRUE(tell("refuse off").at("ok"));
  EXPECT_EQ(relay->port(), port);
  tell("error 500");
  EXPECT_NE(ask("POST", "/power/on").find("HTTP/1.1 500"), std::string::npos);
  EXPECT_FALSE(relay->contact().energised()) << "a failing relay obeys nothing";
  tell("error off");
  tell("delay 200");
  const Instant before = os::now();
  EXPECT_NE(ask("POST", "/power/on").find("200 OK"), std::string::npos);
  EXPECT_GE(os::now() - before, 200ms);
  for (const char* bad : {"error", "error 200", "delay", "delay x", "stick", "hang", "refuse"}) {
    EXPECT_FALSE(tell(bad).at("ok")) << bad;
  }
}

TEST_F(SimHttpRelay, RefusesWhatIsNoHttp) {
  RawClient client(loop, relay->port());
  client.send("RELAY_ON\r\n\r\n");
  ASSERT_TRUE(client.until_end());
  EXPECT_EQ(client.got.rfind("HTTP/1.1 400", 0), 0U);
}

}  // namespace
}  // namespace standstill::sim::test
