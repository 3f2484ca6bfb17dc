#include "tell/post.hpp"

#include "tell/template.hpp"
#include "tell/transfer.hpp"

namespace standstill::tell {
namespace {

constexpr std::size_t answer_kept = 200;  // bytes of the service's answer shown when it refuses
constexpr std::size_t answer_limit = 64UL * 1024UL;

struct Answer {
  std::string head;
  std::size_t size = 0;
};

std::size_t take_answer(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::size_t length = size * count;
  for (std::size_t i = 0; i < length && answer.head.size() < answer_kept; ++i) {
    const char c = bytes[i];
    answer.head += (c >= ' ' && c != '\x7f') ? c : ' ';
  }
  answer.size += length;
  return answer.size > answer_limit ? 0 : length;  // a service that never stops talking
}

}  // namespace

std::expected<void, Undelivered> post_json(const WebhookConfig& config, const std::string& body,
                                           Duration time_out, const Wake& wake) {
  const CurlHandle handle = new_transfer(time_out);
  if (!handle) return std::unexpected(Undelivered{.why = "out of memory"});
  Answer answer;
  CurlList headers;
  append(headers, "Content-Type: application/json");
  append(headers, "Expect:");  // no pause for a 100 that many services never send
  for (const auto& header : config.headers) append(headers, header);
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, config.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "standstill");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  std::string why;
  const CURLcode code = run_transfer(curl, &wake, why);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK && status / 100 != 2) return std::unexpected(Undelivered{.why = std::move(why)});
  if (status / 100 == 2) return {};
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  Undelivered undelivered{.why = "the service answered " + std::to_string(status)};
  if (!answer.head.empty()) undelivered.why += ": " + answer.head;
  undelivered.refused = status / 100 != 5 && status != 408 && status != 425 && status != 429;
  if (seconds > 0) undelivered.retry_after = std::chrono::seconds(seconds);
  return std::unexpected(std::move(undelivered));
}

std::expected<void, std::string> check_post(const WebhookConfig& config, std::string_view also) {
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://"))
    return std::unexpected("the url must begin with http:// or https://");
  if (config.url.find_first_of(" \t\r\n") != std::string::npos)
    return std::unexpected("the url contains a blank or a line end: put the address alone on one line");
  if (auto checked = check_template(config.body_template, also); !checked)
    return std::unexpected(checked.error());
  for (const auto& header : config.headers)
    if (header.find(':') == std::string::npos || header.find_first_of("\r\n") != std::string::npos)
      return std::unexpected("a header must read 'Name: value'");
  return {};
}

}  // namespace standstill::tell
