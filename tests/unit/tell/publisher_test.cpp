// Against a real broker and a real subscriber.
#include "tell/publisher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "support/mosquitto.hpp"
#include "unit/tell/alert_fixture.hpp"

namespace standstill::tell {
namespace {

using test::Mosquitto;
using test::Subscriber;

struct PublisherTest : testing::Test {
  test::TemporaryFolder folder;

  PublisherSettings settings(std::uint16_t port) {
    PublisherSettings made;
    made.id = "meter";
    made.broker = [port] { return MqttBroker{.host = "127.0.0.1", .port = port}; };
    made.folder = folder / "publish";
    made.first_retry = 50ms;
    made.longest_retry = 200ms;
    return made;
  }
  static void say(Publisher& publisher, int i) {
    publisher.submit([i] { return MqttMessage{"meters/x", std::to_string(i), false}; });
  }
  static PublisherStanding standing(const std::string& name, const std::string& payload) {
    const std::string topic = "meters/" + name + "/availability";
    return {{topic, "offline", true}, {{topic, payload, true}}};
  }
};

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> texts;
  for (int i = from; i < to; ++i) texts.push_back(std::to_string(i));
  return texts;
}

TEST_F(PublisherTest, messages_come_in_order_and_availability_is_retained) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  {
    Publisher publisher(settings(broker.port()), {});
    publisher.stand([] { return standing("A1", "online"); });
    for (int i = 0; i < 300; ++i) say(publisher, i);
    ASSERT_TRUE(eventually([&] { return subscriber.on("meters/x").size() == 300; })) << broker.log();
    EXPECT_EQ(subscriber.on("meters/x"), numbers(0, 300));
    ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 0; }));
    EXPECT_EQ(publisher.status().sent, 300U);
    Subscriber late(broker, "meters/+/availability", {"-i", "late"});
    ASSERT_TRUE(eventually([&] { return late.heard().size() == 1; }));
    EXPECT_EQ(late.heard()[0], "1 meters/A1/availability online");
  }
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/A1/availability").size() == 2; }));
  EXPECT_EQ(subscriber.on("meters/A1/availability").back(), "offline") << "an orderly end says so itself";
}

TEST_F(PublisherTest, the_last_will_speaks_when_the_connection_ends_without_a_goodbye) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  Publisher publisher(settings(broker.port()), {});
  publisher.stand([] { return standing("A1", "online"); });
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/A1/availability").size() == 1; }));
  publisher.stand([] { return standing("B2", "online"); });  // another meter: the old name goes by its will
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/A1/availability").size() == 2; }));
  EXPECT_EQ(subscriber.on("meters/A1/availability").back(), "offline");
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/B2/availability").size() == 1; }));
  EXPECT_EQ(subscriber.on("meters/B2/availability").back(), "online");
}

TEST_F(PublisherTest, S13_what_was_said_while_the_broker_was_away_waits_on_disk_over_a_restart) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  ASSERT_TRUE(eventually([&] { return Subscriber::kept_by(broker); }));
  broker.kill();
  {
    Publisher publisher(settings(broker.port()), {});
    for (int i = 0; i < 500; ++i) say(publisher, i);
    ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 500 && !publisher.status().online; }));
  }
  EXPECT_FALSE(std::filesystem::is_empty(folder / "publish"));
  Publisher publisher(settings(broker.port()), {});
  for (int i = 500; i < 600; ++i) say(publisher, i);
  broker.start();
  ASSERT_TRUE(eventually([&] { return subscriber.on("meters/x").size() >= 600; })) << broker.log();
  EXPECT_EQ(subscriber.on("meters/x"), numbers(0, 600));
  ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 0; }));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "publish"));
  EXPECT_EQ(publisher.status().lost, 0U);
}

