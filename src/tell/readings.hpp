// A device's readings as MQTT messages: JSON under TOPIC/NAME, NAME being the serial number where the device
// has one, else the link's id.
//
//   TOPIC/NAME               every cycle: {"link","name","at","number","readings":{"power":{"value","unit",
//                            "quality","at"},…}}; a value that was never read is null
//   TOPIC/NAME/availability  retained: "online" or "offline", also by last will
//   TOPIC/NAME/event         one on every loss and return: {"event","link","name","at","number","detail"}, a
//                            return with "outage_s"
//   homeassistant/sensor/…   retained, where asked for: Home Assistant's MQTT discovery
//
// `number` grows from message to message of a link, also over a restart; a message that came twice has the
// same.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"
#include "tell/mqtt_connection.hpp"

namespace standstill::tell {

struct ReadingField {
  std::string name = {};
  std::string unit = {};
  bool counter = false;  // only ever grows
};

struct ReadingShape {
  std::string link = {};
  std::string topic = {};
  std::string name = {};    // as it stands in topics
  std::string model = {};   // "em340"; empty: unknown
  std::string serial = {};  // empty: unknown
  std::vector<ReadingField> fields = {};
};

struct Reading {
  double value = 0.0;
  std::string_view quality;  // static storage
  std::int64_t wall_ns = 0;  // 0: never read
};

struct ReadingSet {
  std::shared_ptr<const ReadingShape> shape;
  std::vector<Reading> values;  // one a field
  std::int64_t wall_ns = 0;     // when the cycle was complete
  std::uint64_t number = 0;
};

struct LinkNews {
  std::shared_ptr<const ReadingShape> shape;
  bool online = false;
  std::optional<Duration> outage;  // with a return
  std::string detail;
  std::int64_t wall_ns = 0;
  std::uint64_t number = 0;
};

// Of any text, so that it can be one level of a topic: '/', '+', '#', blanks and control characters become
// '_'.
[[nodiscard]] std::string topic_level(std::string_view text);

[[nodiscard]] MqttMessage readings_message(const ReadingSet& set);
[[nodiscard]] MqttMessage news_message(const LinkNews& news);
[[nodiscard]] MqttMessage availability_message(const ReadingShape& shape, bool online);
// One a field (Home Assistant, "MQTT Sensor", discovery by single component). A value whose quality is not
// `good` shows as unknown there, never as zero.
[[nodiscard]] std::vector<MqttMessage> discovery_messages(const ReadingShape& shape);

}  // namespace standstill::tell
