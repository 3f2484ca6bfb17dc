// One POST of a JSON body to a service, and what its answer means for another attempt.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "tell/channel.hpp"

namespace standstill::tell {

// To config.url, with config.headers; blocks for `time_out` at most, less when `wake` says that the program
// ends.
[[nodiscard]] std::expected<void, Undelivered> post_json(const WebhookConfig& config, const std::string& body,
                                                         Duration time_out, const Wake& wake);

// A sentence naming what is wrong with the address, the headers or the template (see check_template).
[[nodiscard]] std::expected<void, std::string> check_post(const WebhookConfig& config,
                                                          std::string_view also = {});

}  // namespace standstill::tell
