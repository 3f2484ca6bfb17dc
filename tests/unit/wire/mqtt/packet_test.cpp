// Bytes as MQTT Version 3.1.1 (OASIS, 2014) has them: sections 3.1 to 3.4, 3.12 to 3.14.
#include "wire/mqtt/packet.hpp"

#include <gtest/gtest.h>

namespace standstill::mqtt {
namespace {

using namespace std::string_literals;

TEST(MqttPacket, connect_with_a_will_and_a_user) {
  Connect hello;
  hello.client_id = "c";
  hello.keep_alive_s = 60;
  hello.will_topic = "t";
  hello.will_message = "OFF";
  hello.user = "u";
  hello.password = "pw";
  EXPECT_EQ(connect(hello),
            "\x10\x1C\x00\x04MQTT\x04\xCE\x00\x3C\x00\x01"
            "c\x00\x01t\x00\x03OFF\x00\x01u\x00\x02pw"s);
  Connect plain;
  plain.client_id = "ab";
  EXPECT_EQ(connect(plain),
            "\x10\x0E\x00\x04MQTT\x04\x02\x00\x3C\x00\x02"
            "ab"s);
}

TEST(MqttPacket, publish_carries_topic_number_and_message) {
  // 3.3.2.3, figure 3.12: topic a/b, packet identifier 10.
  EXPECT_EQ(publish("a/b", "", 10), "\x32\x07\x00\x03\x61\x2F\x62\x00\x0A"s);
  const std::string long_one = publish("a/b", std::string(200, 'x'), 1);
  EXPECT_EQ(long_one.substr(0, 3), "\x32\xCF\x01"s) << "2.2.3: 207 bytes take two digits";
  EXPECT_EQ(long_one.size(), 210U);
}

TEST(MqttPacket, ping_and_goodbye) {
  EXPECT_EQ(ping(), "\xC0\x00"s);
  EXPECT_EQ(disconnect(), "\xE0\x00"s);
}

TEST(MqttPacket, answers_are_read_whole_or_not_at_all) {
  const std::string bytes = "\x20\x02\x00\x05\x40\x02\x00\x0A\xD0\x00"s;
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(read(bytes.substr(0, i))) << i;
  auto packet = read(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->kind, Kind::connack);
  EXPECT_EQ(packet->code, 5);
  EXPECT_EQ(packet->size, 4U);
  packet = read(bytes.substr(4));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->kind, Kind::puback);
  EXPECT_EQ(packet->number, 10);
  packet = read(bytes.substr(8));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->kind, Kind::pingresp);
}

TEST(MqttPacket, S16_what_is_no_packet_is_told_from_what_is_not_complete) {
  const auto too_long = read("\x30\xFF\xFF\xFF\xFF\x01"s);
  ASSERT_TRUE(too_long);
  EXPECT_EQ(too_long->size, 0U);
  const auto torn = read("\x20\x03\x00\x00\x00"s);
  ASSERT_TRUE(torn);
  EXPECT_EQ(torn->size, 0U) << "an acknowledgement has two bytes";
  const auto other = read("\x30\x03\x00\x01\x61"s);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->kind, Kind::other);
  EXPECT_EQ(other->size, 5U);
}

}  // namespace
}  // namespace standstill::mqtt
