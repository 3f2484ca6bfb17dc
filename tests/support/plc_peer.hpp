// A simulated PLC in a thread of its own, told what to do in the words of its control socket.
#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/loop.hpp"
#include "sim/plc_server.hpp"

namespace standstill::test {

class PlcPeer {
 public:
  explicit PlcPeer(sim::PlcManners manners = {}, Duration cycle = Duration::zero()) {
    sim::PlcOptions options;
    options.port = 0;
    options.manners = std::move(manners);
    options.cycle = cycle;
    auto server = sim::PlcServer::start(loop_, std::move(options));
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
    port_ = server_->port();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~PlcPeer() {
    loop_.stop();
    thread_.join();
  }
  PlcPeer(const PlcPeer&) = delete;
  PlcPeer& operator=(const PlcPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // One line of the control language; the JSON answer.
  std::string tell(const std::string& line) {
    std::promise<std::string> answer;
    loop_.post([&] { answer.set_value(server_->command(line)); });
    return answer.get_future().get();
  }

 private:
  os::Loop loop_;
  std::unique_ptr<sim::PlcServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace standstill::test