TEST_F(PublisherTest, a_connection_that_ends_under_load_costs_no_message_and_no_order) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  auto wanted = settings(broker.port());
  wanted.broker = [port = broker.port()] {
    return MqttBroker{.host = "127.0.0.1", .port = port, .client_id = "publisher"};
  };
  Publisher publisher(wanted, {});
  constexpr int rounds = 5, a_round = 200;
  int said = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto sent = publisher.status().sent;
    const auto before = publisher.status().disconnects;
    for (int i = 0; i < a_round / 2; ++i) say(publisher, said++);
    ASSERT_TRUE(eventually([&] { return publisher.status().sent > sent; }));
    // The broker ends the connection of whoever has the name of one who comes later.
    test::OwnChild({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-i",
                    "publisher", "-t", "x", "-n"},
                   folder / "log")
        .wait();
    for (int i = 0; i < a_round / 2; ++i) say(publisher, said++);
    ASSERT_TRUE(eventually([&] { return publisher.status().disconnects > before; })) << broker.log();
  }
  ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 0 && publisher.status().online; }));
  EXPECT_EQ(publisher.status().lost, 0U);
  EXPECT_EQ(publisher.status().sent, static_cast<std::uint64_t>(said));
  ASSERT_TRUE(eventually([&] {
    const auto heard = subscriber.on("meters/x");
    return std::set<std::string>(heard.begin(), heard.end()).size() == static_cast<std::size_t>(said);
  }));
  EXPECT_LE(subscriber.on("meters/x").size(), static_cast<std::size_t>(said + rounds * 16));
  // Once each, in order, but for those whose confirmation died with a connection: these come again, as they
  // were.
  std::vector<std::string> first_times;
  std::set<std::string> seen;
  for (const auto& one : subscriber.on("meters/x"))
    if (seen.insert(one).second) first_times.push_back(one);
  EXPECT_EQ(first_times, numbers(0, said));
}

// The subscriber asks for QoS 0: it has every message before the broker confirms it, and what it has no kill
// takes away. The publisher is let in again when the subscriber is back.
TEST_F(PublisherTest,
       a_broker_killed_and_restarted_under_load_costs_nothing_and_repeats_only_what_was_unconfirmed) {
  Mosquitto broker;
  Subscriber subscriber(broker, "#", {"-q", "0"});
  const auto subscribed = [&] {
    const std::string log = broker.log();
    int times = 0;
    for (std::size_t at = 0; (at = log.find("Sending SUBACK to subscriber", at)) != std::string::npos; ++at)
      ++times;
    return times;
  };
  std::atomic<bool> open = true, ending = false;
  std::atomic<int> said = 0;
  auto wanted = settings(broker.port());
  wanted.broker = [&, port = broker.port()]() -> std::expected<MqttBroker, std::string> {
    if (!open) return std::unexpected("not yet");
    return MqttBroker{.host = "127.0.0.1", .port = port};
  };
  Publisher publisher(wanted, {});
  std::thread load([&] {
    for (; !ending; std::this_thread::sleep_for(1ms))
      if (publisher.status().waiting < 2000) say(publisher, said++);
  });
  constexpr int rounds = 5;
  bool went_on = true;
  for (int round = 0; round < rounds && went_on; ++round) {
    const auto sent = publisher.status().sent;
    went_on = eventually([&] { return publisher.status().sent >= sent + 30; });
    open = false;
    broker.kill();
    went_on = went_on && eventually([&] { return !publisher.status().online; });
    const int before = subscribed();
    broker.start();
    went_on = went_on && eventually([&] { return subscribed() > before; });
    open = true;
    went_on = went_on && eventually([&] { return publisher.status().online; });
  }
  ending = true;
  load.join();
  ASSERT_TRUE(went_on) << broker.log();
  ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 0; }));
  EXPECT_EQ(publisher.status().lost, 0U);
  EXPECT_EQ(publisher.status().disconnects, static_cast<unsigned>(rounds));
  ASSERT_TRUE(eventually([&] {
    const auto heard = subscriber.on("meters/x");
    return !heard.empty() && heard.back() == std::to_string(said - 1);
  }));
  std::vector<std::string> first_times;
  std::set<std::string> seen;
  const auto heard = subscriber.on("meters/x");
  for (const auto& one : heard)
    if (seen.insert(one).second) first_times.push_back(one);
  EXPECT_EQ(first_times, numbers(0, said)) << "none is missing, and they come in order";
  EXPECT_LE(heard.size(), static_cast<std::size_t>(said + rounds * 16)) << "no more than were on their way";
}

TEST_F(PublisherTest, a_broker_that_hangs_is_given_up_and_nothing_is_lost) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  auto wanted = settings(broker.port());
  wanted.patience = 700ms;
  std::atomic<int> changes = 0;
  Publisher publisher(wanted, [&](const PublisherStatus&) { ++changes; });
  say(publisher, 0);
  ASSERT_TRUE(eventually([&] { return publisher.status().sent == 1; }));
  broker.hang(true);
  for (int i = 1; i < 100; ++i) say(publisher, i);
  ASSERT_TRUE(eventually([&] { return !publisher.status().online; }));
  EXPECT_EQ(publisher.status().disconnects, 1U);
  EXPECT_FALSE(publisher.status().last_error.empty());
  broker.hang(false);
  ASSERT_TRUE(eventually([&] { return publisher.status().waiting == 0 && publisher.status().online; }));
  ASSERT_TRUE(eventually([&] {
    const auto heard = subscriber.on("meters/x");
    return std::set<std::string>(heard.begin(), heard.end()).size() == 100;
  }));
  EXPECT_GE(changes, 2) << "lost and returned, each is told";
}

