// A text message to each number, by the JSON request of an HTTP gateway.
#include <nlohmann/json.hpp>
#include <set>

#include "tell/post.hpp"
#include "tell/template.hpp"

namespace standstill::tell {
namespace {

std::string gateway_body(const AlertEvent& event, const std::string& number) {
  return nlohmann::json{{"to", number}, {"text", sentence(event)}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Sms final : public Channel {
 public:
  Sms(SmsConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  // Who has it already does not get it again when another number has to be tried once more.
  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const std::string which = std::to_string(event.wall_ns) + event.event + event.source + event.detail;
    if (which != which_) reached_.clear();
    which_ = which;
    std::expected<void, Undelivered> result;
    for (const auto& number : config_.numbers) {
      if (reached_.contains(number)) continue;
      const std::string body = config_.gateway.body_template.empty()
                                   ? gateway_body(event, number)
                                   : fill_json_template(config_.gateway.body_template, event, number);
      if (auto sent = post_json(config_.gateway, body, time_out_, wake); sent)
        reached_.insert(number);
      else
        result = std::unexpected(std::move(sent.error()));
    }
    return result;
  }

 private:
  const SmsConfig config_;
  const Duration time_out_;
  std::string which_;
  std::set<std::string> reached_;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const SmsConfig& config,
                                                                  Duration time_out) {
  if (auto checked = check_post(config.gateway, "number"); !checked) return std::unexpected(checked.error());
  if (config.numbers.empty()) return std::unexpected("'numbers' is empty");
  if (!config.gateway.body_template.empty() &&
      config.gateway.body_template.find("number") == std::string::npos)
    return std::unexpected("the template of a text message must say where the {{number}} goes");
  return std::make_unique<Sms>(config, time_out);
}

}  // namespace standstill::tell
