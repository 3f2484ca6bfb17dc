#include "supervise/alert_settings.hpp"

#include <algorithm>

#include "config/secret.hpp"
#include "kernel/latch.hpp"
#include "os/clock.hpp"
#include "supervise/broker.hpp"

namespace standstill::supervise {

namespace {

using Security = tell::SmtpConfig::Security;

Security security_of(config::MailTls tls) {
  return tls == config::MailTls::tls    ? Security::tls
         : tls == config::MailTls::none ? Security::none
                                        : Security::starttls;
}

// The secret, or nothing; `trouble` says why.
std::string secret(const config::SecretSource& source, std::string& trouble) {
  if (source.empty()) return {};
  auto read = config::resolve_secret(source);
  if (read) return read->value;
  trouble = read.error();
  return {};
}

tell::WebhookConfig webhook_of(const config::WebhookAlert& webhook, const std::string& body,
                               std::string& trouble) {
  tell::WebhookConfig made;
  made.url = webhook.url.empty() ? secret(webhook.url_source, trouble) : webhook.url;
  made.body_template = body;
  if (!webhook.token.empty())
    made.headers.push_back("Authorization: Bearer " + secret(webhook.token, trouble));
  return made;
}

bool fill(tell::AlertConfig& into, const config::Alert& alert, std::string& trouble) {
  if (const auto* webhook = std::get_if<config::WebhookAlert>(&alert.channel)) {
    into.channel = webhook_of(*webhook, alert.text_template, trouble);
  } else if (const auto* mail = std::get_if<config::SmtpAlert>(&alert.channel)) {
    tell::SmtpConfig made;
    made.host = mail->host;
    made.port = mail->port;
    made.security = security_of(mail->tls);
    made.user = mail->user;
    made.password = secret(mail->password, trouble);
    made.from = mail->from;
    made.to = mail->to;
    made.subject_template = mail->subject;
    made.text_template = alert.text_template;
    into.channel = made;
  } else if (const auto* program = std::get_if<config::ProgramAlert>(&alert.channel)) {
    into.channel = tell::ProgramConfig{program->command};
  } else if (const auto* mqtt = std::get_if<config::MqttAlert>(&alert.channel)) {
    tell::MqttAlertConfig made;
    auto broker = broker_of(mqtt->url, {}, mqtt->user, mqtt->password);
    if (broker)
      made.broker = std::move(*broker);
    else
      trouble = broker.error();
    made.topic = mqtt->topic;
    made.text_template = alert.text_template;
    into.channel = made;
  } else if (const auto* sms = std::get_if<config::SmsAlert>(&alert.channel)) {
    into.channel = tell::SmsConfig{webhook_of(sms->gateway, alert.text_template, trouble), sms->numbers};
  } else if (const auto* postgres = std::get_if<config::PostgresAlert>(&alert.channel)) {
    config::SecretSource source;
    source.file = postgres->connection_file;
    into.channel = tell::PostgresConfig{secret(source, trouble), postgres->table};
  } else {
    trouble = "alerts of kind '" + alert.kind + "' are not there yet in this version";
  }
  return trouble.empty();
}

}  // namespace

std::expected<tell::AlertConfig, std::string> alert_of(const config::Alert& alert) {
  tell::AlertConfig made;
  std::string trouble;
  made.id = alert.id;
  made.on = alert.on;
  if (alert.escalate.count() > 0) std::erase(made.on, "trip");  // the reminders tell it
  made.time_out = alert.timeout;
  made.refusals = alert.retries;
  if (!fill(made, alert, trouble)) return std::unexpected(trouble);
  if (auto usable = tell::check(made); !usable) return std::unexpected(usable.error());
  return made;
}

std::unique_ptr<tell::Teller> make_teller(const config::Config& config, const tell::Teller::Health& health) {
  std::vector<tell::AlertConfig> alerts;
  std::vector<tell::AlertStatus> unusable;
  for (const auto& alert : config.alerts) {
    auto made = alert_of(alert);
    if (made)
      alerts.push_back(std::move(*made));
    else
      unusable.push_back({.id = alert.id,
                          .kind = alert.kind,
                          .failing = true,
                          .last_error = made.error() + "; mend it, and start the supervisor again",
                          .last_error_wall_ns = os::wall_ns()});
  }
  auto made = tell::Teller::make(std::move(alerts), health);
  auto teller = made ? std::move(*made) : std::move(*tell::Teller::make({}, health));
  tell::AlertEvent event;
  event.site = config.site.name;
  event.state = name(LatchState::tripped);  // as every start is, until the guard has spoken
  teller->add_unusable(std::move(unusable), std::move(event));
  return teller;
}

tell::Reminders make_reminders(const config::Config& config) {
  std::vector<tell::ReminderRule> rules;
  for (const auto& alert : config.alerts)
    if (std::ranges::find(alert.on, "trip") != alert.on.end())
      rules.push_back({alert.id, alert.escalate, alert.remind});
  return tell::Reminders(std::move(rules));
}

std::string readback_words(const config::Output& output) {
  if (!output.readback) {
    if (const auto* serial = std::get_if<config::SerialOutput>(&output.device);
        serial != nullptr && !serial->expect_reply.empty())
      return "the relay answers \"" + serial->expect_reply + "\"";
    return {};
  }
  if (const auto* gpio = std::get_if<config::GpioReadback>(&output.readback->input))
    return "read-back " + gpio->chip + " line " + std::to_string(gpio->line) +
           (gpio->expect == config::Level::high ? " high" : " low");
  return "read-back " + std::get<config::TagReadback>(output.readback->input).source.text();
}

}  // namespace standstill::supervise
