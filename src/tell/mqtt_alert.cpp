// An alert as an MQTT message: {"event",…} as a webhook or program gets it, or the template's text.
#include <algorithm>

#include "os/clock.hpp"
#include "tell/channel.hpp"
#include "tell/template.hpp"

namespace standstill::tell {
namespace {

class MqttAlert final : public Channel {
 public:
  MqttAlert(MqttAlertConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const Instant until = os::now() + time_out_;
    auto made = MqttConnection::dial(config_.broker, std::nullopt);
    if (!made) return std::unexpected(Undelivered{.why = made.error()});
    MqttConnection& connection = **made;
    const MqttMessage message{
        config_.topic,
        config_.text_template.empty() ? to_json(event) : fill_json_template(config_.text_template, event),
        false};
    bool sent = false;
    while (!wake.ending()) {
      const Instant now = os::now();
      if (now >= until)
        return std::unexpected(Undelivered{
            .why = config_.broker.host + (sent ? " did not confirm in time" : " did not answer in time")});
      if (connection.online() && !std::exchange(sent, true))
        if (const auto number = connection.publish(message); !number)
          return std::unexpected(Undelivered{.why = number.error()});
      if (const auto fine = connection.turn(until - now, wake.fd()); !fine)
        return std::unexpected(Undelivered{.why = fine.error()});
      if (!connection.confirmed().empty()) {
        connection.goodbye();
        return {};
      }
    }
    return std::unexpected(Undelivered{.why = "the program is ending"});
  }

 private:
  const MqttAlertConfig config_;
  const Duration time_out_;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const MqttAlertConfig& config,
                                                                  Duration time_out) {
  if (auto checked = check_template(config.text_template); !checked) return std::unexpected(checked.error());
  if (config.broker.host.empty()) return std::unexpected("'url' names no broker");
  if (!good_topic(config.topic))
    return std::unexpected("'topic' is no topic to publish to: leave out '+' and '#'");
  return std::make_unique<MqttAlert>(config, time_out);
}

}  // namespace standstill::tell
