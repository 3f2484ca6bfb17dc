// A member's connection to the server. The bytes are RESP3 as a Redis server 7 writes it.
#include "plant/station/redis_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace standstill::station {
namespace {

constexpr auto subscribed =
    "%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    ">3\r\n$9\r\nsubscribe\r\n$21\r\nevents:emergency_stop\r\n:1\r\n";
constexpr auto on_stop_channel = ">3\r\n$7\r\nmessage\r\n$21\r\nevents:emergency_stop\r\n";

struct RedisConnection : testing::Test {
  std::vector<std::pair<std::string, std::string>> heard;
  RedisSession session{
      {{}, {}, {"events:emergency_stop"}},
      [this](std::string_view channel, const std::string& text) { heard.emplace_back(channel, text); }};
  void open() {
    session.connected(Instant{});
    static_cast<void>(feed(subscribed));
    static_cast<void>(session.work(Instant{}));
    ASSERT_TRUE(session.proven()) << session.error();
  }
  bool feed(std::string_view text) {
    return session.feed(std::as_bytes(std::span(text.data(), text.size())), Instant{});
  }
  // The engine reads all there is before it decodes, and an end leaves no time for that.
  void end() { static_cast<void>(session.ended(Instant{})); }
  using Heard = std::vector<std::pair<std::string, std::string>>;
};

TEST_F(RedisConnection, S9_AStopThatComesWithTheEndOfTheConnectionIsHeard) {
  open();
  EXPECT_TRUE(feed(std::string(on_stop_channel) + "$2\r\nhi\r\n" + on_stop_channel + "$2\r\nho\r\n"));
  end();
  EXPECT_EQ(heard, (Heard{{"events:emergency_stop", "hi"}, {"events:emergency_stop", "ho"}}));
  EXPECT_FALSE(session.ask({"PING"})) << "it is over";
  heard.clear();
  open();
  end();
  EXPECT_TRUE(heard.empty()) << "the next connection begins anew";
}

TEST_F(RedisConnection, S9_SoIsOneThatIsCutOff) {
  open();
  EXPECT_TRUE(feed(std::string(on_stop_channel) + "$700\r\n{\"envel"));
  EXPECT_FALSE(session.work(Instant{}));
  EXPECT_TRUE(heard.empty());
  end();
  EXPECT_EQ(heard, (Heard{{"events:emergency_stop", ""}}));
}

TEST_F(RedisConnection, S9_SoIsOneThatIsTooLongToBeTakenIn) {
  open();
  EXPECT_TRUE(feed(std::string(on_stop_channel) + "$3000000\r\nxxx"));
  EXPECT_FALSE(session.work(Instant{}));
  EXPECT_NE(session.error().find("3000000 bytes"), std::string::npos) << session.error();
  end();
  EXPECT_EQ(heard, (Heard{{"events:emergency_stop", ""}}));
}

TEST_F(RedisConnection, WhatElseIsCutOffIsNoStop) {
  for (const auto* const cut :
       {">3\r\n$7\r\nmessage\r\n$16\r\nevents:heartbeat\r\n$700\r\n{",
        ">3\r\n$7\r\nmessage\r\n$21\r\nevents:em",
        ">3\r\n$9\r\nsubscribe\r\n$21\r\nevents:emergency_stop\r\n", "$700\r\nevents:emergency_stop",
        "*3\r\n$7\r\nmessage\r\n$21\r\nevents:emergency_stop\r\n", ""}) {
    open();
    EXPECT_TRUE(feed(cut));
    end();
    EXPECT_TRUE(heard.empty()) << cut;
  }
}

TEST_F(RedisConnection, AUserWithoutAPasswordIsNotTheServersDefaultUser) {
  const auto opening = [](const std::string& user, const std::string& password) {
    RedisSession one({user, password, {"x"}}, {});
    one.connected(Instant{});
    const auto bytes = one.output();
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find("*2\r\n$9\r\nSUBSCRIBE"));
  };
  EXPECT_EQ(opening("", ""), "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
  EXPECT_EQ(opening("anna", ""), "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$0\r\n\r\n");
  EXPECT_EQ(opening("", "secret"),
            "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nsecret\r\n");
}

}  // namespace
}  // namespace standstill::station
