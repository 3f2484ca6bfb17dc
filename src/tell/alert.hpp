// Telling people: one worker thread an alert, so that a mail server that hangs delays nobody (S14).
//
// Teller::submit() takes no lock and makes no call that can wait; it is meant for the loop that watches.
// Everything else may be called from any other thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/time.hpp"
#include "tell/channel.hpp"
#include "tell/event.hpp"

namespace standstill::tell {

struct AlertConfig {
  std::string id = {};
  std::variant<WebhookConfig, SmtpConfig, ProgramConfig, MqttAlertConfig, SmsConfig, PostgresConfig> channel;
  std::vector<std::string> on{"trip"};  // which events; "alert_failing" always comes too, see Teller
  Duration time_out = 10s;              // an attempt
  std::size_t capacity = 64;  // events waiting; one that does not fit is counted as dropped, the earliest
                              // stay, because the first cause is the one that people need
  Duration first_retry = 1s;  // then twice as long each time
  Duration longest_retry = 60s;
  Duration give_up = 1h;  // age at which an undelivered event is dropped
  unsigned refusals = 5;  // a plain no (HTTP 4xx, SMTP 5xx) this often drops the event
};

struct AlertStatus {
  std::string id = {};
  std::string kind = {};                // "webhook", "smtp", "program", "mqtt", "sms", "postgres"
  bool failing = false;                 // the last attempt failed
  std::string last_error = {};          // a sentence; kept after a recovery
  std::int64_t last_ok_wall_ns = 0;     // 0: never
  std::int64_t last_error_wall_ns = 0;  // 0: never
  std::size_t pending = 0;              // waiting, the one being tried included
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
};

// Why an alert cannot be used as it is configured: a sentence that names the key. Asks nobody.
[[nodiscard]] std::expected<void, std::string> check(const AlertConfig& config);
[[nodiscard]] std::string_view kind_of(const AlertConfig& config);  // as in AlertStatus::kind

class Teller {
 public:
  // Called from a worker thread when an alert begins to fail and when it works again; must not call the
  // Teller's destructor. Before it, a failing alert has been reported through every other alert as
  // "alert_failing", whatever their `on` says.
  using Health = std::function<void(const AlertStatus&)>;

  // Error: "alert 'slack': <what is wrong>".
  [[nodiscard]] static std::expected<std::unique_ptr<Teller>, std::string> make(
      std::vector<AlertConfig> alerts, Health health = {});
  // Alerts that cannot be used as they are configured: they fail for as long as this program runs, stand
  // among the others, and are told of through those, in `event`'s words. Once, before anything else is done.
  void add_unusable(std::vector<AlertStatus> alerts, AlertEvent event);
  ~Teller();  // gives up what is under way: within about a second, whatever the
              // other side does
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;

  void submit(const AlertEvent& event);
  // To one alert, whatever its `on` says; false when there is none of that id. Waits no more than the above.
  bool submit_to(const std::string& id, const AlertEvent& event);
  // Waits until every alert is idle or `longest` has passed; true when idle. For `alert test` and an orderly
  // end.
  bool drain(Duration longest) const;
  [[nodiscard]] std::vector<AlertStatus> statuses() const;

 private:
  class Worker;
  Teller();
  void report(const AlertStatus& status, const AlertEvent& event);
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<AlertStatus> unusable_;
  Health health_;
};

}  // namespace standstill::tell
