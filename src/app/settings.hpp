// The effective settings: what counts after file, standstill.d, environment and defaults. Secrets show where
// they are kept.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace standstill::config {
struct Config;
}

namespace standstill::app {

[[nodiscard]] nlohmann::ordered_json settings_json(const config::Config& config);
// As sections with "key = value" lines.
[[nodiscard]] std::string settings_text(const nlohmann::ordered_json& settings);

}  // namespace standstill::app