TEST_F(PublisherTest, S14_submitting_waits_for_nobody_and_what_does_not_fit_is_counted) {
  std::promise<void> release;
  auto wanted = settings(1);
  wanted.capacity = 100;
  // The thread hangs, as it would in a resolver or on a disk.
  wanted.broker = [&release, asked = false]() mutable -> std::expected<MqttBroker, std::string> {
    if (!std::exchange(asked, true)) release.get_future().wait();
    return std::unexpected("no broker here");
  };
  Publisher publisher(wanted, {});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it may hang already, or not: both must do
  for (int i = 0; i < 1000; ++i) say(publisher, i);            // returns, or this test never ends
  const auto status = publisher.status();
  EXPECT_GE(status.lost, 700U);
  EXPECT_EQ(status.lost + status.waiting, 1000U);
  release.set_value();
}

TEST_F(PublisherTest, a_password_is_asked_for_and_a_wrong_one_is_named_without_it) {
  test::TemporaryFolder secrets;
  {
    test::OwnChild tool({"mosquitto_passwd", "-b", "-c", secrets / "users", "meter", "rightword"},
                        secrets / "log");
    tool.wait();
    ASSERT_TRUE(std::filesystem::exists(secrets / "users"));
  }
  Mosquitto broker("allow_anonymous false\npassword_file " + (secrets / "users") + "\n");
  auto wanted = settings(broker.port());
  std::atomic<bool> right = false;
  wanted.broker = [&right, port = broker.port()] {
    return MqttBroker{
        .host = "127.0.0.1", .port = port, .user = "meter", .password = right ? "rightword" : "wrongword"};
  };
  Publisher publisher(wanted, {});
  say(publisher, 1);
  ASSERT_TRUE(eventually([&] { return !publisher.status().last_error.empty(); }));
  EXPECT_NE(publisher.status().last_error.find("refuse"), std::string::npos) << publisher.status().last_error;
  EXPECT_EQ(publisher.status().last_error.find("wrongword"), std::string::npos);
  right = true;
  EXPECT_TRUE(eventually([&] { return publisher.status().sent == 1; }));
}

TEST_F(PublisherTest, tls_is_used_and_a_certificate_that_nobody_vouches_for_is_refused) {
  test::TemporaryFolder secrets;
  for (const char* name : {"broker", "other"}) {
    test::OwnChild tool(
        {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
         secrets / (std::string(name) + ".key"), "-out", secrets / (std::string(name) + ".crt")},
        secrets / "log");
    tool.wait();
  }
  Mosquitto broker("certfile " + (secrets / "broker.crt") + "\nkeyfile " + (secrets / "broker.key") + "\n");
  auto wanted = settings(broker.port());
  std::atomic<bool> right = false;
  wanted.broker = [&, port = broker.port()] {
    return MqttBroker{.host = "127.0.0.1",
                      .port = port,
                      .tls = true,
                      .ca_file = secrets / (right ? "broker.crt" : "other.crt")};
  };
  Publisher publisher(wanted, {});
  say(publisher, 1);
  ASSERT_TRUE(eventually([&] { return !publisher.status().last_error.empty(); }));
  EXPECT_EQ(publisher.status().sent, 0U);
  right = true;
  EXPECT_TRUE(eventually([&] { return publisher.status().sent == 1; })) << publisher.status().last_error;
}

TEST_F(PublisherTest, an_alert_goes_to_a_broker_too) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  MqttAlertConfig config{{.host = "127.0.0.1", .port = broker.port()}, "standstill/alerts", {}};
  auto telling = teller({{.id = "broker", .channel = config}});
  telling->submit(trip());
  ASSERT_TRUE(eventually([&] { return subscriber.on("standstill/alerts").size() == 1; }));
  const auto json = nlohmann::json::parse(subscriber.on("standstill/alerts")[0]);
  EXPECT_EQ(json["event"], "trip");
  EXPECT_EQ(json["code"], "link_lost");
  ASSERT_TRUE(eventually([&] { return telling->statuses()[0].delivered == 1; }));
  EXPECT_EQ(telling->statuses()[0].kind, "mqtt");
  config.topic = "all/#";
  EXPECT_FALSE(Teller::make({{.id = "broker", .channel = config}}));
}

}  // namespace
}  // namespace standstill::tell
