// The second path of the bus: stops by datagram, straight between members (wire/estop/direct.hpp).
//
// The port is bound to the address that this machine has towards the server, so that it can be reached by
// whoever shares that network, and by nobody else where the server is on this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "link/datagram.hpp"
#include "wire/estop/direct.hpp"

namespace standstill::supervise {

class BusDirect {
 public:
  using Heard = std::function<void(const std::string& stop)>;
  using Said = std::function<void(std::string_view code, const std::string& detail)>;

  BusDirect(os::Loop& loop, const estop::Keys& keys, std::string own, std::uint16_t port, Heard heard,
            Said said);

  // The connection to the server stands: its end here says where to listen.
  void connected(int connection);
  [[nodiscard]] const std::string& address() const { return port_.bound(); }

  // Who else is there now; this member itself is left out.
  void know(const std::vector<estop::Path>& paths);

  // A new stop goes out three times, because a datagram can be lost; its repetitions once each.
  void send(const std::string& stop);

 private:
  void arrived(std::string_view datagram);
  void again(std::size_t round);

  os::Loop& loop_;
  const estop::Keys& keys_;
  std::string own_;
  std::uint16_t wanted_;
  Heard heard_;
  Said said_;
  link::DatagramPort port_;
  std::vector<estop::Path> paths_;
  std::vector<link::Address> addresses_;
  std::string last_;      // stop
  std::string datagram_;  // with it
  os::Loop::Timer again_;
};

}  // namespace standstill::supervise
