// One connection to an MQTT broker (MQTT 3.1.1, OASIS 2014), for one thread that may wait: libmosquitto
// below, its own threads unused.
//
// Every message goes out with QoS 1 and is confirmed by its number. Nothing is kept for a later connection:
// who publishes knows what was not confirmed, and sends it again.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/time.hpp"

struct mosquitto;

namespace standstill::tell {

struct MqttBroker {
  std::string host = {};
  std::uint16_t port = 1883;
  bool tls = false;
  std::string ca_file = {};  // empty: the system's
  std::string user = {};     // empty: no log-in
  std::string password = {};
  std::string client_id = {};  // empty: the broker chooses one
};

struct MqttMessage {
  std::string topic = {};
  std::string payload = {};
  bool retained = false;
};

class MqttConnection {
 public:
  // Begins to connect; what comes of it shows in turn(). `will` is what the broker publishes when this end
  // dies. The name is looked up on a thread of its own, so that nobody has to wait out a resolver that hangs,
  // not even at the end of the program.
  [[nodiscard]] static std::expected<std::unique_ptr<MqttConnection>, std::string> dial(
      const MqttBroker& broker, const std::optional<MqttMessage>& will);
  ~MqttConnection();
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  // Waits until the broker says something, `wake` becomes readable, or `longest` has passed; then moves
  // bytes. Nothing while the connection stands or may come to stand, else why it ended.
  [[nodiscard]] std::expected<void, std::string> turn(Duration longest, int wake);
  [[nodiscard]] bool online() const { return online_; }
  // Its number, or why it was not taken.
  [[nodiscard]] std::expected<int, std::string> publish(const MqttMessage& message);
  // Numbers that the broker has confirmed since the last call.
  [[nodiscard]] std::vector<int> confirmed() { return std::exchange(confirmed_, {}); }
  // Says goodbye, so that the broker does not publish the will.
  void goodbye();

 private:
  MqttConnection() = default;
  struct Dialing;
  [[nodiscard]] std::expected<bool, std::string> dialed(Duration longest, int wake);

  std::shared_ptr<mosquitto> client_;  // the dialing thread's too
  std::shared_ptr<Dialing> dialing_;   // until the name was looked up
  std::string place_;
  std::vector<int> confirmed_;
  bool online_ = false;
  std::string refused_;  // the broker's answer, when it was a no
};

// A topic that may be published to: no wildcards, no NUL, UTF-8, at most 65535 bytes (MQTT 3.1.1, 4.7).
[[nodiscard]] bool good_topic(const std::string& topic);

}  // namespace standstill::tell
