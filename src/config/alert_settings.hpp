// [[alert]].
#pragma once

#include <variant>

#include "config/common.hpp"

namespace standstill::config {

struct WebhookAlert {
  std::string url;  // empty: url_source
  SecretSource url_source;
  SecretSource token;
};

enum class MailTls : std::uint8_t { none, starttls, tls };

struct SmtpAlert {
  std::string host;
  std::uint16_t port = 587;
  MailTls tls = MailTls::starttls;
  std::string from;
  std::vector<std::string> to;
  std::string subject;  // empty: the built-in one
  std::string user;
  SecretSource password;
};

struct ProgramAlert {
  std::vector<std::string> command;
};

struct SmsAlert {
  WebhookAlert gateway;
  std::vector<std::string> numbers;
};

struct MqttAlert {
  std::string url;
  std::string topic;
  std::string user;
  SecretSource password;
};

struct PostgresAlert {
  std::string connection_file;
  std::string table;
};

struct Alert {
  SourceLocation where;
  std::string id;
  std::string kind;
  std::vector<std::string> on;  // "trip", "return", "lost", "ack", "reset", "prooftest_overdue"
  std::string text_template;    // empty: the built-in sentence
  milliseconds timeout{10000};
  milliseconds escalate{0};  // 0: a trip is told at once
  milliseconds remind{0};    // 0: never again
  unsigned retries = 5;
  std::variant<WebhookAlert, SmtpAlert, ProgramAlert, SmsAlert, MqttAlert, PostgresAlert> channel;
};

}  // namespace standstill::config
