#include "app/modbus_peer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "app/rocrail_peer.hpp"
#include "link/serial.hpp"
#include "os/clock.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::app {

std::expected<ModbusPeer, std::string> ModbusPeer::connect(const ModbusTarget& target) {
  if (!target.device.empty()) {
    const auto format = link::serial_format(target.baud, target.framing);
    if (!format) return std::unexpected(format.error());
    auto device = link::open_serial(target.device, *format);
    if (!device) return std::unexpected(device.error());
    modbus::RtuClient::Settings settings;
    settings.baud = target.baud;
    settings.time_out = target.time_out;
    settings.latest = 4 * target.time_out;
    ModbusPeer made(std::move(*device), std::make_unique<modbus::RtuClient>(settings), target.device);
    made.client_->connected(os::now());
    return made;
  }
  const std::string name = target.host + ":" + std::to_string(target.port);
  auto socket = dial(target.host, target.port, 5s);
  if (!socket) return std::unexpected(socket.error() + ": does a Modbus device listen there?");
  modbus::TcpClient::Settings settings;
  settings.time_out = target.time_out;
  settings.first_number = static_cast<std::uint16_t>(os::wall_ns() >> 20U);
  ModbusPeer made(std::move(*socket), std::make_unique<modbus::TcpClient>(settings), name);
  made.client_->connected(os::now());
  return made;
}

std::expected<void, std::string> ModbusPeer::wait(bool to_write, Instant until) {
  const auto left = std::clamp<std::int64_t>(to_ms(until - os::now()) + 1, 0, 60'000);
  pollfd ask{fd_.get(), static_cast<short>(to_write ? POLLOUT : POLLIN), 0};
  if (::poll(&ask, 1, static_cast<int>(left)) < 0 && errno != EINTR)
    return std::unexpected(name_ + ": " + std::strerror(errno));
  return to_write || (ask.revents & (POLLIN | POLLHUP | POLLERR)) == 0 ? std::expected<void, std::string>{}
                                                                       : read();
}

std::expected<void, std::string> ModbusPeer::read() {
  std::array<std::byte, 512> bytes{};
  const auto count = ::read(fd_.get(), bytes.data(), bytes.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (count <= 0) return std::unexpected(name_ + ": the connection ended");
  if (!client_->feed(std::span(bytes).first(static_cast<std::size_t>(count)), os::now()))
    return std::unexpected(name_ + ": " + client_->error());
  return {};
}

std::expected<modbus::Outcome, std::string> ModbusPeer::ask(const modbus::Request& request) {
  while (client_->room(os::now()) == 0 || !client_->may_send(request, os::now())) {
    if (auto waited = wait(false, std::max(client_->ready_at(), os::now() + 5ms)); !waited)
      return std::unexpected(waited.error());
    client_->tick(os::now());
    while (client_->next()) {
    }
  }
  client_->send(request, 0, os::now());
  for (;;) {
    if (auto outcome = client_->next()) return *outcome;
    if (const auto out = client_->output(); !out.empty()) {
      const auto count = ::write(fd_.get(), out.data(), out.size());
      if (count < 0 && errno != EAGAIN && errno != EINTR)
        return std::unexpected(name_ + ": cannot be written: " + std::strerror(errno));
      if (count > 0) client_->sent(static_cast<std::size_t>(count));
    }
    if (auto waited = wait(!client_->output().empty(), client_->deadline()); !waited)
      return std::unexpected(waited.error());
    client_->tick(os::now());
  }
}

}  // namespace standstill::app
