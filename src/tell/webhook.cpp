// POSTs JSON to a chat or paging service.
#include <nlohmann/json.hpp>

#include "tell/channel.hpp"
#include "tell/post.hpp"
#include "tell/template.hpp"

namespace standstill::tell {
namespace {

std::string slack_body(const AlertEvent& event) {
  return nlohmann::json{{"text", sentence(event)}}.dump(-1, ' ', false,
                                                        nlohmann::json::error_handler_t::replace);
}

class Webhook final : public Channel {
 public:
  Webhook(WebhookConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const std::string body =
        config_.body_template.empty() ? slack_body(event) : fill_json_template(config_.body_template, event);
    return post_json(config_, body, time_out_, wake);
  }

 private:
  WebhookConfig config_;
  Duration time_out_;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const WebhookConfig& config,
                                                                  Duration time_out) {
  if (auto checked = check_post(config); !checked) return std::unexpected(checked.error());
  return std::make_unique<Webhook>(config, time_out);
}

}  // namespace standstill::tell
