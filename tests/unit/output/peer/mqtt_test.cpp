// Against a real broker and a real subscriber.
#include "output/peer/mqtt_output.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "os/clock.hpp"
#include "support/mosquitto.hpp"

namespace standstill::output {
namespace {

using test::Mosquitto;
using test::Subscriber;
const Abort goes_on = [] { return false; };

plan::Output plug(std::uint16_t port) {
  plan::Output made;
  made.name = "plug";
  made.kind = plan::OutputKind::mqtt;
  made.host = "127.0.0.1";
  made.port = port;
  made.topic = "shed/plug/set";
  made.safe_request = "OFF";
  made.run_request = "ON";
  made.timeout_ms = 20000;
  return made;
}

template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

TEST(MqttOutput, run_and_safe_arrive_and_are_confirmed_by_the_broker) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  const auto output = plug(broker.port());
  MqttOutput mqtt(output);
  const auto probe = mqtt.probe();
  ASSERT_TRUE(probe.good) << probe.trouble.view();
  ASSERT_TRUE(mqtt.apply(true, goes_on).good);
  const auto safe = mqtt.apply(false, goes_on);
  ASSERT_TRUE(safe.good) << safe.trouble.view();
  EXPECT_NE(safe.commanded, Instant{});
  ASSERT_TRUE(eventually([&] { return subscriber.heard().size() == 2; }));
  EXPECT_EQ(subscriber.on("shed/plug/set"), (std::vector<std::string>{"ON", "OFF"}));
}

TEST(MqttOutput, S2_the_broker_says_safe_when_this_end_dies) {
  Mosquitto broker;
  Subscriber subscriber(broker);
  const auto output = plug(broker.port());
  {
    MqttOutput mqtt(output);
    ASSERT_TRUE(mqtt.apply(true, goes_on).good);
    ASSERT_TRUE(eventually([&] { return subscriber.heard().size() == 1; }));
  }
  ASSERT_TRUE(eventually([&] { return subscriber.heard().size() == 2; }));
  EXPECT_EQ(subscriber.on("shed/plug/set").back(), "OFF");
}

TEST(MqttOutput, a_broker_that_was_restarted_is_reached_for_the_cut) {
  Mosquitto broker;
  const auto output = plug(broker.port());
  MqttOutput mqtt(output);
  ASSERT_TRUE(mqtt.apply(true, goes_on).good);
  broker.kill();
  EXPECT_FALSE(mqtt.probe().good);
  broker.start();
  const auto safe = mqtt.apply(false, goes_on);
  EXPECT_TRUE(safe.good) << safe.trouble.view();
}

TEST(MqttOutput, S12_a_broker_that_hangs_confirms_nothing) {
  Mosquitto broker;
  auto output = plug(broker.port());
  MqttOutput mqtt(output);
  ASSERT_TRUE(mqtt.probe().good);
  broker.hang(true);
  output.timeout_ms = 300;
  const auto safe = mqtt.apply(false, goes_on);
  broker.hang(false);
  EXPECT_FALSE(safe.good);
  EXPECT_NE(std::string(safe.trouble.view()).find("no answer in time"), std::string::npos)
      << safe.trouble.view();
}

TEST(MqttOutput, a_password_is_sent_and_a_refusal_is_named_without_it) {
  test::TemporaryFolder secrets;
  {
    test::OwnChild tool({"mosquitto_passwd", "-b", "-c", secrets / "users", "crew", "rightword"},
                        secrets / "log");
    tool.wait();
  }
  Mosquitto broker("allow_anonymous false\npassword_file " + (secrets / "users") + "\n");
  auto output = plug(broker.port());
  output.user = "crew";
  output.password = "wrongword";
  {
    MqttOutput mqtt(output);
    const auto safe = mqtt.apply(false, goes_on);
    EXPECT_FALSE(safe.good);
    const std::string trouble(safe.trouble.view());
    EXPECT_NE(trouble.find("refuses"), std::string::npos) << trouble;
    EXPECT_EQ(trouble.find("wrongword"), std::string::npos);
  }
  output.password = "rightword";
  MqttOutput mqtt(output);
  EXPECT_TRUE(mqtt.apply(false, goes_on).good);
}

TEST(MqttOutput, without_a_message_to_run_a_person_switches_it_on) {
  auto output = plug(1);  // nobody listens there
  output.run_request = "";
  MqttOutput mqtt(output);
  EXPECT_TRUE(mqtt.apply(true, goes_on).good);
}

}  // namespace
}  // namespace standstill::output
