// The second path of the bus: stops by datagram, straight between members (wire/estop/direct.hpp).
//
// The port is bound to the address that this machine has towards the server, so that it can be reached by
// whoever shares that network, and by nobody else where the server is on this machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "link/datagram.hpp"
#include "plant/station/reader.hpp"

namespace standstill::station {

class Direct {
 public:
  using Heard = std::function<void(const std::string& stop)>;
  using Said = std::function<void(std::string_view code, const std::string& detail)>;

  Direct(os::Loop& loop, const estop::Keys& keys, std::shared_ptr<Reader> reader, std::string own,
         std::uint16_t port, Heard heard, Said said);

  // The connection to the server stands: its end here says where to listen.
  void connected(int connection);
  [[nodiscard]] const std::string& address() const { return port_.bound(); }

  // Who else is there now; this member itself is left out.
  void know(std::shared_ptr<const Reader::Others> others);

  // A new stop goes out three times, because a datagram can be lost; its repetitions once each.
  void send(const std::string& stop);

 private:
  void arrived(std::string_view datagram);
  void send_to_others();
  void again(std::size_t round);

  os::Loop& loop_;
  const estop::Keys& keys_;
  std::shared_ptr<Reader> reader_;
  std::string own_;
  std::uint16_t wanted_;
  Heard heard_;
  Said said_;
  link::DatagramPort port_;
  std::shared_ptr<const Reader::Others> others_;
  std::string last_;      // stop
  std::string datagram_;  // with it
  os::Loop::Timer again_;
};

}  // namespace standstill::station
