// A broker as the configuration names it.
#pragma once

#include <expected>
#include <string>

#include "config/common.hpp"
#include "tell/mqtt_connection.hpp"

namespace standstill::supervise {

// Reads the secret, so it may block; the error is a sentence.
[[nodiscard]] std::expected<tell::MqttBroker, std::string> broker_of(const std::string& url,
                                                                     const std::string& ca_file,
                                                                     const std::string& user,
                                                                     const config::SecretSource& password);

}  // namespace standstill::supervise
