#include "tell/readings.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "os/clock.hpp"
#include "version.hpp"

namespace standstill::tell {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// 2301 × 0.1 is 230.1 to everybody but a binary fraction.
Json number_of(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.12g", value);
  return std::strtod(text.data(), nullptr);
}

struct DeviceClass {
  std::string_view unit, name;
};
// Home Assistant, "Sensor", device classes: the units that it knows there.
constexpr auto device_classes = std::to_array<DeviceClass>({{"V", "voltage"},
                                                            {"A", "current"},
                                                            {"W", "power"},
                                                            {"kW", "power"},
                                                            {"VA", "apparent_power"},
                                                            {"var", "reactive_power"},
                                                            {"kWh", "energy"},
                                                            {"Wh", "energy"},
                                                            {"Hz", "frequency"},
                                                            {"°C", "temperature"}});

std::string state_topic(const ReadingShape& shape) { return shape.topic + "/" + shape.name; }

}  // namespace

std::string topic_level(std::string_view text) {
  std::string level(text);
  for (char& c : level)
    if (c == '/' || c == '+' || c == '#' || static_cast<unsigned char>(c) <= ' ' || c == '\x7F') c = '_';
  return level;
}

MqttMessage readings_message(const ReadingSet& set) {
  const ReadingShape& shape = *set.shape;
  Json readings = Json::object();
  for (std::size_t i = 0; i < shape.fields.size() && i < set.values.size(); ++i) {
    const Reading& one = set.values[i];
    const bool known = one.wall_ns != 0;
    readings[shape.fields[i].name] = {{"value", known ? number_of(one.value) : Json()},
                                      {"unit", shape.fields[i].unit},
                                      {"quality", one.quality},
                                      {"at", known ? Json(os::rfc3339(one.wall_ns)) : Json()}};
  }
  const Json json{{"link", shape.link},
                  {"name", shape.name},
                  {"at", os::rfc3339(set.wall_ns)},
                  {"number", set.number},
                  {"readings", std::move(readings)}};
  return {state_topic(shape), text_of(json), false};
}

MqttMessage news_message(const LinkNews& news) {
  Json json{
      {"event", news.online ? "return" : "lost"}, {"link", news.shape->link}, {"name", news.shape->name},
      {"at", os::rfc3339(news.wall_ns)},          {"number", news.number},    {"detail", news.detail}};
  if (news.outage) json["outage_s"] = static_cast<double>(to_ms(*news.outage)) / 1000.0;
  return {state_topic(*news.shape) + "/event", text_of(json), false};
}

MqttMessage availability_message(const ReadingShape& shape, bool online) {
  return {state_topic(shape) + "/availability", online ? "online" : "offline", true};
}

std::vector<MqttMessage> discovery_messages(const ReadingShape& shape) {
  std::vector<MqttMessage> messages;
  const std::string node = "standstill_" + topic_level(shape.name);
  Json device{{"identifiers", {node}}, {"name", shape.link}};
  if (shape.model == "em340") {
    device["manufacturer"] = "Carlo Gavazzi";
    device["model"] = "EM340";
  }
  if (!shape.serial.empty()) device["serial_number"] = shape.serial;
  for (const ReadingField& field : shape.fields) {
    const std::string at = "value_json.readings['" + field.name + "']";
    Json json{{"name", field.name},
              {"unique_id", node + "_" + field.name},
              {"state_topic", state_topic(shape)},
              {"value_template", "{{ " + at + ".value if " + at + ".quality == 'good' else None }}"},
              {"json_attributes_topic", state_topic(shape)},
              {"json_attributes_template", "{{ " + at + " | tojson }}"},
              {"availability_topic", availability_message(shape, true).topic},
              {"state_class", field.counter ? "total_increasing" : "measurement"}};
    if (!field.unit.empty() && field.unit != "1") json["unit_of_measurement"] = field.unit;
    for (const auto& known : device_classes)
      if (known.unit == field.unit) json["device_class"] = known.name;
    json["device"] = device;
    json["origin"] = {{"name", "Standstill"}, {"sw_version", version}};
    messages.push_back({"homeassistant/sensor/" + node + "/" + field.name + "/config", text_of(json), true});
  }
  return messages;
}

}  // namespace standstill::tell
