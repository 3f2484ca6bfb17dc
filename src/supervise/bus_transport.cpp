#include "supervise/bus_transport.hpp"

#include "config/formats.hpp"
#include "link/tcp.hpp"
#include "link/tls/tls.hpp"
#include "link/unix_socket.hpp"
#include "plant/station/sentinel.hpp"

namespace standstill::supervise {

namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;

}  // namespace

std::unique_ptr<link::Transport> bus_transport(os::Loop& loop, const config::Bus& bus, Duration silence) {
  if (const auto path = config::socket_path(bus.url))
    return std::make_unique<link::UnixTransport>(loop, *path);
  const auto url = config::parse_url(bus.url).value_or(config::Url{});
  const auto to = [&loop, silence, name = url.host, secret = url.scheme == "rediss", tls = bus.tls](
                      const std::string& host, std::uint16_t port) -> std::unique_ptr<link::Transport> {
    auto plain =
        std::make_unique<link::TcpTransport>(loop, link::TcpTransport::Settings{host, port, silence});
    if (!secret) return plain;
    return std::make_unique<link::TlsTransport>(
        loop, std::move(plain),
        link::TlsTransport::Settings{name, tls.ca_file, tls.certificate_file, tls.key_file});
  };
  if (bus.sentinels.empty()) return to(url.host, url.port.value_or(redis_port));
  std::vector<station::Endpoint> sentinels;
  for (const auto& text : bus.sentinels)
    if (const auto one = config::parse_host_port(text))
      sentinels.push_back({one->host, one->port == 0 ? sentinel_port : one->port});
  return std::make_unique<station::SentinelTransport>(
      loop, std::move(sentinels), bus.primary,
      [to](const station::Endpoint& primary) { return to(primary.host, primary.port); });
}

}  // namespace standstill::supervise
