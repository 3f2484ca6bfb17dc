#include "tell/readings.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace standstill::tell {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t noon = 1'769'860'800'000'000'000;  // 2026-01-31T12:00:00Z

std::shared_ptr<const ReadingShape> shape() {
  ReadingShape made;
  made.link = "meter";
  made.topic = "meters";
  made.name = "BX1";
  made.model = "em340";
  made.serial = "BX1";
  made.fields = {{"power", "W", false}, {"energy", "kWh", true}, {"phase", "1", false}};
  return std::make_shared<const ReadingShape>(made);
}

TEST(Readings, every_value_has_its_unit_its_quality_and_its_own_time) {
  const ReadingSet set{
      shape(),
      {{2301 * 0.1, "good", noon - 40'000'000}, {100.5, "stale", noon - 9'000'000'000}, {0, "refused", 0}},
      noon,
      7};
  const auto message = readings_message(set);
  EXPECT_EQ(message.topic, "meters/BX1");
  EXPECT_FALSE(message.retained) << "an old value must not look like a new one to who subscribes later";
  EXPECT_NE(message.payload.find("\"value\":230.1,"), std::string::npos) << message.payload;
  const auto json = Json::parse(message.payload);
  EXPECT_EQ(json["link"], "meter");
  EXPECT_EQ(json["number"], 7);
  EXPECT_EQ(json["at"], "2026-01-31T12:00:00.000Z");
  const auto& readings = json["readings"];
  EXPECT_EQ(readings["power"]["at"], "2026-01-31T11:59:59.960Z");
  EXPECT_EQ(readings["power"]["unit"], "W");
  EXPECT_EQ(readings["power"]["quality"], "good");
  EXPECT_EQ(readings["energy"]["quality"], "stale");
  EXPECT_EQ(readings["energy"]["at"], "2026-01-31T11:59:51.000Z");
  EXPECT_TRUE(readings["phase"]["value"].is_null()) << "never read is not zero";
  EXPECT_TRUE(readings["phase"]["at"].is_null());
}

TEST(Readings, a_return_says_how_long_the_outage_was_and_a_loss_does_not) {
  const auto lost = news_message({shape(), false, {}, "the serial device is gone", noon, 8});
  EXPECT_EQ(lost.topic, "meters/BX1/event");
  auto json = Json::parse(lost.payload);
  EXPECT_EQ(json["event"], "lost");
  EXPECT_EQ(json["detail"], "the serial device is gone");
  EXPECT_FALSE(json.contains("outage_s"));
  json = Json::parse(news_message({shape(), true, 12345ms, "online", noon, 9}).payload);
  EXPECT_EQ(json["event"], "return");
  EXPECT_EQ(json["outage_s"], 12.345);
}

TEST(Readings, availability_is_retained) {
  const auto message = availability_message(*shape(), false);
  EXPECT_EQ(message.topic, "meters/BX1/availability");
  EXPECT_EQ(message.payload, "offline");
  EXPECT_TRUE(message.retained);
}

// Home Assistant, "MQTT Sensor" and "MQTT discovery": the keys and device classes are theirs.
TEST(Readings, home_assistant_learns_of_every_value) {
  const auto messages = discovery_messages(*shape());
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].topic, "homeassistant/sensor/standstill_BX1/power/config");
  EXPECT_TRUE(messages[0].retained);
  const auto power = Json::parse(messages[0].payload), energy = Json::parse(messages[1].payload),
             phase = Json::parse(messages[2].payload);
  EXPECT_EQ(power["state_topic"], "meters/BX1");
  EXPECT_EQ(power["availability_topic"], "meters/BX1/availability");
  EXPECT_EQ(power["device_class"], "power");
  EXPECT_EQ(power["state_class"], "measurement");
  EXPECT_EQ(power["unit_of_measurement"], "W");
  EXPECT_EQ(
      power["value_template"],
      "{{ value_json.readings['power'].value if value_json.readings['power'].quality == 'good' else None }}");
  EXPECT_EQ(energy["device_class"], "energy");
  EXPECT_EQ(energy["state_class"], "total_increasing");
  EXPECT_FALSE(phase.contains("unit_of_measurement"));
  EXPECT_FALSE(phase.contains("device_class"));
  EXPECT_NE(power["unique_id"], energy["unique_id"]);
  EXPECT_EQ(power["device"], energy["device"]) << "one device, many sensors";
}

TEST(Readings, a_serial_number_is_one_level_of_a_topic_whatever_is_in_it) {
  EXPECT_EQ(topic_level("A/1+2#3 4\n"), "A_1_2_3_4_");
  EXPECT_TRUE(good_topic("meters/" + topic_level("A/1+2#3")));
  EXPECT_FALSE(good_topic("meters/A+"));
}

}  // namespace
}  // namespace standstill::tell
