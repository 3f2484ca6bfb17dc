// Against a real PostgreSQL server, which hangs and restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/postgres.hpp"
#include "unit/tell/alert_fixture.hpp"
#include "unit/tell/sink.hpp"

namespace standstill::tell {
namespace {

using testing::HasSubstr;
using testing::Not;

struct PostgresAlert : testing::Test {
  void SetUp() override {
    if (test::Postgres::programs().empty()) GTEST_SKIP() << "no PostgreSQL server is installed";
    server = std::make_unique<test::Postgres>();
  }
  AlertConfig config() const {
    AlertConfig made{.id = "rows", .channel = PostgresConfig{server->connection(), "standstill_events"}};
    made.first_retry = 20ms;
    made.longest_retry = 100ms;
    return made;
  }
  std::unique_ptr<test::Postgres> server;
};

TEST_F(PostgresAlert, AnEventIsARowAndTheTableIsMade) {
  const auto tell = teller({config()});
  auto event = trip();
  event.source = "o'brien\"; DROP TABLE standstill_events; --";
  event.detail = std::string("not UTF-8: \xff, a zero: ") + '\0' + ".";
  tell->submit(event);
  ASSERT_TRUE(tell->drain(60s)) << tell->statuses().at(0).last_error;
  EXPECT_EQ(
      server->ask("SELECT at AT TIME ZONE 'UTC', site, event, state, epoch, code FROM standstill_events"),
      "2026-01-31 12:00:00,club,trip,tripped,3,link_lost\n");
  EXPECT_THAT(server->ask("SELECT source FROM standstill_events"), HasSubstr("DROP TABLE"));
  EXPECT_EQ(server->ask("SELECT detail FROM standstill_events"), "not UTF-8: ?, a zero: ?.\n");
  EXPECT_EQ(tell->statuses().at(0).kind, "postgres");
}

TEST_F(PostgresAlert, NothingIsLostOrThereTwiceWhenTheServerRestarts) {
  const auto tell = teller({config()});
  auto event = trip();
  for (int i = 0; i < 5; ++i) {
    event.wall_ns += 1'000'000;
    tell->submit(event);
  }
  ASSERT_TRUE(tell->drain(60s)) << tell->statuses().at(0).last_error;
  server->stop();
  for (int i = 0; i < 5; ++i) {
    event.wall_ns += 1'000'000;
    tell->submit(event);
  }
  ASSERT_TRUE(eventually([&] { return tell->statuses().at(0).failing; }));
  EXPECT_THAT(tell->statuses().at(0).last_error, Not(HasSubstr("\n")));
  server->start();
  ASSERT_TRUE(tell->drain(60s)) << tell->statuses().at(0).last_error;
  EXPECT_EQ(server->ask("SELECT count(*) FROM standstill_events"), "10\n");
  tell->submit(event);  // as after a confirmation that was lost
  ASSERT_TRUE(tell->drain(60s));
  const auto status = tell->statuses().at(0);
  EXPECT_EQ(status.dropped, 0U) << "a row that is there is no refusal: " << status.last_error;
  EXPECT_FALSE(status.failing) << status.last_error;
  EXPECT_EQ(server->ask("SELECT count(*) FROM standstill_events"), "10\n");
}

TEST_F(PostgresAlert, WhatDoesNotFitIsRefusedWithTheServersWords) {
  ASSERT_EQ(server->ask("CREATE TABLE standstill_events (other int)"), "CREATE TABLE\n");
  auto wrong = config();
  wrong.refusals = 2;
  const auto tell = teller({wrong});
  tell->submit(trip());
  ASSERT_TRUE(tell->drain(60s));
  EXPECT_EQ(tell->statuses().at(0).dropped, 1U);
  EXPECT_THAT(tell->statuses().at(0).last_error, HasSubstr("column"));
}

TEST(PostgresChannel, AServerThatSaysNothingHoldsUpNeitherTheTimeOutNorTheEnd) {
  Sink silent([](Sink::Peer& peer, int) { peer.hang(); });
  AlertConfig config{
      .id = "rows",
      .channel = PostgresConfig{
          "host=127.0.0.1 user=x password=hunter2 port=" + std::to_string(silent.port()), "events"}};
  config.time_out = 100ms;
  {
    const auto tell = teller({config});
    tell->submit(trip());
    ASSERT_TRUE(eventually([&] { return tell->statuses().at(0).failing; }));
    EXPECT_EQ(tell->statuses().at(0).last_error, "the database did not answer in time");
  }
  config.time_out = 10min;
  const auto begun = std::chrono::steady_clock::now();
  {
    const auto tell = teller({config});
    tell->submit(trip());
    ASSERT_TRUE(eventually([&] { return silent.connections() > 0; }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::minutes(1))
      << "not the ten of the time-out";
}

TEST(PostgresChannel, ErrorsNameTheKeyAndNoSecret) {
  const auto bad = make_channel(PostgresConfig{"host='127.0.0.1 password=hunter2", "events"}, 1s);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error(), HasSubstr("connection_file"));
  EXPECT_THAT(bad.error(), Not(HasSubstr("hunter2")));
  EXPECT_FALSE(make_channel(PostgresConfig{"", "events"}, 1s));
  for (const char* table : {"", "a\"b", "a b", "a;b"})
    EXPECT_FALSE(make_channel(PostgresConfig{"host=127.0.0.1", table}, 1s)) << table;
}

}  // namespace
}  // namespace standstill::tell
