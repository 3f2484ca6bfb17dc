// S9 anyone-may-stop, and what may not stand in the way of it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "unit/terminal/http_fixture.hpp"

namespace standstill::terminal {
namespace {

class Stop : public HttpFixture {
 protected:
  bool stopped(int times) {
    (void)eventually([&] { return backend.stops >= times; });
    return backend.stops == times;
  }
};

TEST_F(Stop, S9_WithAndWithoutABody) {
  RawClient client(server->port());
  EXPECT_EQ(client.ask("POST /api/v1/stop HTTP/1.1\r\n\r\n").status, 200);
  EXPECT_EQ(backend.last_stop().initiator, "127.0.0.1");
  const auto reply = client.ask(post(
      "/api/v1/stop", R"({"reason":"button_press","description":"smoke at the yard","initiator":"phone"})"));
  EXPECT_EQ(reply.body, R"({"epoch":7,"state":"tripped","warnings":[]})");
  const auto stop = backend.last_stop();
  EXPECT_EQ(stop.reason, CauseCode::button_press);
  EXPECT_EQ(stop.description, "smoke at the yard");
  EXPECT_EQ(stop.initiator, "phone");
}

TEST_F(Stop, S9_AnUnreadableBodyStillTripsAndSaysWhatWasWrong) {
  int count = 0;
  for (const std::string& body :
       {std::string("{"), std::string("rubbish \x00\xff\xfe", 11), std::string("[1,2]"),
        std::string(R"({"reason":5})"), std::string(R"({"reason":"because"})"),
        std::string(R"({"description":"\ud800"})"), std::string(60000, '['),
        std::string("{\"description\":\"") + std::string(1000, 'a') + "\"}"}) {
    const auto reply = RawClient(server->port()).ask(post("/api/v1/stop", body));
    EXPECT_EQ(reply.status, 200) << body.substr(0, 40);
    EXPECT_EQ(reply.body.find("\"warnings\":[]"), std::string::npos) << body.substr(0, 40);
    EXPECT_EQ(backend.stops, ++count);
    EXPECT_FALSE(backend.last_stop().warnings.empty());
  }
}

TEST_F(Stop, S9_AnUnreadableRequestStillTrips) {
  int count = 0;
  for (const std::string& bytes :
       {post("/api/v1/stop", std::string(70000, 'x')),
        std::string("POST /api/v1/stop HTTP/1.1\r\nContent-Length: abc\r\n\r\n"),
        std::string("POST /api/v1/stop HTTP/1.1\r\nbad header\r\n\r\n"),
        std::string("POST /api/v1/stop\r\n\r\n"), std::string("POST /api/v1/stop?%zz HTTP/1.1\r\n\r\n"),
        "POST /api/v1/stop HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n",
        std::string("POST /api/v1/stop HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    const auto reply = RawClient(server->port()).ask(bytes);
    EXPECT_EQ(reply.status, 200) << bytes.substr(0, 60);
    EXPECT_EQ(backend.stops, ++count) << bytes.substr(0, 60);
  }
  RawClient almost(server->port());
  EXPECT_EQ(almost.ask("POST /api/v1/stopped HTTP/1.1\r\nbad header\r\n\r\n").status, 400);
  EXPECT_EQ(backend.stops, count);
}

TEST_F(Stop, S9_ABodyThatNeverComesIsNotWaitedFor) {
  RawClient client(server->port());
  client.send("POST /api/v1/stop HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"reason\":");
  const auto reply = client.receive(5000);
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("had not arrived in full"), std::string::npos);
  EXPECT_EQ(backend.stops, 1);
}

TEST_F(Stop, S9_AClientThatIsCutOffHasStopped) {
  {
    RawClient client(server->port());
    client.send("POST /api/v1/stop HTTP/1.1\r\nHost: x\r\nConte");
  }
  EXPECT_TRUE(stopped(1));
}

TEST_F(Stop, NotDelayedByCallsThatHang) {
  backend.slow = true;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(get("/api/v1/state"));
  }
  while (backend.calls < 2) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  for (int i = 0; i < 3; ++i) {  // the places that became free when the pool took its first two
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(get("/api/v1/state"));
  }
  RawClient client(server->port());
  EXPECT_EQ(client.ask(post("/api/v1/stop", "{}")).status, 200);
  EXPECT_EQ(client.ask(get("/livez")).status, 200);
  EXPECT_EQ(client.ask(get("/api/v1/state")).status, 503) << "the queue is full, and says so";
  EXPECT_LE(backend.calls, 2);
  RawClient local(folder / "standstill.sock");
  local.send(get("/api/v1/why"));
  EXPECT_TRUE(local.quiet(200)) << "a refusal would come at once";
  backend.slow = false;
  EXPECT_EQ(local.receive().status, 200) << "the command line has its share of the queue";
}

TEST_F(Stop, NotDelayedByThreeHundredConnections) {
  ServerConfig config;
  config.most_tcp = 256;
  start(config);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send("GET /livez HTTP/1.1\r\nX: slow");
  }
  EXPECT_EQ(RawClient(server->port()).ask(post("/api/v1/stop", "{}")).status, 200);
  EXPECT_EQ(ask_local(post("/api/v1/stop", "{}")).status, 200);
  EXPECT_TRUE(clients.front()->ended()) << "the oldest made room";
  clients.back()->send("\r\n\r\n");
  EXPECT_EQ(clients.back()->receive().status, 200) << "the newest did not";
}

TEST_F(Stop, SlowSendersAreDropped) {
  start({.request_time = 200ms, .idle_time = 200ms});
  RawClient loris(server->port());
  bool open = true;
  const auto began = std::chrono::steady_clock::now();
  loris.send("GET /livez HTTP/1.1\r\n");
  while (open && std::chrono::steady_clock::now() - began < std::chrono::seconds(20)) {
    open = loris.send("X");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_FALSE(open) << "a byte now and then must not keep the connection";
  RawClient idle(server->port());
  EXPECT_TRUE(idle.ended());
}

TEST_F(Stop, ClientsThatDoNotReadCannotFillTheMemory) {
  backend.state_bytes = 4'000'000;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(get("/api/v1/state"));
    for (int wait = 0; wait < 2000 && backend.calls <= i; ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(RawClient(server->port()).ask(post("/api/v1/stop", "{}")).status, 200);
  const auto first = clients.front()->receive();
  EXPECT_LT(first.body.size(), 4'000'000U) << "the one that has not read for longest was closed";
  EXPECT_GT(clients.back()->receive().body.size(), 4'000'000U);
}

TEST_F(Stop, AForeignClientWithExpectContinue) {
  RawClient client(server->port());
  client.send("POST /api/v1/stop HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("{}");
  EXPECT_EQ(client.receive().status, 200);
  if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no curl on this machine";
  const std::string command = "curl -sf -X POST -d @- http://127.0.0.1:" + std::to_string(server->port()) +
                              "/api/v1/stop <<< '{}' >/dev/null";
  EXPECT_EQ(std::system(("bash -c \"" + command + "\"").c_str()), 0);
  EXPECT_EQ(
      std::system(
          ("curl -sf --unix-socket " + folder / "standstill.sock" + " http://x/livez >/dev/null").c_str()),
      0);
  EXPECT_EQ(backend.stops, 2);
}

}  // namespace
}  // namespace standstill::terminal
