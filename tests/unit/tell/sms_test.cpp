#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/tell/alert_fixture.hpp"
#include "unit/tell/sink.hpp"

namespace standstill::tell {
namespace {

using nlohmann::json;
using testing::HasSubstr;

AlertConfig sms(const Sink& sink, const std::string& body = {}) {
  AlertConfig config{
      .id = "phones",
      .channel = SmsConfig{.gateway = {.url = "http://127.0.0.1:" + std::to_string(sink.port()) + "/sms",
                                       .body_template = body,
                                       .headers = {"Authorization: Bearer hunter2"}},
                           .numbers = {"+49301", "+49302", "+49303"}}};
  config.first_retry = 5ms;
  config.longest_retry = 20ms;
  return config;
}

TEST(Sms, EachNumberGetsTheSentence) {
  Sink sink([&](Sink::Peer& peer, int) {
    std::string head;
    sink.keep(read_post(peer, &head));
    EXPECT_THAT(head, HasSubstr("Authorization: Bearer hunter2"));
    answer_post(peer, "200 OK");
  });
  const auto tell = teller({sms(sink)});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  const auto kept = sink.kept();
  ASSERT_EQ(kept.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto body = json::parse(kept[i]);
    EXPECT_EQ(body.at("to"), "+4930" + std::to_string(i + 1));
    EXPECT_EQ(body.at("text"), sentence(trip()));
  }
}

TEST(Sms, WhoHasItDoesNotGetItAgain) {
  std::atomic<int> asked = 0;
  Sink sink([&](Sink::Peer& peer, int) {
    const auto body = read_post(peer);
    const int turn = ++asked;
    const bool fails = turn == 2;  // the gateway has no credit for a moment
    if (!fails) sink.keep(json::parse(body).at("to"));
    answer_post(peer, fails ? "503 Later" : "200 OK");
  });
  const auto tell = teller({sms(sink)});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_THAT(sink.kept(), testing::UnorderedElementsAre("+49301", "+49302", "+49303"));
  auto next = trip();
  next.epoch = 4;
  next.wall_ns += 1;
  tell->submit(next);
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_EQ(sink.kept().size(), 6U) << "another event goes to everybody again";
}

TEST(Sms, ATemplateIsTheGatewaysOwnBody) {
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer));
    answer_post(peer, "202 Accepted");
  });
  const auto tell = teller({sms(sink, R"({"recipients":["{{number}}"],"msg":"{{site}}: {{detail}}"})")});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_EQ(json::parse(sink.kept().at(1)),
            json({{"recipients", {"+49302"}}, {"msg", "club: the \"server\" went\nsilent"}}));
  const auto without = make_channel(std::get<SmsConfig>(sms(sink, R"({"msg":"{{text}}"})").channel), 1s);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error(), HasSubstr("{{number}}"));
  const WebhookConfig webhook{.url = "http://127.0.0.1/", .body_template = "{{number}}", .headers = {}};
  EXPECT_FALSE(make_channel(webhook, 1s)) << "a chat has no number";
}

TEST(OneAlert, IsToldWhateverItsFilterSays) {
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer));
    answer_post(peer, "200 OK");
  });
  auto config = sms(sink);
  config.on = {"ack"};
  const auto tell = teller({config});
  auto event = trip();
  tell->submit(event);
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_TRUE(sink.kept().empty());
  event.event = "test";
  EXPECT_TRUE(tell->submit_to("phones", event));
  EXPECT_FALSE(tell->submit_to("nobody", event));
  ASSERT_TRUE(tell->drain(30s));
  ASSERT_EQ(sink.kept().size(), 3U);
  EXPECT_THAT(sink.kept().at(0), HasSubstr("test: nothing happened"));
}

}  // namespace
}  // namespace standstill::tell
