#include "tell/alert.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "unit/tell/alert_fixture.hpp"
#include "unit/tell/sink.hpp"

namespace standstill::tell {
namespace {

using Clock = std::chrono::steady_clock;

std::string url(const Sink& sink) { return "http://127.0.0.1:" + std::to_string(sink.port()) + "/hook"; }

AlertConfig webhook(const Sink& sink) {
  AlertConfig config{.id = "slack",
                     .channel = WebhookConfig{.url = url(sink), .body_template = "", .headers = {}}};
  config.first_retry = 5ms;
  config.longest_retry = 20ms;
  return config;
}

TEST(Webhook, PostsTheSentenceAsSlackWantsIt) {
  std::string head;
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer, &head));
    sink.keep(head);
    answer_post(peer, "200 OK");
  });
  const auto tell = teller({webhook(sink)});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  const auto kept = sink.kept();
  EXPECT_EQ(nlohmann::json::parse(kept.at(0)),
            nlohmann::json({{"text",
                             "club TRIPPED (epoch 3): layout, link_lost: the \"server\" went\nsilent "
                             "(2026-01-31T12:00:00.000Z)"}}));
  EXPECT_NE(kept.at(1).find("POST /hook HTTP/1.1"), std::string::npos);
  EXPECT_NE(kept.at(1).find("Content-Type: application/json"), std::string::npos);
  const auto status = tell->statuses().at(0);
  EXPECT_EQ(status.delivered, 1U);
  EXPECT_FALSE(status.failing);
  EXPECT_GT(status.last_ok_wall_ns, 0);
}

TEST(Webhook, ErrorsAreRetriedShownAndRecovered) {
  Sink sink([&](Sink::Peer& peer, int connection) {
    sink.keep(read_post(peer));
    if (connection == 0) return;  // closed without an answer
    answer_post(peer, connection == 1 ? "503 Service Unavailable" : "204 No Content");
  });
  std::mutex mutex;
  std::vector<AlertStatus> reports;
  const auto tell = teller({webhook(sink)}, [&](const AlertStatus& status) {
    const std::scoped_lock lock(mutex);
    reports.push_back(status);
  });
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_TRUE(eventually([&] {
    const std::scoped_lock lock(mutex);
    return reports.size() == 2;
  }));
  const std::scoped_lock lock(mutex);
  EXPECT_TRUE(reports.at(0).failing);
  EXPECT_EQ(reports.at(0).pending, 1U);
  EXPECT_FALSE(reports.at(1).failing);
  EXPECT_EQ(sink.kept().size(), 3U);
  const auto status = tell->statuses().at(0);
  EXPECT_EQ(status.delivered, 1U);
  EXPECT_NE(status.last_error.find("503: ok"), std::string::npos);
}

TEST(Webhook, ARefusalIsGivenUpSoonerThanASilence) {
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer));
    answer_post(peer, "404 Not Found");
  });
  auto config = webhook(sink);
  config.refusals = 3;
  const auto tell = teller({config});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_EQ(sink.kept().size(), 3U);
  EXPECT_EQ(tell->statuses().at(0).dropped, 1U);
}

TEST(Webhook, WaitsAsLongAsTheServiceAsks) {
  Clock::time_point first;
  Clock::time_point second;
  Sink sink([&](Sink::Peer& peer, int connection) {
    (connection == 0 ? first : second) = Clock::now();
    read_post(peer);
    answer_post(peer, connection == 0 ? "429 Slow Down" : "200 OK",
                connection == 0 ? "Retry-After: 1\r\n" : "");
  });
  const auto tell = teller({webhook(sink)});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_GE(second - first, std::chrono::seconds(1));
}

