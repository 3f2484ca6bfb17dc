// Sends a mail through a relay: one connection per mail, opened only when there is something to say.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "os/clock.hpp"
#include "tell/channel.hpp"
#include "tell/mail.hpp"
#include "tell/template.hpp"
#include "tell/transfer.hpp"

namespace standstill::tell {
namespace {

struct Upload {
  std::string bytes;
  std::size_t sent = 0;
};

std::size_t give_bytes(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t length = std::min(size * count, upload.bytes.size() - upload.sent);
  std::copy_n(upload.bytes.data() + upload.sent, length, buffer);
  upload.sent += length;
  return length;
}

std::string body(const AlertEvent& event) {
  const auto line = [](std::string_view name, const std::string& value) {
    return value.empty() ? std::string{} : std::string(name) + value + "\n";
  };
  return sentence(event) + "\n\n" + line("site:   ", event.site) + line("event:  ", event.event) +
         line("state:  ", event.state) + "epoch:  " + std::to_string(event.epoch) + "\n" +
         line("source: ", event.source) + line("code:   ", event.code) + line("detail: ", event.detail) +
         line("at:     ", os::rfc3339(event.wall_ns)) +
         "\nWhat keeps it from running, and what to do: standstill why\n";
}

class Smtp final : public Channel {
 public:
  Smtp(SmtpConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const CurlHandle handle = new_transfer(time_out_);
    if (!handle) return std::unexpected(Undelivered{.why = "out of memory"});
    CURL* curl = handle.get();
    Upload upload{format_mail(
        {.from = config_.from,
         .to = config_.to,
         .subject = config_.subject_template.empty() ? headline(event)
                                                     : fill_template(config_.subject_template, event),
         .text =
             config_.text_template.empty() ? body(event) : fill_template(config_.text_template, event) + "\n",
         .wall_ns = os::wall_ns(),
         .message_id = message_id(event)})};
    const bool wrapped = config_.security == SmtpConfig::Security::tls;
    const std::string host =
        config_.host.find(':') == std::string::npos ? config_.host : "[" + config_.host + "]";
    const std::string url =
        std::string(wrapped ? "smtps://" : "smtp://") + host + ":" + std::to_string(config_.port);
    CurlList recipients;
    for (const auto& to : config_.to) append(recipients, "<" + to + ">");
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    const bool clear = config_.security == SmtpConfig::Security::none;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!config_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, config_.ca_file.c_str());
    if (!config_.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, config_.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, config_.password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + config_.from + ">").c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    std::string why;
    const CURLcode code = run_transfer(curl, &wake, why);
    if (code == CURLE_OK) return {};
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    // RFC 5321, 4.2.1: 5yz is a permanent no, 4yz means try again later.
    return std::unexpected(Undelivered{.why = std::move(why), .refused = status / 100 == 5});
  }

 private:
  // The same for every attempt at one event: a server that took the mail but whose answer was lost may
  // recognise it.
  static std::string message_id(const AlertEvent& event) {
    return std::to_string(event.wall_ns) + "." + std::to_string(event.epoch) + "." +
           std::to_string(std::hash<std::string>{}(event.event + "/" + event.source)) + ".standstill";
  }

  SmtpConfig config_;
  Duration time_out_;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const SmtpConfig& config,
                                                                  Duration time_out) {
  if (config.host.empty() || config.host.find_first_of(" /@\r\n\t") != std::string::npos)
    return std::unexpected("host must be the name or address of a mail server");
  if (config.port == 0 || config.port > 65535) return std::unexpected("port must be 1 to 65535");
  if (!looks_like_address(config.from))
    return std::unexpected("from must be a mail address: name@example.org");
  if (config.to.empty()) return std::unexpected("to needs at least one mail address");
  for (const auto& to : config.to)
    if (!looks_like_address(to)) return std::unexpected("to: '" + to + "' is not a mail address");
  if (config.security == SmtpConfig::Security::none && !config.user.empty())
    return std::unexpected("a password would be sent unencrypted: use security = \"starttls\" or \"tls\"");
  for (const auto& [key, text] :
       {std::pair{"subject: ", &config.subject_template}, std::pair{"template: ", &config.text_template}})
    if (auto checked = check_template(*text); !checked) return std::unexpected(key + checked.error());
  return std::make_unique<Smtp>(config, time_out);
}

}  // namespace standstill::tell
