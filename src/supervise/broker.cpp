#include "supervise/broker.hpp"

#include <utility>

#include "config/formats.hpp"
#include "config/secret.hpp"

namespace standstill::supervise {

std::expected<tell::MqttBroker, std::string> broker_of(const std::string& url, const std::string& ca_file,
                                                       const std::string& user,
                                                       const config::SecretSource& password) {
  const auto parts = config::parse_url(url);
  if (!parts) return std::unexpected("'" + url + "' is no address of a broker");
  tell::MqttBroker broker;
  broker.host = parts->host;
  broker.tls = parts->scheme == "mqtts";
  broker.port = parts->port.value_or(broker.tls ? 8883 : 1883);
  broker.ca_file = ca_file;
  broker.user = user;
  if (!password.empty()) {
    auto secret = config::resolve_secret(password);
    if (!secret) return std::unexpected(secret.error());
    broker.password = std::move(secret->value);
  }
  return broker;
}

}  // namespace standstill::supervise
