// One way to tell somebody. A channel is used by one worker thread only; it may block that thread for its
// time-out.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/time.hpp"
#include "tell/event.hpp"
#include "tell/mqtt_connection.hpp"
#include "tell/wake.hpp"

namespace standstill::tell {

struct Undelivered {
  std::string why = {};  // a sentence for the operator, without secrets
  bool refused = false;  // the other side understood and said no: trying for an hour is pointless
  std::optional<Duration> retry_after = {};  // what the other side asked for
};

class Channel {
 public:
  virtual ~Channel() = default;
  // One attempt. Returns early, with an error, when `wake` says that the program is ending.
  [[nodiscard]] virtual std::expected<void, Undelivered> deliver(const AlertEvent& event,
                                                                 const Wake& wake) = 0;
};

struct WebhookConfig {
  std::string url = {};            // http or https; may itself be a secret, so it never appears in an error
  std::string body_template = {};  // empty: {"text": "<sentence>"}, which Slack and Mattermost understand
  std::vector<std::string> headers = {};  // "Name: value", added to Content-Type: application/json
};

struct SmtpConfig {
  std::string host = {};
  unsigned port = 587;
  enum class Security { starttls, tls, none } security = Security::starttls;
  std::string user = {};  // empty: no log-in
  std::string password = {};
  std::string from = {};  // an address: "standstill@example.org"
  std::vector<std::string> to = {};
  std::string ca_file = {};           // empty: the system's
  std::string subject_template = {};  // empty: the headline
  std::string text_template = {};     // empty: the sentence, and everything that is known
};

struct ProgramConfig {
  std::vector<std::string> command = {};  // absolute path and arguments; no shell
};

struct MqttAlertConfig {
  MqttBroker broker = {};
  std::string topic = {};
  std::string text_template = {};  // empty: the event as JSON
};

struct SmsConfig {
  WebhookConfig gateway =
      {};  // body_template empty: {"to": NUMBER, "text": "<sentence>"}; one request a number
  std::vector<std::string> numbers = {};
};

struct PostgresConfig {
  std::string connection = {};  // as libpq takes it: "host=… user=…" or "postgresql://…"; a secret
  std::string table = {};       // made when it is not there
};

// Errors: a sentence naming the missing or wrong key of the alert's configuration.
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const WebhookConfig& config,
                                                                                Duration time_out);
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const SmtpConfig& config,
                                                                                Duration time_out);
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const ProgramConfig& config,
                                                                                Duration time_out);
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const MqttAlertConfig& config,
                                                                                Duration time_out);
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const SmsConfig& config,
                                                                                Duration time_out);
[[nodiscard]] std::expected<std::unique_ptr<Channel>, std::string> make_channel(const PostgresConfig& config,
                                                                                Duration time_out);

}  // namespace standstill::tell
