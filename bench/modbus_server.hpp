// A Modbus device as bare as it gets, in a process of its own: reads of holding registers are answered with
// each register's own address. In the network for any number of connections, and on pseudo terminals.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::bench {

class ModbusServer {
 public:
  // `delay`: every answer comes so much later; in the network only. `lines`: so many pseudo terminals.
  explicit ModbusServer(Duration delay = Duration::zero(), std::size_t lines = 0);
  ~ModbusServer();
  ModbusServer(const ModbusServer&) = delete;
  ModbusServer& operator=(const ModbusServer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& device(std::size_t i) const { return devices_[i]; }

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::string> devices_;
  std::vector<int> held_;  // the far ends, so that the lines outlive who reads them
};

}  // namespace standstill::bench