TEST(Teller, S14_AHungServiceDelaysNobodyAndTheOthersLearnOfIt) {
  Sink hung([](Sink::Peer& peer, int) { peer.hang(); });
  Sink good([&](Sink::Peer& peer, int) {
    good.keep(read_post(peer));
    answer_post(peer, "200 OK");
  });
  auto first = webhook(hung);
  first.time_out = 300ms;
  auto second = webhook(good);
  second.id = "pager";
  auto tell = teller({first, second});
  tell->submit(trip());
  EXPECT_TRUE(eventually([&] { return good.kept().size() == 2; }));
  const auto kept = good.kept();
  EXPECT_NE(kept.at(0).find("TRIPPED"), std::string::npos);
  EXPECT_NE(kept.at(1).find("alert 'slack' (webhook) could not deliver 'trip'"), std::string::npos);
  const auto statuses = tell->statuses();
  EXPECT_TRUE(statuses.at(0).failing);
  EXPECT_EQ(statuses.at(0).pending, 1U);
  EXPECT_FALSE(statuses.at(1).failing);
}

TEST(Teller, EndsWithoutWaitingForAHungService) {
  Sink hung([](Sink::Peer& peer, int) { peer.hang(); });
  auto config = webhook(hung);
  config.time_out = 300s;
  auto tell = teller({config});
  tell->submit(trip());
  ASSERT_TRUE(eventually([&] { return hung.connections() == 1; }));
  const auto began = Clock::now();
  tell.reset();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(30))
      << "a tenth of the time-out: it was given up, not waited for";
}

TEST(Teller, KeepsTheFirstEventsWhenTheQueueIsFull) {
  std::atomic<bool> open = false;
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer));
    answer_post(peer, open ? "200 OK" : "500 Broken");
  });
  auto config = webhook(sink);
  config.capacity = 4;
  const auto tell = teller({config});
  for (std::uint64_t epoch = 1; epoch <= 100; ++epoch) {
    auto event = trip();
    event.epoch = epoch;
    tell->submit(event);
  }
  EXPECT_EQ(tell->statuses().at(0).dropped, 96U);
  EXPECT_EQ(tell->statuses().at(0).pending, 4U);
  open = true;
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_NE(sink.kept().back().find("epoch 4)"), std::string::npos);
  EXPECT_EQ(tell->statuses().at(0).delivered, 4U);
}

TEST(Teller, OnlyWhatWasAskedFor) {
  Sink sink([&](Sink::Peer& peer, int) {
    sink.keep(read_post(peer));
    answer_post(peer, "200 OK");
  });
  auto config = webhook(sink);
  config.on = {"ack", "lost"};
  const auto tell = teller({config});
  for (const char* name : {"trip", "ack", "reset", "lost"}) {
    auto event = trip();
    event.event = name;
    tell->submit(event);
  }
  ASSERT_TRUE(tell->drain(30s));
  EXPECT_EQ(sink.kept().size(), 2U);
}

TEST(Teller, ManyThreadsMaySubmit) {
  Folder folder;
  auto config = program("cat >> " + folder.path + "/all");
  config.capacity = 1000;
  const auto tell = teller({config});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) tell->submit(trip());
    });
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(tell->drain(60s));
  EXPECT_EQ(tell->statuses().at(0).delivered, 40U);
}

TEST(Teller, ConfigurationErrorsNameTheAlert) {
  const auto error = [](auto channel) {
    auto made = Teller::make({{.id = "x", .channel = std::move(channel)}});
    return made ? std::string("accepted") : made.error();
  };
  EXPECT_EQ(error(WebhookConfig{.url = "ftp://x", .body_template = "", .headers = {}}),
            "alert 'x': the url must begin with http:// or https://");
  EXPECT_EQ(error(WebhookConfig{.url = "http://x", .body_template = "{{nmae}}", .headers = {}}),
            "alert 'x': unknown field 'nmae' at byte 1 of the template: use site, state, epoch, code, "
            "source, detail, at, "
            "event or text");
  EXPECT_EQ(error(ProgramConfig{{"relative"}}),
            "alert 'x': command must begin with the absolute path of a program");
  EXPECT_EQ(error(ProgramConfig{{"/nowhere"}}), "alert 'x': cannot run /nowhere: No such file or directory");
}

}  // namespace
}  // namespace standstill::tell
