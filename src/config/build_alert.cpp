#include <algorithm>
#include <string>
#include <utility>

#include "config/build.hpp"
#include "config/formats.hpp"

namespace standstill::config {

namespace {

WebhookAlert webhook(const Reader& in, const SourceLocation& where) {
  WebhookAlert result{in.text("url"), in.secret("url"), in.secret("token")};
  const bool apart = in.has("url_file") || in.has("url_env");
  if (in.has("url") && apart)
    in.report(Fault::one_of, in.where("url"), "'url' and 'url_file' or 'url_env' are both set",
              "keep one of them");
  if (!in.has("url") && !apart)
    in.report(Fault::one_of, where, "this [[alert]] has no address", "give 'url_file', 'url_env' or 'url'");
  if (const auto url = parse_url(result.url))
    for (const std::string_view host :
         {"hooks.slack.com", "discord.com", "discordapp.com", "webhook.office.com"})
      if (url->host == host || url->host.ends_with("." + std::string(host)))
        in.report(Fault::warning, in.where("url"), "whoever knows this address can write to the chat",
                  "keep it in a file and use 'url_file'");
  return result;
}

SmtpAlert smtp(const Reader& in) {
  SmtpAlert result;
  result.host = in.text("host");
  result.tls = in.choice<MailTls>("tls", {"none", "starttls", "tls"});
  result.port = in.has("port")                    ? in.whole<std::uint16_t>("port")
                : result.tls == MailTls::none     ? std::uint16_t{25}
                : result.tls == MailTls::starttls ? std::uint16_t{587}
                                                  : std::uint16_t{465};
  result.from = in.text("from");
  result.to = in.texts("to");
  result.subject = in.text("subject");
  result.user = in.text("user");
  result.password = in.secret("password");
  if (!result.user.empty() && !in.has("password_file") && !in.has("password_env"))
    in.report(Fault::contradiction, in.where("user"), "'user' has no password",
              "add 'password_file' or 'password_env', or remove 'user'");
  return result;
}

}  // namespace

Alert build_alert(const Reader& in, const SourceLocation& where) {
  Alert result;
  result.where = where;
  result.id = in.text("id");
  result.kind = in.text("kind");
  if (result.kind.empty()) return result;
  result.on = in.texts("on");
  result.text_template = in.text("template");
  result.timeout = in.ms("timeout_ms");
  result.retries = in.whole("retries");
  result.escalate = std::chrono::seconds(in.whole("escalate_s"));
  result.remind = std::chrono::seconds(in.whole("remind_s"));
  if (std::ranges::find(result.on, "trip") == result.on.end())
    for (const auto& [key, after] :
         {std::pair{"escalate_s", result.escalate}, std::pair{"remind_s", result.remind}})
      if (after.count() > 0)
        in.report(Fault::contradiction, in.where(key),
                  "'" + std::string(key) + "' is about trips, and 'on' leaves them out",
                  "add \"trip\" to 'on', or remove it");
  if (result.kind == "webhook")
    result.channel = webhook(in, where);
  else if (result.kind == "smtp")
    result.channel = smtp(in);
  else if (result.kind == "program")
    result.channel = ProgramAlert{in.texts("command")};
  else if (result.kind == "sms")
    result.channel = SmsAlert{webhook(in, where), in.texts("numbers")};
  else if (result.kind == "mqtt")
    result.channel = MqttAlert{in.text("url"), in.text("topic"), in.text("user"), in.secret("password")};
  else
    result.channel = PostgresAlert{in.path("connection_file"), in.text("table")};
  return result;
}

}  // namespace standstill::config
