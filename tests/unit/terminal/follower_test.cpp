// Those who follow over a WebSocket, by RFC 6455 as the standard has it.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "unit/terminal/http_fixture.hpp"
#include "unit/terminal/web_socket.hpp"

namespace standstill::terminal {
namespace {

class Following : public HttpFixture {
 protected:
  std::unique_ptr<RawClient> follow(std::string_view path = "/api/v1/events", std::string_view headers = {},
                                    int receive_buffer = 0) {
    auto client = std::make_unique<RawClient>(server->port(), receive_buffer);
    client->send(upgrade(path, headers));
    const auto reply = client->receive();
    EXPECT_EQ(reply.status, 101) << reply.head;
    EXPECT_TRUE(reply.has(std::string("Sec-WebSocket-Accept: ") + sample_accept)) << reply.head;
    return client;
  }
  // Until it holds what was asked for, or nothing more comes.
  static bool hears(RawClient& client, const std::string& what) {
    for (std::string text = receive_text(client); !text.empty(); text = receive_text(client))
      if (text.find(what) != std::string::npos) return true;
    return false;
  }
};

TEST_F(Following, TheWholeStateComesFirstThenWhatChanges) {
  const auto client = follow();
  EXPECT_EQ(receive_text(*client), R"({"type":"state","whole":true})");
  backend.tell(Topic::event, R"({"type":"event","event":{"id":1}})");
  EXPECT_EQ(receive_text(*client), R"({"type":"event","event":{"id":1}})");
}

TEST_F(Following, TagsAndLayoutOnlyForThoseWhoWantThem) {
  const auto plain = follow();
  const auto all = follow("/api/v1/events?with=layout,tags");
  EXPECT_EQ(receive_text(*plain), R"({"type":"state","whole":true})");
  EXPECT_EQ(receive_text(*all), R"({"type":"state","whole":true})");
  EXPECT_EQ(receive_text(*all), R"({"type":"tags"})");
  backend.tell(Topic::layout, "a train moved");
  backend.tell(Topic::event, "an event");
  EXPECT_EQ(receive_text(*all), "a train moved");
  EXPECT_EQ(receive_text(*plain), "an event");
}

TEST_F(Following, NobodyIsAskedWhileNobodyListens) {
  EXPECT_EQ(backend.followed, 0);
  auto client = follow();
  EXPECT_FALSE(receive_text(*client).empty());
  EXPECT_EQ(backend.followed, 1);
  client.reset();
  backend.tell(Topic::event, "to nobody");
  EXPECT_TRUE(eventually([&] { return backend.followed == 0; }));
  client = follow();
  EXPECT_EQ(receive_text(*client), R"({"type":"state","whole":true})") << "and again from the beginning";
}

TEST_F(Following, AnotherPageMayNotListen) {
  RawClient client(server->port());
  const auto reply = client.ask(upgrade("/api/v1/events", "Origin: http://evil.example\r\n"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(RawClient(server->port()).ask(upgrade("/api/v1/events", "Origin: null\r\n")).status, 403);
  const auto own = follow("/api/v1/events", "Origin: http://localhost\r\n");
  EXPECT_FALSE(receive_text(*own).empty());
}

TEST_F(Following, WithoutAnUpgradeItSaysWhatItIs) {
  const auto reply = ask(get("/api/v1/events"));
  EXPECT_EQ(reply.status, 426);
  EXPECT_TRUE(reply.has("Upgrade: websocket"));
  EXPECT_EQ(ask(upgrade("/api/v1/state")).status, 200) << "no other address becomes one";
}

TEST_F(Following, WhatAFollowerSendsIsIgnoredAndBounded) {
  const auto client = follow();
  client->send(masked_text("{\"stop\":true}") + masked_text(std::string(4000, 'x')));
  EXPECT_TRUE(hears(*client, "state"));
  backend.tell(Topic::event, "still there");
  EXPECT_TRUE(hears(*client, "still there"));
  EXPECT_EQ(backend.stops, 0);
  client->send(masked_text(std::string(5000, 'x')));
  EXPECT_TRUE(client->ended());
  const auto other = follow();
  other->send("this is no frame at all, and it is not masked either");
  EXPECT_TRUE(other->ended());
  EXPECT_EQ(ask(get("/livez")).status, 200);
}

TEST_F(Following, OneThatDoesNotReadIsDroppedAndTheOthersHearEverything) {
  ServerConfig config;
  config.slow_time = 60s;  // by what waits, not by time
  start(config);
  const auto slow = follow("/api/v1/events", {}, 65536);
  const auto quick = follow();
  EXPECT_TRUE(hears(*quick, "state"));
  const std::string large(100'000, 'x');
  std::size_t heard = 0;
  for (int i = 0; i < 50; ++i) {  // 5 MB: more than the kernel and we hold for one that does not read
    backend.tell(Topic::event, large);
    const auto text = receive_text(*quick);
    ASSERT_EQ(text.size(), large.size()) << i;
    ++heard;
  }
  EXPECT_EQ(heard, 50U);
  // What the kernel still had comes, then the reason or at least the end.
  std::size_t received = 0;
  std::string reason;
  for (auto frame = receive_frame(*slow); frame; frame = receive_frame(*slow)) {
    if (frame->opcode == 8) {
      reason = frame->payload;
      break;
    }
    received += frame->payload.size();
  }
  EXPECT_LT(received, 50 * large.size());
  EXPECT_TRUE(reason.empty() || reason.find("too slow") != std::string::npos) << reason;
  backend.tell(Topic::event, "afterwards");
  EXPECT_TRUE(hears(*quick, "afterwards"));
}

TEST_F(Following, OneMessageThatDoesNotGoOutInTimeEndsIt) {
  ServerConfig config;
  config.slow_time = 100ms;
  start(config);
  const auto stuck = follow("/api/v1/events", {}, 65536);
  ASSERT_FALSE(receive_text(*stuck).empty());
  backend.tell(Topic::event, std::string(8'000'000, 'x'));  // more than the kernel takes
  ASSERT_TRUE(eventually([&] { return backend.followed == 0; })) << "it follows no more";
  EXPECT_EQ(ask(get("/livez")).status, 200);
}

TEST_F(Following, ANewerStateTakesThePlaceOfOneThatWaits) {
  ServerConfig config;
  config.slow_time = 60s;
  start(config);
  const auto client = follow("/api/v1/events", {}, 65536);
  ASSERT_FALSE(receive_text(*client).empty());
  const std::string pad(300'000, ' ');
  for (int i = 0; i < 40; ++i) {  // 12 MB of states for one that does not read
    backend.tell(Topic::state, pad + std::to_string(i));
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
  }
  backend.tell(Topic::event, "the last");
  std::size_t states = 0;
  std::string newest;
  for (std::string text = receive_text(*client); text != "the last"; text = receive_text(*client)) {
    ASSERT_FALSE(text.empty()) << "it was dropped after " << states;
    ++states;
    newest = text;
  }
  EXPECT_LT(states, 40U);
  EXPECT_EQ(newest, pad + "39");
}

TEST_F(Following, TwoHundredAtOnceAndAStopBetweenThem) {
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 200; ++i) all.push_back(follow());
  for (auto& one : all) ASSERT_TRUE(hears(*one, "state"));
  backend.tell(Topic::event, "to all");
  EXPECT_EQ(ask(post("/api/v1/stop", "{}")).status, 200);
  for (auto& one : all) ASSERT_TRUE(hears(*one, "to all"));
  EXPECT_EQ(backend.stops, 1);
}

TEST_F(Following, BeyondTheLimitItIsRefusedAndAStopIsNot) {
  ServerConfig config;
  config.most_followers = 4;
  config.most_tcp = 8;
  start(config);
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 4; ++i) all.push_back(follow());
  for (auto& one : all) ASSERT_TRUE(hears(*one, "state"));
  EXPECT_EQ(RawClient(server->port()).ask(upgrade("/api/v1/events")).status, 503);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(std::make_unique<RawClient>(server->port()));
  EXPECT_EQ(ask(post("/api/v1/stop", "")).status, 200);
  backend.tell(Topic::event, "all four");
  for (auto& one : all)
    EXPECT_TRUE(hears(*one, "all four")) << "those who ask make room, not those who follow";
}

}  // namespace
}  // namespace standstill::terminal
