// A plain connection to a Modbus device for a tool by hand: blocks, asks once, and is gone. What is
// supervised uses link/.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "wire/modbus/client.hpp"

namespace standstill::app {

struct ModbusTarget {
  std::string host;  // or
  std::uint16_t port = 502;
  std::string device;  // a serial one
  unsigned baud = 9600;
  std::string framing = "8N1";
  Duration time_out = 500ms;
};

class ModbusPeer {
 public:
  [[nodiscard]] static std::expected<ModbusPeer, std::string> connect(const ModbusTarget& target);

  // One request and what became of it; the error when the connection itself has ended.
  [[nodiscard]] std::expected<modbus::Outcome, std::string> ask(const modbus::Request& request);
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  ModbusPeer(os::Fd fd, std::unique_ptr<modbus::Client> client, std::string name)
      : fd_(std::move(fd)), client_(std::move(client)), name_(std::move(name)) {}
  [[nodiscard]] std::expected<void, std::string> wait(bool to_write, Instant until);
  [[nodiscard]] std::expected<void, std::string> read();

  os::Fd fd_;
  std::unique_ptr<modbus::Client> client_;
  std::string name_;
};

}  // namespace standstill::app
